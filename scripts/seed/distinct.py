"""Values that differ from row to row, for primary keys and unique indexes that the server does not number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Protocol
from uuid import UUID

from scripts.seed.model import BYTES_TYPES, INTEGER_BITS, Column, Table, Value
from scripts.seed.values import Batch, Source, integer_limits
from scripts.seed.vocabulary import Vocabulary, provider_of


class Held(Protocol):
    """What a table holds already."""

    def highest(self, column: str) -> Value:
        """The highest value of a column; None for an empty table."""

    def count(self) -> int:
        """Number of rows."""


class Nothing:
    """An empty table."""

    def highest(self, column: str) -> Value:
        """No value."""

    def count(self) -> int:
        """No rows."""
        return 0


_TOKEN_LENGTH = 12
_SHORTEST_TOKEN = 8
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # lower case only: most collations take `a` and `A` for the same
_ROOM = 10_000_000
"""Numbers that must be left in a type for counting up from the highest."""


def distinct_columns(table: Table) -> list[Column]:
    """One column per unique set that can tell the rows apart by itself; a set whose columns are all too small gets none.

    Such a set (`store`, `day`) is filled with ordinary values, and a row that collides is drawn again.
    """
    referring = {name for foreign_key in table.foreign_keys for name in foreign_key.columns}
    chosen: list[Column] = []
    for names in table.unique:
        columns = [table.column(name) for name in names]
        if any(not column.written or column in chosen for column in columns):
            continue
        candidates = [column for column in columns if column.name not in referring and _room(column) > 0]
        if candidates:
            chosen.append(max(candidates, key=_room))
    return chosen


def _room(column: Column) -> int:
    """How well a column can tell rows apart; 0 when it cannot."""
    kind = column.data_type
    if kind in INTEGER_BITS and not column.column_type.startswith("tinyint(1)"):
        return INTEGER_BITS[kind] if INTEGER_BITS[kind] >= 24 else 0
    if kind == "decimal":
        return 30 if column.precision >= 9 else 0
    if kind == "uuid":
        return 29
    if (column.is_text and not column.json) or kind in BYTES_TYPES:
        return 28 if (column.length or 0) >= _SHORTEST_TOKEN else 0
    return 10 if kind in ("datetime", "timestamp") else 0


def distinct_source(column: Column, chance: Random, vocabulary: Vocabulary, now: datetime, held: Held) -> Source:
    """Values that no earlier row has: numbers and times count up from the highest, texts and bytes hold 60 random bits or more."""
    kind = column.data_type
    if kind in INTEGER_BITS or kind == "decimal":
        return _numbers(column, chance, held.highest(column.name))
    if kind in ("datetime", "timestamp"):
        return _moments(column, now, held.highest(column.name))
    if kind == "uuid" or _is_uuid(column):
        return lambda count, _: [str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(count)]
    if kind in BYTES_TYPES:
        size = (column.length or _SHORTEST_TOKEN) if kind == "binary" else min(column.length or 16, 16)
        return lambda count, _: [chance.randbytes(size) for _ in range(count)]
    return _texts(column, chance, vocabulary)


def _numbers(column: Column, chance: Random, highest: Value) -> Source:
    decimal = column.data_type == "decimal"
    last = highest if isinstance(highest, int) else int(highest) if isinstance(highest, Decimal) else 0
    largest = 10 ** (column.precision - column.scale) - 1 if decimal else integer_limits(column)[1]
    convert: Callable[[int], Value] = Decimal if decimal else int
    if largest - last < min(_ROOM, largest // 2):  # the table holds numbers near the end already: draw, and draw again on a collision
        return lambda count, _: [convert(chance.randrange(1, largest)) for _ in range(count)]
    position = max(last, 0)

    def count_up(count: int, _: Batch) -> Sequence[Value]:
        nonlocal position
        position += count
        return [convert(number) for number in range(position - count + 1, position + 1)]

    return count_up


def _moments(column: Column, now: datetime, highest: Value) -> Source:
    step = timedelta(microseconds=10 ** (6 - column.fraction))
    position = max(highest, now) if isinstance(highest, datetime) else now

    def count_up(count: int, _: Batch) -> Sequence[Value]:
        nonlocal position
        start, position = position, position + count * step
        return [start + number * step for number in range(1, count + 1)]

    return count_up


def _texts(column: Column, chance: Random, vocabulary: Vocabulary) -> Source:
    """The random part comes first, so that a unique index on a prefix holds, and what the column means comes behind it."""
    length = column.length or 255
    size = min(length, _TOKEN_LENGTH)
    known = provider_of(column.name)
    if known is None or length < 40 or known[0] == "uuid":
        return lambda count, _: [_token(chance, size) for _ in range(count)]
    between = "." if known[0] in ("email", "user name", "host name", "file name") else " "
    texts = vocabulary.texts(column)
    return lambda count, _: [f"{_token(chance, size)}{between}{chance.choice(texts)}"[:length] for _ in range(count)]


def _token(chance: Random, size: int) -> str:
    bits = chance.getrandbits(5 * size)
    return "".join(_DIGITS[bits >> 5 * position & 31] for position in range(size))


def _is_uuid(column: Column) -> bool:
    known = provider_of(column.name)
    return (
        column.is_text and (column.length or 0) >= 36 and (column.column_type == "char(36)" or (known is not None and known[0] == "uuid"))
    )
