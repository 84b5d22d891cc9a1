"""Column types of a lake table: Iceberg's names, as a lake file writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from constructs_lib.defaults.limits import DECIMAL_PRECISION

_GLUE_NAMES = {
    "boolean": "boolean",
    "int": "int",
    "long": "bigint",
    "float": "float",
    "double": "double",
    "date": "date",
    "timestamp": "timestamp",
    "string": "string",
    "binary": "binary",
}
_NOT_CREATABLE = {
    "time": "use string: the Glue catalog has no time type, and MySQL's TIME may be negative or above 24 hours",
    "timestamptz": "use timestamp: the Glue catalog has no timestamp with a time zone; DMS delivers MySQL TIMESTAMP in UTC",
    "uuid": "use string: the Glue catalog has no uuid type",
}
_ALIASES = {"bigint": "long", "integer": "int", "varchar": "string", "text": "string", "datetime": "timestamp", "bool": "boolean"}
DECIMAL = re.compile(r"^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$")


@dataclass(frozen=True)
class ColumnType:
    """A parsed column type.

    Attributes:
        iceberg: Iceberg's name, `decimal(12,2)` with its precision and scale and without blanks.
        glue: the name that the Glue catalog and Athena DDL use, `bigint` for `long`; None for a type that Glue cannot create.
    """

    iceberg: str
    glue: str | None

    @property
    def creation_hint(self) -> str:
        """What to write instead of a type that the Glue catalog cannot create."""
        return _NOT_CREATABLE.get(self.iceberg, "")


def allowed_types() -> list[str]:
    """Every type name a lake file may use, in the order the documentation lists them."""
    return [*_GLUE_NAMES, "decimal(p,s)", *_NOT_CREATABLE]


def parse_column_type(text: str) -> ColumnType:
    """Parses `long`, `decimal(12,2)` and so on.

    Raises:
        ValueError: not a type, or a decimal outside Iceberg's 38 digits; the message says what is allowed.
    """
    decimal = DECIMAL.match(text)
    if decimal:
        precision, scale = int(decimal[1]), int(decimal[2])
        if not DECIMAL_PRECISION.minimum <= precision <= DECIMAL_PRECISION.maximum or scale > precision:
            raise ValueError(
                f"must have a precision between 1 and {DECIMAL_PRECISION.maximum:g} and a scale no larger than it, got {text}"
                " (a wider MySQL DECIMAL can be kept exactly as string)"
            )
        return ColumnType(f"decimal({precision},{scale})", f"decimal({precision},{scale})")
    if text in _GLUE_NAMES:
        return ColumnType(text, _GLUE_NAMES[text])
    if text in _NOT_CREATABLE:
        return ColumnType(text, None)
    if re.fullmatch(r"decimal\(\d*", text):
        raise ValueError(f'is cut off by the comma, which ends a value inside braces, got {text} (quote it: "decimal(12,2)")')
    hint = f"did you mean {_ALIASES[text]}?" if text in _ALIASES else "choose one of them"
    raise ValueError(f"must be one of {', '.join(allowed_types())}, got {text} ({hint})")
