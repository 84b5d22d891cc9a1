"""The models of the lake file, in the order in which a reader meets them."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from constructs_lib.config.base import Model
from constructs_lib.config.field_docs import keys_of
from constructs_lib.config.lake import Lake


def models() -> dict[type[Model], str]:
    """Every model and where in a lake file it stands: `deliveries[].transform`; the lake itself stands at ``."""
    found: dict[type[Model], str] = {}
    _collect(Lake, "", found)
    return found


def _collect(model: type[Model], path: str, found: dict[type[Model], str]) -> None:
    if model in found:
        return
    found[model] = path
    for key, name in keys_of(model).items():
        below = f"{path}.{key}" if path else key
        for inner, suffix in _models_in(model.model_fields[name].annotation):
            _collect(inner, below + suffix, found)


def _models_in(annotation: Any, suffix: str = "") -> Iterator[tuple[type[Model], str]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation, suffix
    origin = typing.get_origin(annotation)
    for argument in typing.get_args(annotation):
        yield from _models_in(argument, suffix + {tuple: "[]", dict: ".<name>"}.get(origin, ""))
