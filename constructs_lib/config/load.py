"""Loads a lake file, or says everything that is wrong with it at once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path as FilePath

from pydantic import ValidationError

from constructs_lib.config.base import models_in
from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import LakeFileError, Problem, Problems
from constructs_lib.config.yaml_text import Document, parse

_LARGEST_BYTES = 8 * 1024 * 1024


def load_lake(path: FilePath) -> Lake:
    """Loads and checks a lake file.

    Args:
        path: the file; error messages name it as it is given.

    Raises:
        LakeFileError: the file cannot be read or used; it carries every mistake that was found, in the order of their lines.
    """
    try:
        text = read_text(path)
    except Problems as error:
        raise LakeFileError(str(path), error.problems) from None
    return parse_lake(text, str(path))


def parse_lake(text: str, file: str = "lake.yaml") -> Lake:
    """Makes a lake of the text of a lake file.

    Args:
        text: YAML.
        file: what error messages call it.

    Raises:
        LakeFileError: the text is not a lake; it carries every mistake that was found.
    """
    try:
        document = parse(text)
    except Problems as error:
        raise LakeFileError(file, error.problems) from None
    if not document.problems:
        try:
            return Lake.model_validate_json(as_json(document.value), strict=True)
        except ValidationError:
            pass  # diagnose finds the same and more, with lines
    raise LakeFileError(file, _diagnose(document))


def warnings_of(lake: Lake, path: FilePath, today: date | None = None) -> Sequence[Problem]:
    """What a lake file says that is accepted and has a risk, in the order of its lines.

    Args:
        lake: as loaded from the file.
        path: the file, read again for the lines when there is something to say.
        today: what an end of support is measured against; None for the clock's, or for the day that SOURCE_DATE_EPOCH says
            (https://reproducible-builds.org/specs/source-date-epoch/), by which the same file gives the same words on any day.
    """
    day = today or _today()
    return with_lines([problem.below(*place) for place, model in models_in(lake) for problem in model.warnings(day)], path)


def with_lines(problems: Sequence[Problem], path: FilePath) -> Sequence[Problem]:
    """Problems that were found outside the file, with their lines in it and in the order of these.

    Args:
        problems: with paths from the top of the file.
        path: the file, which was good when it was loaded.
    """
    if not problems:
        return ()
    document = parse(read_text(path))
    placed = [replace(problem, line=document.line_of(problem.path)) for problem in problems]
    return sorted(placed, key=lambda problem: problem.line or 0)


def _today() -> date:
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(fixed), UTC).date() if fixed.isdecimal() else date.today()


def as_json(value: object) -> str:
    """JSON of plain data. Models are validated from JSON, whose strict mode takes lists and choices but converts no type."""
    return json.dumps(value, ensure_ascii=False)


def _diagnose(document: Document) -> list[Problem]:
    from constructs_lib.config.diagnosis import diagnose  # needed for a wrong file only

    return diagnose(document)


def read_text(path: FilePath) -> str:
    """The text of a file of ours.

    Raises:
        Problems: the file is not there, not readable, not UTF-8 or far too large.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise Problems([Problem((), f"does not exist (looked in {FilePath.cwd()})")]) from None
    except (OSError, ValueError) as error:  # a path with a NUL byte is a ValueError
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise Problems([Problem((), f"cannot be read: {(reason or 'unknown reason').lower()}")]) from None
    if len(content) > _LARGEST_BYTES:
        raise Problems([Problem((), f"is larger than {_LARGEST_BYTES // 1024 // 1024} MiB (is it the right file?)")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Problems([Problem((), f"is not UTF-8: byte 0x{content[error.start]:02x} (save it as UTF-8)", line)]) from None
