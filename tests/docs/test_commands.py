"""Every command that a page, a lake file or a message names exists, with the options that stand beside it."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import typer.main

from scripts.cli import app
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "lakes").glob("*.yaml")]
CODE = [path for folder in ("constructs_lib", "stacks", "functions", "scripts") for path in (ROOT / folder).rglob("*.py")]
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]

MOULIN = re.compile(r"\bmoulin ([a-z][a-z-]*)([^`\n#|;]*)")
MODULE = re.compile(r"python -m (scripts(?:\.\w+)*)")


def named(pattern: re.Pattern[str], *files: Path) -> set[tuple[str, ...]]:
    return {tuple(match.groups()) for file in files for match in pattern.finditer(file.read_text())}


def options_of(verb: str) -> set[str]:
    command = COMMANDS[verb]
    below = getattr(command, "commands", {}).values()
    return {flag for one in (command, *below) for parameter in one.params for flag in parameter.opts} | {"--help"}


def test_every_command_that_is_named_exists() -> None:
    verbs = {verb for verb, _ in named(MOULIN, *PAGES, *CODE)}
    assert verbs - set(COMMANDS) == set()
    assert {"check", "ddl", "task"} <= verbs


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_every_option_that_stands_beside_it_exists(verb: str) -> None:
    shown = {option for name, rest in named(MOULIN, *PAGES) if name == verb for option in re.findall(r"--[a-z-]+", rest)}
    assert shown - options_of(verb) == set()


def test_every_module_that_is_run_exists() -> None:
    modules = {module for (module,) in named(MODULE, *PAGES, *CODE)}
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []
    assert "scripts.engines" in modules
