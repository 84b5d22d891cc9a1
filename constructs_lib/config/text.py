"""Text with a shape: what is allowed is said in words, beside the pattern that decides."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import core_schema

from constructs_lib.defaults.limits import Limit

if TYPE_CHECKING:  # 20 ms in every process
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

_SHOWN_CHARACTERS = 80


def shown(value: object) -> str:
    """A value as an error message repeats it: on one line, cut where it is long."""
    text = value if isinstance(value, str) and value and value.isprintable() and value == value.strip() else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


@dataclass(frozen=True)
class Text:
    """`Annotated[str, Text(...)]` makes a model field refuse text of another shape, and say in words what is allowed.

    Attributes:
        allowed: what is allowed, as it follows "must be": "lower-case letters, digits and underscores".
        pattern: the regular expression that the whole text must match.
        length: lowest and highest number of characters.
        suggest: turns refused text into what was probably meant; shown only when that is allowed.
    """

    allowed: str
    pattern: str
    length: Limit | None = None
    suggest: Callable[[str], str] | None = None

    def accepts(self, value: str) -> bool:
        """Whether the text has the shape."""
        fits = self.length is None or self.length.minimum <= len(value) <= self.length.maximum
        return fits and re.fullmatch(self.pattern, value, re.ASCII) is not None

    def check(self, value: str) -> str:
        """Returns the text, or says what is allowed.

        Raises:
            ValueError: the text has another shape or length.
        """
        if self.accepts(value):
            return value
        length = self.length
        ceiling = "" if length is None else f", {length.minimum:g} to {length.maximum:g} characters"
        count = f" ({len(value)} characters)" if length is not None and not length.minimum <= len(value) <= length.maximum else ""
        meant = self.suggest(value) if self.suggest else ""
        hint = f" (try {meant})" if meant and self.accepts(meant) else ""
        raise ValueError(f"must be {self.allowed}{ceiling}, got {shown(value)}{count}{hint}")

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self.check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        json_schema = handler(schema)
        target = json_schema["anyOf"][0] if "anyOf" in json_schema else json_schema
        target["pattern"] = f"^(?:{self.pattern})$"
        if self.length is not None:
            target["minLength"], target["maxLength"] = int(self.length.minimum), int(self.length.maximum)
        return json_schema


def with_underscores(value: str) -> str:
    """What a catalog name was probably meant to be: lower case, underscores for the rest."""
    return re.sub(r"[^a-z0-9_]", "_", value.lower())


def with_hyphens(value: str) -> str:
    """What a resource name was probably meant to be: lower case, single hyphens for the rest."""
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")


def nearest_in_any_case(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant, in its own spelling; upper and lower case do not count."""
    lowered = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), lowered, n=1)
    return lowered[near[0]] if near else None
