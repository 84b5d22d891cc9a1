"""The commands that the documentation shows exist, with their options."""

from __future__ import annotations

import re

import pytest
import typer

from scripts.cli import app
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SHOWN = sorted(
    {
        (verb, option)
        for page in PAGES
        for verb, rest in re.findall(r"moulin task ([a-z]+)([^`\n#]*)", page.read_text())
        for option in [None, *re.findall(r"--[a-z-]+", rest)]
    },
    key=str,
)


def test_all_four_are_shown() -> None:
    assert {verb for verb, _ in SHOWN} == {"start", "stop", "status", "wait"}


@pytest.mark.parametrize(("verb", "option"), SHOWN)
def test_what_is_shown_exists(verb: str, option: str | None) -> None:
    command = typer.main.get_command(app).commands["task"].commands[verb]  # type: ignore[attr-defined]
    options = {name for parameter in command.params for name in parameter.opts}
    assert option is None or option in options
