"""docs/review.md: the workflow parses, and the commands in it are those that exist."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from scripts.cli import app
from scripts.review.finding import NEEDS_A_YES, Area
from scripts.review.markdown import MARK

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "review.md").read_text()
_FOUND = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
assert _FOUND is not None
WORKFLOW: dict[Any, Any] = yaml.safe_load(_FOUND[1])
STEPS = WORKFLOW["jobs"]["review"]["steps"]
SCRIPTS = [step["run"] for step in STEPS if "run" in step]
EVERYTHING = "\n".join(SCRIPTS)


def options(command: str) -> set[str]:
    group = typer.main.get_command(app)
    return {flag for parameter in group.commands[command].params for flag in parameter.opts}  # type: ignore[attr-defined]


def test_workflow_runs_on_pull_requests_with_an_oidc_role() -> None:
    assert "synchronize" in WORKFLOW[True]["pull_request"]["types"]  # YAML 1.1 reads `on` as true
    assert WORKFLOW["permissions"]["id-token"] == "write"
    assert any("configure-aws-credentials" in step.get("uses", "") and "role-to-assume" in step["with"] for step in STEPS)


def test_every_step_is_an_action_of_a_version_or_a_script() -> None:
    for step in STEPS:
        assert ("run" in step) != ("uses" in step)
        assert "uses" not in step or re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"])


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.splitlines()[0][:30])
def test_every_script_is_valid_for_the_shell(script: str) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    checked = subprocess.run([bash, "-n"], input=script, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_every_command_of_ours_exists_with_its_options() -> None:
    used = re.findall(r"\.venv/bin/moulin (\w+)(.*)", EVERYTHING)
    assert used
    for command, rest in used:
        assert set(re.findall(r"(--[a-z-]+)", rest.split("|")[0].split(">")[0])) <= options(command)
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^ *make ([a-z-]+)", EVERYTHING, re.MULTILINE)) <= targets
    assert all((ROOT / path).exists() for path in re.findall(r"pytest (\S+)", EVERYTHING))
    assert (ROOT / WORKFLOW["env"]["LAKE"]).exists()


def test_the_comment_is_found_again_by_its_mark() -> None:
    assert f'startswith("{MARK}")' in EVERYTHING


def test_nothing_of_a_pull_request_is_put_into_a_script() -> None:
    """A title or branch name in a script would be run: values come by the environment."""
    assert "${{" not in EVERYTHING


def test_no_step_is_red_before_the_comment_is_written() -> None:
    review = next(step for step in STEPS if step.get("id") == "review")["run"]
    assert "|| code=$?" in review
    names = [step.get("name") for step in STEPS]
    assert names.index("Comment") < names.index("A person's yes")


def test_the_words_are_those_of_the_command() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \|.*\| (yes|no) \|$", PAGE, re.MULTILINE))
    assert {name.lower(): answer == "yes" for name, answer in table.items()} == {area.value: area in NEEDS_A_YES for area in Area}


def test_the_snapshot_tests_of_the_page_exist() -> None:
    assert (ROOT / "tests" / "snapshots").is_dir()
