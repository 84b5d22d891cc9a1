"""DMS's type rules: what becomes of a MySQL value in a message.

Values are JSON text from the start, made of the digits that the server sent: no number passes through a float on its way, except where DMS
itself loses digits (`use_large_integer_value` off).

| MySQL | in the message |
|---|---|
| integers, DECIMAL | a number with the source's digits |
| FLOAT, DOUBLE | a number with the fewest digits that give the same value |
| BIT(1) | true, false |
| BIT(n) | its bytes |
| DATE | `YYYY-MM-DD` |
| DATETIME | wall clock with a `Z` that means nothing |
| TIMESTAMP | UTC with `Z` |
| TIME | text, negative and above a day as in MySQL |
| YEAR | a number |
| texts, ENUM, SET, JSON | text |
| BINARY, BLOB | hexadecimal text, `0x` before it |

Dates with a zero in month or day are null. DATETIME and TIMESTAMP keep no fraction without (n), milliseconds for (1) to (5), all for (6).
MEDIUMTEXT, LONGTEXT, JSON, MEDIUMBLOB and LONGBLOB are large objects, cut at LobMaxSize.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.MySQL.html
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import Any

from scripts.local.source.columns import Column, Kind
from scripts.local.template import KinesisSettings

NULL = "null"
_KIB = 1024
_PLAIN_DIGITS = 16
_INTEGERS = {1: "INT8", 2: "INT16", 3: "INT32", 4: "INT32", 8: "INT64"}

quote: Callable[[str], str] = encode_basestring
"""JSON text of a string, other alphabets left as they are."""


@dataclass(frozen=True)
class TypeRules:
    """How a task writes values.

    Attributes:
        large_integers: writes integers of more than 16 digits in full, not in scientific notation.
        hex_prefix: before the digits of bytes.
        large_objects: whether they are captured at all.
        large_bytes: where they are cut, in bytes (of UTF-8); None for never.
    """

    large_integers: bool
    hex_prefix: str
    large_objects: bool
    large_bytes: int | None

    @classmethod
    def of(cls, kinesis: KinesisSettings, task_settings: Mapping[str, Any]) -> TypeRules:
        """The rules that an endpoint and a task ask for."""
        target = task_settings.get("TargetMetadata", {})
        limit = int(target.get("LobMaxSize", 0))
        return cls(
            large_integers=kinesis.use_large_integer_value,
            hex_prefix="" if kinesis.no_hex_prefix else "0x",
            large_objects=bool(target.get("SupportLobs", True)),
            large_bytes=limit * _KIB if limit > 0 else None,
        )

    def integer(self, number: int) -> str:
        """JSON text of an integer."""
        digits = str(number)
        if self.large_integers or len(digits) <= _PLAIN_DIGITS or len(digits.lstrip("-")) <= _PLAIN_DIGITS:
            return digits
        mantissa, _, exponent = f"{float(number):.16e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"

    def hexadecimal(self, content: bytes) -> str:
        """JSON text of bytes."""
        return f'"{self.hex_prefix}{content.hex()}"'

    def text(self, column: Column) -> Callable[[str], str]:
        """JSON text of a string of a column."""
        limit = self.large_bytes
        if not column.large or limit is None:
            return quote

        def cut(text: str) -> str:
            if len(text) * 4 > limit and len(encoded := text.encode()) > limit:
                return quote(encoded[:limit].decode(errors="ignore"))  # never half a character
            return quote(text)

        return cut

    def content(self, column: Column) -> Callable[[bytes], str]:
        """JSON text of bytes of a column."""
        limit = self.large_bytes if column.large else None
        if limit is None:
            return self.hexadecimal
        return lambda content: self.hexadecimal(content[:limit])


def shown_fraction(digits: int) -> int:
    """Digits of a second that DMS keeps of a DATETIME or TIMESTAMP."""
    return 0 if digits == 0 else 3 if digits < 6 else 6


def float_text(value: float) -> str:
    """JSON text of a FLOAT: the fewest digits that give the same four bytes."""
    packed = struct.pack("<f", value)
    for digits in range(6, 9):
        text = f"{value:.{digits}g}"
        if struct.pack("<f", float(text)) == packed:
            return text
    return f"{value:.9g}"


def dms_type(column: Column) -> dict[str, str | int | bool]:
    """A column as the table definition of a control record has it."""
    return {**_dms_type(column), "nullable": column.nullable}


def _dms_type(column: Column) -> dict[str, str | int | bool]:
    match column.kind:
        case Kind.INTEGER:
            return {"type": ("U" if column.unsigned else "") + _INTEGERS[column.length]}
        case Kind.DECIMAL:
            return {"type": "NUMERIC", "precision": column.precision, "scale": column.scale}
        case Kind.FLOAT | Kind.DOUBLE:
            return {"type": "REAL8"}
        case Kind.BIT:
            return {"type": "BOOLEAN"} if column.length == 1 else {"type": "BYTES", "length": (column.length + 7) // 8}
        case Kind.DATE:
            return {"type": "DATE"}
        case Kind.DATETIME | Kind.TIMESTAMP:
            return {"type": "DATETIME", "scale": column.scale}
        case Kind.TIME:
            return {"type": "STRING"}
        case Kind.YEAR:
            return {"type": "INT16"}
        case Kind.JSON:
            return {"type": "CLOB"}
        case Kind.BYTES:
            return {"type": "BLOB"} if column.large else {"type": "BYTES", "length": column.length}
        case Kind.TEXT:
            return {"type": "NCLOB"} if column.large else {"type": "WSTRING", "length": column.length}
        case Kind.ENUM | Kind.SET:
            return {"type": "WSTRING", "length": column.length}
