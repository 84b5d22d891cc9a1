"""`moulin schema`."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import scripts.commands.schema as command
from scripts.cli import app


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    for name in ("SCHEMA_FILE", "REFERENCE_FILE"):
        original: Path = getattr(command, name)
        (folder / original.name).write_text(original.read_text())
        monkeypatch.setattr(command, name, folder / original.name)
    monkeypatch.setattr(command, "_DOCS", folder)
    return folder


def test_current_files_are_left_alone(docs: Path) -> None:
    result = CliRunner().invoke(app, ["schema", "--check"])
    assert (result.exit_code, result.stdout) == (0, "the schema and the reference are current\n")


def test_stale_files_are_named_and_then_written(docs: Path) -> None:
    (docs / "lake.schema.json").write_text("{}")
    reference = docs / "lake-file.md"
    reference.write_text(reference.read_text().replace("### `stream`", "### stale"))
    check = CliRunner().invoke(app, ["schema", "--check"])
    assert check.exit_code == 1
    assert check.stderr.splitlines() == [
        "docs/lake.schema.json: out of date (run moulin schema)",
        "docs/lake-file.md: out of date (run moulin schema)",
    ]
    written = CliRunner().invoke(app, ["schema"])
    assert (written.exit_code, written.stdout) == (0, "docs/lake.schema.json: written\ndocs/lake-file.md: written\n")
    assert CliRunner().invoke(app, ["schema", "--check"]).exit_code == 0


def test_what_was_written_by_hand_stays(docs: Path) -> None:
    reference = docs / "lake-file.md"
    reference.write_text("by hand\n" + reference.read_text() + "\nafter\n")
    CliRunner().invoke(app, ["schema"])
    text = reference.read_text()
    assert text.startswith("by hand\n")
    assert text.endswith("\nafter\n")
