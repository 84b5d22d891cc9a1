"""How commands speak: words for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Any

import typer

from constructs_lib.config.problems import LakeFileError, Problem

FOUND_A_PROBLEM = 1
WRONG_USE = 2


class Output(StrEnum):
    """What a command writes."""

    TEXT = "text"
    JSON = "json"


OutputOption = Annotated[Output, typer.Option("--output", help="Words, or JSON for programs.")]


def problem_records(file: str, problems: Iterable[Problem], kind: str = "mistake") -> list[dict[str, Any]]:
    """Problems as plain data: kind (mistake or warning), file, line (null where there is none), path, message."""
    return [{"kind": kind, "file": file, "line": problem.line, "path": problem.where, "message": problem.message} for problem in problems]


def print_json(data: object) -> None:
    """Writes JSON to standard output."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def report(error: LakeFileError, output: Output) -> None:
    """Tells what is wrong with a file: one line each on standard error, or JSON on standard output."""
    if output is Output.JSON:
        print_json(problem_records(error.file, error.problems))
    else:
        print(error, file=sys.stderr)


def print_good(text: str) -> None:
    """A line of good news, green on a terminal."""
    from scripts.console import open_console

    open_console().print(text, style="green", markup=False)


def print_warning(text: str) -> None:
    """A line of advice on standard error, yellow on a terminal."""
    from scripts.console import open_console

    open_console(errors=True).print(text, style="yellow", markup=False)
