"""Text of the file is text in Terraform, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import Path, Problem

_EXPRESSIONS = ("${", "%{")


def check_expressions(lake: Lake) -> Iterator[Problem]:
    """Terraform would read `${` and `%{` in any of its strings as an expression of its own."""
    for path, text in _texts(lake.model_dump(by_alias=True), ()):
        found = next((start for start in _EXPRESSIONS if start in text), None)
        if found is not None:
            yield Problem(path, f"must not contain {found}, which Terraform would read as an expression, got {text!r} (rename it)")


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text of the file, keys of mappings included, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key), str(key)
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for position, inner in enumerate(value):
            yield from _texts(inner, (*path, position))
