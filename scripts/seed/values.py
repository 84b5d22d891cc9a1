"""Values for a column: by its name where that says something, else by its type.

A source makes many values at once (a column at a time is several times faster than a row at a time) and draws a fixed number of random
numbers per value, so that the values do not depend on the batch size.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from scripts.seed import retail
from scripts.seed.catalog import listed_values
from scripts.seed.errors import UsageError
from scripts.seed.model import BYTES_TYPES, INTEGER_BITS, POINT_TYPES, Column, Table, Value
from scripts.seed.vocabulary import Vocabulary

Batch = dict[str, Sequence[Value]]
"""Column name to the values made so far for the rows of a batch."""
Source = Callable[[int, Batch], Sequence[Value]]
"""Makes the next values of a column, for as many rows; it may look at columns made before it."""

NULL_SHARE = 0.05
"""How often a nullable column is NULL."""
DAYS_BACK = 365
_LARGEST_INTEGER = 1_000_000
_LARGEST_BYTES = 32

_RANGES: tuple[tuple[str, float, float], ...] = (
    (r"age", 18, 90),
    (r"quantity|qty|count|items|units", 1, 10),
    (r"year", 1990, 2025),
    (r"month", 1, 12),
    (r"day", 1, 28),
    (r"hour", 0, 23),
    (r"rating|score|stars|priority|level", 1, 5),
    (r"percent(age)?|pct|rate|ratio|discount", 0, 1),
    (r"price|amount|total|subtotal|cost|fee|tax|balance|salary|revenue", 0, 1_000),
    (r"lat(itude)?", -90, 90),
    (r"lon(gitude)?|lng", -180, 180),
)
"""Pattern of the last words of a numeric column's name, lowest and highest value."""


def column_source(column: Column, chance: Random, vocabulary: Vocabulary, now: datetime, where: str) -> Source:
    """Values for a column, without NULL.

    Args:
        column: the column.
        chance: decides the values; a source owns it.
        vocabulary: texts to draw from.
        now: the latest moment that past times may have.
        where: `schema.table`, for errors.

    Raises:
        UsageError: the type cannot be filled, and the column can be neither NULL nor left to a default.
    """
    kind = column.data_type
    if kind in INTEGER_BITS:
        return _integers(chance, *_integer_range(column))
    if kind == "decimal":
        return _decimals(column, chance)
    if kind in ("float", "double"):
        return _floats(column, chance)
    if column.is_text or column.json:
        return _drawn(chance, vocabulary.texts(column))
    if kind in ("enum", "set"):
        return _listed(column, chance)
    if kind in ("date", "datetime", "timestamp"):
        return _moments(column, chance, now)
    if kind in BYTES_TYPES:
        return _bytes(column, chance)
    return _uncommon(column, chance, vocabulary, where)


def _uncommon(column: Column, chance: Random, vocabulary: Vocabulary, where: str) -> Source:
    kind = column.data_type
    if kind == "time":
        return lambda count, _: [_clock(chance.randrange(86_400_000_000), column.fraction) for _ in range(count)]
    if kind == "year":
        return _integers(chance, 1970, 2025)
    if kind == "bit":
        return _integers(chance, 0, 2 ** (column.length or 1) - 1)
    if kind == "uuid":
        return lambda count, _: [str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(count)]
    if kind in ("inet4", "inet6"):
        return _drawn(chance, vocabulary.addresses(int(kind[-1])))
    if kind in POINT_TYPES:
        return lambda count, _: [_point(chance.uniform(-180, 180), chance.uniform(-90, 90)) for _ in range(count)]
    if column.nullable or column.default is not None:
        return lambda count, _: [None] * count
    raise UsageError(
        f"{where}: column {column.name} is {column.column_type}, which seed cannot fill (make it nullable or give it a default)"
    )


def nullable(source: Source, chance: Random) -> Source:
    """Makes some of the values NULL."""

    def with_nulls(count: int, batch: Batch) -> Sequence[Value]:
        return [None if chance.random() < NULL_SHARE else value for value in source(count, batch)]

    return with_nulls


def retail_sources(table: Table, chance: Callable[[str], Random], vocabulary: Vocabulary, now: datetime) -> dict[str, Source]:
    """The built-in table's rules for its columns.

    Args:
        table: a table that has the columns.
        chance: column name to its random numbers.
        vocabulary: texts to draw from.
        now: the top of the hour from which times count.
    """
    customers, amounts = chance("customer_id"), chance("amount")
    decimal = table.column("amount").data_type == "decimal"

    def customer_ids(count: int, _: Batch) -> Sequence[Value]:
        return [f"{int(customers.random() * 10**retail.CUSTOMER_DIGITS):0{retail.CUSTOMER_DIGITS}d}" for _ in range(count)]

    def amount(count: int, batch: Batch) -> Sequence[Value]:
        drawn = [int(amounts.random() * (retail.LARGEST_AMOUNT + 1)) for _ in range(count)]
        events = batch.get("event", (retail.AMOUNT_EVENTS[0],) * count)
        values = [number if event in retail.AMOUNT_EVENTS else 1 for number, event in zip(drawn, events, strict=True)]
        return [Decimal(value) for value in values] if decimal else values

    return {
        "customer_id": customer_ids,
        "event": _drawn(chance("event"), retail.EVENTS),
        "sku": _drawn(chance("sku"), vocabulary.skus()),
        "amount": amount,
        "device": _drawn(chance("device"), retail.DEVICES),
        "trans_datetime": _drawn(chance("trans_datetime"), [now + timedelta(seconds=second) for second in range(3600)]),
    }


