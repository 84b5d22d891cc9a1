"""Values as a query's result has them, text or bytes, into JSON text."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence

from scripts.local.source.columns import Column, Kind
from scripts.local.source.types import NULL, TypeRules, float_text, quote, shown_fraction

TextReader = Callable[[bytes], str]
"""JSON text of a value that is not NULL, from the bytes that the server sent (texts in UTF-8)."""
ColumnReader = Callable[[Sequence[bytes | None]], Iterable[str]]
"""JSON texts of a column's values, None for NULL."""


def column_reader(column: Column, rules: TypeRules) -> ColumnReader:
    """How to read many values of a column; the commonest kinds without a step of Python for each.

    Args:
        column: the column, as for `text_reader`.
        rules: how the task writes values.
    """
    read = text_reader(column, rules)
    quoted = column.kind in (Kind.TEXT, Kind.ENUM, Kind.SET) and rules.text(column) is quote
    as_sent = column.kind is Kind.INTEGER and not column.unsigned and rules.large_integers  # ZEROFILL makes a column unsigned

    def texts(contents: Sequence[bytes | None]) -> Iterable[str]:
        present = [content for content in contents if content is not None]
        if len(present) < len(contents):
            return [NULL if content is None else read(content) for content in contents]
        if quoted:
            return map(quote, map(bytes.decode, present))
        return map(bytes.decode if as_sent else read, present)

    return texts


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
