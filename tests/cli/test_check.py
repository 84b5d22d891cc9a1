# ruff: noqa: E501 - a message stands in one piece
"""`moulin check`, as a person and as a program call it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from tests.config.support import BASE

ROOT = Path(__file__).resolve().parents[2]
WRONG = BASE.replace("name: retail", "name: R").replace("keys: [id]", "keys: [nr]")


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.yaml"
    file.write_text(WRONG)
    return file


def moulin(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_good_file_gets_a_summary() -> None:
    result = CliRunner().invoke(app, ["check", "lakes/many-tables.yaml", "lakes/retail.yaml"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "lakes/many-tables.yaml: webshop in eu-west-1: 10 tables (7 mirror, 3 history), 2 deliveries, 3 columns dropped, 2 columns hashed,"
        " source created, DMS instance, full-load-and-cdc",
        "lakes/retail.yaml: retail-dev in us-east-1: 1 table (1 mirror), 1 delivery, source created, DMS instance, full-load-and-cdc",
    ]


def test_a_wrong_file_exits_with_2_and_a_line_per_mistake(wrong: Path) -> None:
    result = moulin("check", str(wrong))
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"{wrong}:1: name must be lower-case letters, digits and single hyphens, starting with a letter, 2 to 20 characters, got R (1 characters)",
        f"{wrong}:7: tables[0].keys[0] is not a column of this table: nr (the columns are id, status, total)",
    ]


def test_output_for_programs(wrong: Path) -> None:
    result = CliRunner().invoke(app, ["check", "lakes/minimal.yaml", str(wrong), "--output", "json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout) == [
        {
            "kind": "mistake",
            "file": str(wrong),
            "line": 1,
            "path": "name",
            "message": "must be lower-case letters, digits and single hyphens, starting with a letter, 2 to 20 characters, got R (1 characters)",
        },
        {
            "kind": "mistake",
            "file": str(wrong),
            "line": 7,
            "path": "tables[0].keys[0]",
            "message": "is not a column of this table: nr (the columns are id, status, total)",
        },
    ]
    good = CliRunner().invoke(app, ["check", "lakes/minimal.yaml", "--output", "json"])
    assert (good.exit_code, json.loads(good.stdout)) == (0, [])


def test_what_is_accepted_with_a_risk_is_a_warning_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "risky.yaml"
    file.write_text(BASE + "    load: insert\n")
    message = "is insert: a loaded row stands in the table twice when Firehose delivers its batch again (update cannot do that)"
    result = moulin("check", str(file))
    assert (result.returncode, result.stderr.splitlines()) == (0, [f"{file}:9: warning: tables[0].load {message}"])
    for_programs = CliRunner().invoke(app, ["check", str(file), "--output", "json"])
    assert for_programs.exit_code == 0
    assert json.loads(for_programs.stdout) == [
        {"kind": "warning", "file": str(file), "line": 9, "path": "tables[0].load", "message": message}
    ]


@pytest.mark.parametrize("arguments", [["check"], ["check", "x", "--output", "xml"], ["chek"], ["check", "--no-such-option"]])
def test_wrong_use_exits_with_2_and_without_a_traceback(arguments: list[str]) -> None:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_fails_when_the_file_is_not_there() -> None:
    result = CliRunner().invoke(app, ["check", "lakes/gone.yaml"])
    assert result.exit_code == 2
    assert result.stderr.startswith("lakes/gone.yaml: does not exist (looked in ")


def test_an_interruption_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    import scripts.cli

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(scripts.cli, "app", interrupted)
    with pytest.raises(SystemExit) as caught:
        scripts.cli.main()
    assert caught.value.code == 130
    assert capsys.readouterr().err == "interrupted\n"