def integer_limits(column: Column) -> tuple[int, int]:
    """Lowest and highest value that the integer type holds."""
    bits = INTEGER_BITS[column.data_type]
    return (0, 2**bits - 1) if column.unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def _integer_range(column: Column) -> tuple[int, int]:
    if column.column_type.startswith("tinyint(1)"):
        return 0, 1  # how MySQL spells a boolean
    lowest, highest = integer_limits(column)
    low, high = _named_range(column.name) or (0, _LARGEST_INTEGER)
    return max(int(low), lowest), min(int(high), highest)


def _named_range(name: str) -> tuple[float, float] | None:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return next(((low, high) for names, low, high in _RANGES if re.fullmatch(rf"(?:.*[_ -])?(?:{names})", snake)), None)


def _integers(chance: Random, low: int, high: int) -> Source:
    span = high - low + 1
    if span > 2**53:  # a double cannot tell such numbers apart
        return lambda count, _: [low + chance.randrange(span) for _ in range(count)]
    return lambda count, _: [low + int(chance.random() * span) for _ in range(count)]


def _decimals(column: Column, chance: Random) -> Source:
    low, high = _named_range(column.name) or (0.0, float(_LARGEST_INTEGER))
    unit = 10**column.scale
    largest = 10**column.precision - 1  # all digits nines
    lowest = 0 if column.unsigned else max(int(low) * unit, -largest)
    span = min(int(high) * unit, largest) - lowest + 1
    scale = column.scale
    if span > 2**53:
        return lambda count, _: [Decimal(lowest + chance.randrange(span)).scaleb(-scale) for _ in range(count)]
    return lambda count, _: [Decimal(lowest + int(chance.random() * span)).scaleb(-scale) for _ in range(count)]


def _floats(column: Column, chance: Random) -> Source:
    low, high = _named_range(column.name) or (0.0, 1_000.0)
    if column.unsigned:
        low = 0.0
    if column.data_type == "float":  # eighths below 1,000 survive FLOAT, and the six digits that MySQL shows of it
        return lambda count, _: [round(chance.uniform(low, high - 0.125) * 8) / 8 for _ in range(count)]
    return lambda count, _: [round(chance.uniform(low, high), 4) for _ in range(count)]


def _drawn(chance: Random, values: Sequence[Value]) -> Source:
    return lambda count, _: chance.choices(values, k=count)


def _listed(column: Column, chance: Random) -> Source:
    values = listed_values(column)
    if column.data_type == "enum":
        return _drawn(chance, values)
    return lambda count, _: [_subset(values, chance.getrandbits(len(values))) for _ in range(count)]


def _subset(values: list[str], bits: int) -> str:
    return ",".join(value for position, value in enumerate(values) if bits >> position & 1)


def _moments(column: Column, chance: Random, now: datetime) -> Source:
    start, seconds = now - timedelta(days=DAYS_BACK), DAYS_BACK * 86_400
    if re.search(r"birth|dob", column.name.lower()):
        start, seconds = now - timedelta(days=80 * 365), 62 * 365 * 86_400
    elif re.search(r"expir|until|due|valid_to|end", column.name.lower()):
        start = now
    if column.data_type == "date":
        return lambda count, _: [(start + timedelta(seconds=int(chance.random() * seconds))).date() for _ in range(count)]
    unit = 10 ** (6 - column.fraction)
    span = seconds * 10**column.fraction
    return lambda count, _: [start + timedelta(microseconds=int(chance.random() * span) * unit) for _ in range(count)]


def _clock(microseconds: int, fraction: int) -> str:
    seconds, rest = divmod(microseconds, 1_000_000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{rest:06d}"[: 9 + fraction] if fraction else text


def _bytes(column: Column, chance: Random) -> Source:
    length = column.length or 1
    size = length if column.data_type == "binary" else min(length, _LARGEST_BYTES)
    return lambda count, _: [chance.randbytes(size) for _ in range(count)]


def _point(x: float, y: float) -> bytes:
    """A POINT in MySQL's own form: no reference system, little-endian, the number of the type, two doubles."""
    return struct.pack("<IBIdd", 0, 1, 1, x, y)
