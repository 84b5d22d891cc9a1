"""`moulin review` as it is called: exit codes, outputs, wrong use, and what it never prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from scripts.cli import app
from tests.conftest import ROOT
from tests.review.make_plans import PASSWORD
from tests.review.support import NAMES, PLANS, document, resource

SAFE = str(PLANS / "safe.json")
LOOSENED = str(PLANS / "loosened.json")


def run(*words: str, text: str | bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["review", *words], input=text, env={"COLUMNS": "200"})


def test_exit_code_says_whether_a_person_must_agree() -> None:
    assert run(SAFE).exit_code == 0
    assert run(LOOSENED).exit_code == 1
    assert run(SAFE, LOOSENED).exit_code == 1


def test_text_has_the_losses_first_and_as_a_word() -> None:
    output = run(LOOSENED).stdout
    assert "22 resources" not in output
    assert output.index("!! LOSS") < output.index("ACCESS") < output.index("cost")
    assert "needs a person's yes: " in output


def test_red_is_for_terminals_and_the_word_for_everybody() -> None:
    environment = {**os.environ, "FORCE_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "200"}
    environment.pop("NO_COLOR", None)
    words = [sys.executable, "-m", "scripts.cli", "review", LOOSENED]
    coloured = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert re.search(r"\x1b\[1;31m[^\x1b]*!! LOSS", coloured.stdout)
    assert coloured.returncode == 1
    assert "\x1b" not in run(LOOSENED).stdout


def test_json_is_for_programs() -> None:
    result = run(SAFE, LOOSENED, "--output", "json")
    records = json.loads(result.stdout)
    assert records["needs_a_yes"] is True
    assert [(plan["name"], plan["needs_a_yes"]) for plan in records["plans"]] == [("safe", False), ("loosened", True)]
    assert records["plans"][0]["counts"] == {"created": {"aws_cloudwatch_metric_alarm": 1}}
    assert {"area", "address", "message", "needs_a_yes"} == set(records["plans"][1]["findings"][0])


@pytest.mark.parametrize("output", ["text", "markdown", "json"])
@pytest.mark.parametrize("name", NAMES)
def test_no_output_holds_a_sensitive_value(name: str, output: str) -> None:
    result = run(str(PLANS / f"{name}.json"), "--output", output)
    assert result.exit_code in (0, 1)
    assert PASSWORD not in result.stdout
    assert result.stdout


def test_some_plan_holds_the_password_in_clear() -> None:
    assert any(PASSWORD in (PLANS / f"{name}.json").read_text() for name in NAMES)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04....", "terraform show -json plan > plan.json"),
        (b"", "not valid JSON in line 1"),
        (b"{", "not valid JSON in line 1"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[]", "has no format_version"),
        (b"{}", "has no format_version"),
        (b'{"format_version": 1}', "has no format_version"),
        (b'{"format_version": "2.0", "resource_changes": []}', "format version 2.0, and only 1.x is known"),
        (b'{"format_version": "1.0", "values": {}}', "is a state, not a plan"),
        (b'{"format_version": "1.0"}', "has no resource_changes"),
        (b'{"format_version": "1.0", "resource_changes": 7}', "resource_changes: input should be a valid list"),
        (b'{"format_version": "1.0", "resource_changes": [{"address": "a", "type": "b"}]}', "resource_changes.0.change: field required"),
        (b"[" * 100_000, "not valid JSON"),
        (b'{"format_version": "1.0", "resource_changes": [' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"]}", "is no plan: resource_changes.0"),
    ],
)
@pytest.mark.parametrize("output", ["text", "markdown", "json"])
def test_fails_when_it_is_no_plan(tmp_path: Path, content: bytes, told: str, output: str) -> None:
    file = tmp_path / "p.json"
    file.write_bytes(content)
    result = run(str(file), SAFE, "--output", output)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_wrong_plan_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text(json.dumps({"format_version": "1.0", "resource_changes": [PASSWORD, {"address": {"x": PASSWORD}}]}))
    assert PASSWORD not in run(str(file)).stderr


def test_fails_when_there_is_no_such_file_or_stack(tmp_path: Path) -> None:
    assert "no such file, and" in run("nowhere.json", "--out", str(tmp_path)).stderr
    assert "is a folder" in run(str(tmp_path)).stderr
    assert run("nowhere.json").exit_code == run(str(tmp_path)).exit_code == run().exit_code == 2


def test_every_wrong_plan_is_told_at_once(tmp_path: Path) -> None:
    assert len(run("a.json", "b.json", "--out", str(tmp_path)).stderr.splitlines()) == 2


def test_a_plan_may_come_through_a_pipe() -> None:
    assert run("-", text=json.dumps(document(resource("aws_s3_bucket", {}, None)))).exit_code == 1


def stack_folder(out: Path) -> Path:
    folder = out / "stacks" / "mine-dev-lake"
    folder.mkdir(parents=True)
    (folder / "cdk.tf.json").write_text("{}")
    return folder


def test_a_stack_is_reviewed_by_its_newest_plan(tmp_path: Path) -> None:
    folder = stack_folder(tmp_path)
    (folder / "plan.json").write_text((PLANS / "safe.json").read_text())
    result = run("mine-dev-lake", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert result.stdout.startswith("mine-dev-lake: 1 created")


def test_fails_when_a_stack_was_not_planned(tmp_path: Path) -> None:
    stack_folder(tmp_path)
    result = run("mine-dev-lake", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "was not planned yet" in result.stderr
    assert "plan -out=plan" in result.stderr


def test_fails_when_a_stack_was_synthesised_after_its_plan(tmp_path: Path) -> None:
    folder = stack_folder(tmp_path)
    (folder / "plan.json").write_text((PLANS / "safe.json").read_text())
    later = time.time() + 10
    os.utime(folder / "cdk.tf.json", (later, later))
    result = run("mine-dev-lake", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert "was synthesised after" in result.stderr


def test_a_name_that_leads_out_of_the_folder_is_no_stack(tmp_path: Path) -> None:
    stack_folder(tmp_path)
    assert run("../stacks/mine-dev-lake", "--out", str(tmp_path)).exit_code == 2


@pytest.mark.plan
def test_a_binary_plan_in_a_stack_is_shown_by_terraform(tmp_path: Path) -> None:
    from scripts.plan.terraform import SetupError, find_terraform

    try:
        terraform = find_terraform()
    except SetupError as error:
        pytest.skip(str(error))
    folder = stack_folder(tmp_path)
    (folder / "cdk.tf.json").write_text(json.dumps({"resource": {"terraform_data": {"x": {"input": "v"}}}}))
    assert terraform.run("init", folder=folder).returncode == 0
    assert terraform.run("plan", "-out=plan", folder=folder).returncode == 0
    result = run("mine-dev-lake", "--out", str(tmp_path))
    assert result.exit_code == 0, result.stderr
    assert "1 created" in result.stdout
    assert "terraform show -json plan > plan.json" in run(str(folder / "plan")).stderr
