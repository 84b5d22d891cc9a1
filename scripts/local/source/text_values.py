"""Values as a query's result has them, text or bytes, into JSON text."""

from __future__ import annotations

import struct
from collections.abc import Callable

from scripts.local.source.columns import Column, Kind
from scripts.local.source.types import NULL, TypeRules, float_text, quote, shown_fraction

TextReader = Callable[[bytes], str]
"""JSON text of a value that is not NULL, from the bytes that the server sent (texts in UTF-8)."""


def text_reader(column: Column, rules: TypeRules) -> TextReader:
    """How to read a column's values from a result.

    Args:
        column: the column. A FLOAT must be selected as DOUBLE: MySQL shows six of its digits only.
        rules: how the task writes values.
    """
    match column.kind:
        case Kind.INTEGER:
            return (lambda content: str(int(content))) if rules.large_integers else (lambda content: rules.integer(int(content)))
        case Kind.DECIMAL:
            return _decimal
        case Kind.FLOAT:
            return lambda content: float_text(struct.unpack("<f", struct.pack("<f", float(content)))[0])
        case Kind.DOUBLE:
            return lambda content: repr(float(content))
        case Kind.BIT:
            return _bit if column.length == 1 else rules.hexadecimal
        case Kind.YEAR:
            return lambda content: str(int(content))
        case Kind.DATE:
            return _date
        case Kind.DATETIME | Kind.TIMESTAMP:
            return _datetime(column.scale)
        case Kind.TIME:
            return lambda content: f'"{content.decode()}"'
        case Kind.BYTES:
            return rules.content(column)
        case Kind.TEXT | Kind.JSON:
            write = rules.text(column)
            return lambda content: write(content.decode())
        case Kind.ENUM | Kind.SET:
            return lambda content: quote(content.decode())


def _bit(content: bytes) -> str:
    return "true" if content != b"\0" else "false"


def _decimal(content: bytes) -> str:
    text = content.decode()
    if text[0] == "0" and text[1:2].isdigit():  # ZEROFILL
        text = text.lstrip("0")
        return f"0{text}" if text[:1] in ("", ".") else text
    return text


def _date(content: bytes) -> str:
    return NULL if content[5:7] == b"00" or content[8:10] == b"00" else f'"{content.decode()}"'


def _datetime(scale: int) -> TextReader:
    shown = shown_fraction(scale)
    end = 19 + (1 + shown if shown else 0)

    def read(content: bytes) -> str:
        if content[5:7] == b"00" or content[8:10] == b"00":
            return NULL
        text = content.decode()
        return f'"{text[:10]}T{text[11:end].ljust(end - 11, "0")}Z"'

    return read
