"""Reads values of a plan without trusting their shape: what is not there, or is something else, is None or empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any


class Mark(Enum):
    """Stands where a value is that may not be shown, or is not known yet."""

    SENSITIVE = "(sensitive value)"
    UNKNOWN = "(known after apply)"

    def __str__(self) -> str:
        return self.value


def masked(value: Any, sensitive: Any, unknown: Any = None) -> Any:
    """A value with marks in the place of what Terraform says is sensitive, or known only after an apply.

    Terraform gives both as a shadow of the value: `true` covers all below it. The unknown has no place in the value itself, so it is added.
    """
    if sensitive is True:
        return Mark.SENSITIVE
    if unknown is True:
        return Mark.UNKNOWN
    if isinstance(value, Mapping) or isinstance(unknown, Mapping):
        inner, hidden, later = _mapping(value), _mapping(sensitive), _mapping(unknown)
        return {key: masked(inner.get(key), hidden.get(key), later.get(key)) for key in {**inner, **later}}
    if isinstance(value, list):
        return [masked(item, _item(sensitive, index), _item(unknown, index)) for index, item in enumerate(value)]
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _item(value: Any, index: int) -> Any:
    return value[index] if isinstance(value, list) and index < len(value) else None


def at(value: Any, path: str) -> Any:
    """What a dotted path leads to: `versioning_configuration.status`. A list on the way (a block) stands for its first item.

    A mark on the way is the answer: what is below something unknown is unknown.
    """
    for name in path.split("."):
        while isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, Mark):
            return value
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def number(value: Any) -> float | None:
    """A number; Terraform gives some as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def words(value: Any) -> tuple[str, ...]:
    """The strings of a list, or a string by itself; marks count as what they say."""
    if isinstance(value, str | Mark):
        return (str(value),)
    return tuple(str(item) for item in value if isinstance(item, str | Mark)) if isinstance(value, Sequence) else ()


def blocks(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list of blocks, or an object by itself."""
    if isinstance(value, Mapping):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, Mapping))


def has_mark(value: Any) -> bool:
    """Whether anything in a value is unknown or sensitive."""
    if isinstance(value, Mapping):
        return any(has_mark(item) for item in value.values())
    if isinstance(value, list):
        return any(has_mark(item) for item in value)
    return isinstance(value, Mark)


def is_unset(value: Any) -> bool:
    """Whether Terraform means nothing by it: null, an empty string or an empty list."""
    return value is None or value == "" or value == [] or value == {}
