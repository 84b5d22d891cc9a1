"""Every limit of every field, at below, minimum, maximum and above: a new field with a limit is covered without a word here."""

from __future__ import annotations

import math
import typing
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from constructs_lib.config.base import Model
from constructs_lib.config.text import Text
from constructs_lib.defaults.limits import Limit
from scripts.commands.lake_models import models


def fields() -> Iterator[tuple[str, Any, Any]]:
    """Every field with a rule: its place, the rule, and the type that the rule belongs to."""
    for model, path in models().items():
        for name, field in model.model_fields.items():
            annotation = typing.Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            for inner, rule in _rules(annotation):
                yield f"{path}.{name}".lstrip("."), inner, rule


def _rules(annotation: Any) -> Iterator[tuple[Any, Any]]:
    if typing.get_origin(annotation) is typing.Annotated:
        for rule in annotation.__metadata__:
            yield annotation, rule
    for argument in typing.get_args(annotation):
        yield from _rules(argument)


NUMBERS = [pytest.param(inner, rule, id=place) for place, inner, rule in fields() if isinstance(rule, Limit)]
TEXTS = [pytest.param(inner, rule, id=place) for place, inner, rule in fields() if isinstance(rule, Text) and rule.length]


def refusal(annotation: Any, value: object) -> str | None:
    try:
        TypeAdapter(annotation).validate_json(str(value).lower() if not isinstance(value, str) else f'"{value}"', strict=True)
    except ValidationError as error:
        return str(error.errors()[0]["ctx"]["error"])
    return None


def step_of(annotation: Any) -> float:
    return 1 if typing.get_args(annotation)[0] is int else 0.01


def test_finds_the_limits() -> None:
    assert len(NUMBERS) > 30
    assert len(TEXTS) > 8


@pytest.mark.parametrize(("annotation", "limit"), NUMBERS)
def test_a_limit_takes_both_its_ends(annotation: Any, limit: Limit) -> None:
    assert refusal(annotation, _number(annotation, limit.minimum)) is None
    assert refusal(annotation, _number(annotation, limit.maximum)) is None


@pytest.mark.parametrize(("annotation", "limit"), NUMBERS)
def test_fails_when_a_number_is_past_either_end(annotation: Any, limit: Limit) -> None:
    remedy = "" if limit.default is None else f", or remove it for {limit.default:g}"
    unit = f" {limit.unit}" if limit.unit else ""
    span = f"must be between {limit.minimum:g} and {limit.maximum:g}{unit}"
    below, above = limit.minimum - step_of(annotation), limit.maximum + step_of(annotation)
    assert refusal(annotation, _number(annotation, below)) == f"{span}, got {below:g} (raise it{remedy})"
    assert refusal(annotation, _number(annotation, above)) == f"{span}, got {above:g} (lower it{remedy})"


@pytest.mark.parametrize(
    ("annotation", "limit"), [param for param in NUMBERS if isinstance(param.values[1], Limit) and param.values[1].allowed]
)
def test_fails_when_a_number_lies_between_the_steps(annotation: Any, limit: Limit) -> None:
    between = next(n for n in range(int(limit.minimum), int(limit.maximum)) if n not in limit.allowed)
    message = refusal(annotation, between)
    assert message is not None
    assert message.startswith(f"must be one of {limit.allowed[0]:g}, ")
    assert message.endswith(f"got {between} (choose one of them, or remove it for {limit.default:g})")


def test_fails_when_a_number_is_none() -> None:
    limit = Limit(0, 10, 5, "", "")
    with pytest.raises(ValueError, match="must be between"):
        limit.check(math.nan)


@pytest.mark.parametrize(("annotation", "text"), TEXTS)
def test_text_has_a_length(annotation: Any, text: Text) -> None:
    assert text.length is not None
    shortest, longest = int(text.length.minimum), int(text.length.maximum)
    for count in (shortest, longest):
        assert refusal(annotation, "a" * count) is None
    for count in (shortest - 1, longest + 1):
        message = refusal(annotation, "a" * count)
        assert message is not None
        assert message.startswith(f"must be {text.allowed}, {shortest} to {longest} characters, got ")
        assert f"({count} characters)" in message


@pytest.mark.parametrize("model", models())
def test_every_field_is_documented(model: type[Model]) -> None:
    from constructs_lib.config.field_docs import field_docs, keys_of

    assert set(field_docs(model)) == set(keys_of(model))


def _number(annotation: Any, value: float) -> float:
    return int(value) if typing.get_args(annotation)[0] is int else value
