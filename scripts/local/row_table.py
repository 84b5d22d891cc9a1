"""Rows as JSON objects made into Arrow tables, column by column; a row that does not fit is set aside with its reason.

Arrow's own reader of JSON takes a third of the time, but says of a whole chunk only that something in it does not fit, and is laxer in a
few places. So a chunk is read by it when the outcome must be the same; at any doubt Python reads the chunk, value by value.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as arrow_json

from scripts.local.lake_types import LakeType

SEQUENCE = "__sequence"
OPERATION = "__operation"
_EXACT_FLOAT = 2.0**53  # from here on not every integer is a double, and Python refuses those that are not; -0 is 0 to it
_CHUNK = 20_000  # rows that exist as Python objects at one time


@dataclass(frozen=True)
class Misfit:
    """A row that the table cannot hold.

    Attributes:
        index: its place among the rows given.
        reason: what is wrong, without the value.
    """

    index: int
    reason: str


def row_table(rows: Sequence[bytes], columns: dict[str, LakeType], keys: Sequence[str]) -> tuple[pa.Table, list[Misfit]]:
    """The rows as one table, with their places among those given in the column `__sequence`.

    A column that a row lacks is null, as Iceberg has it for a nullable column; a member that is no column is left out, as Firehose does.

    Args:
        rows: one JSON object each, in UTF-8.
        columns: of the table.
        keys: columns that must not be null.
    """
    tables: list[pa.Table] = []
    misfits: list[Misfit] = []
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        whole = _read(chunk, start, columns, keys)
        if whole is not None:
            tables.append(whole)
            continue
        members, indices = _parse(chunk, start, misfits)
        while True:
            table, bad = _convert(members, indices, columns, keys)
            if table is not None:
                tables.append(table)
                break
            misfits += [Misfit(indices[place], reason) for place, reason in bad.items()]
            members = [member for place, member in enumerate(members) if place not in bad]
            indices = [index for place, index in enumerate(indices) if place not in bad]
    schema = pa.schema([(name, column.arrow) for name, column in columns.items()] + [(SEQUENCE, pa.int64())])
    return (pa.concat_tables(tables) if tables else schema.empty_table()), sorted(misfits, key=lambda misfit: misfit.index)


def _read(chunk: Sequence[bytes], start: int, columns: dict[str, LakeType], keys: Sequence[str]) -> pa.Table | None:
    """A chunk in which every row fits, by Arrow's reader; None at any doubt.

    Each object gets its number as its first member: with all numbers there once, in order and none missing, each row was one object.
    """
    if not all(row.startswith(b"{") for row in chunk):
        return None
    text = b"\n".join([b'{"%b":%d,%b' % (SEQUENCE.encode(), number, row[1:]) for number, row in enumerate(chunk, start)])
    schema = pa.schema([(SEQUENCE, pa.int64()), *((name, column.json) for name, column in columns.items())])
    try:
        text.decode()  # the reader takes bytes that are no UTF-8
        found = arrow_json.read_json(
            pa.BufferReader(text),
            read_options=arrow_json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=arrow_json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        if not found[SEQUENCE].combine_chunks().equals(pa.arange(start, start + len(chunk))):
            return None
        arrays = [_cast(found[name].combine_chunks(), column) for name, column in columns.items()]
    except (ValueError, TypeError, OverflowError):
        return None
    table = pa.Table.from_arrays([*arrays, found[SEQUENCE]], names=[*columns, SEQUENCE])
    return None if any(table[key].null_count for key in keys) else table


def _cast(array: pa.Array, column: LakeType) -> pa.Array:
    """Values as JSON has them in their column's type.

    Raises:
        ValueError: a value does not fit, or may not.
    """
    if pa.types.is_floating(array.type):
        large, below_zero = pc.greater_equal(pc.abs(array), _EXACT_FLOAT), pc.equal(pc.divide(1.0, array), -math.inf)
        if pc.any(pc.or_(large, below_zero)).as_py():
            raise ValueError
    return column.convert(array.to_pylist()) if pa.types.is_binary(column.arrow) else array.cast(column.arrow)


def _parse(chunk: Sequence[bytes], start: int, misfits: list[Misfit]) -> tuple[list[dict[str, object]], list[int]]:
    members: list[dict[str, object]] = []
    indices: list[int] = []
    for index, row in enumerate(chunk, start):
        try:
            parsed = json.loads(row)
        except ValueError:
            parsed = None
        if isinstance(parsed, dict):
            members.append(parsed)
            indices.append(index)
        else:
            misfits.append(Misfit(index, "the record is not one JSON object"))
    return members, indices


def _convert(
    members: Sequence[dict[str, object]], indices: Sequence[int], columns: dict[str, LakeType], keys: Sequence[str]
) -> tuple[pa.Table | None, dict[int, str]]:
    """All rows as a table; or None and what is wrong with which."""
    arrays: list[pa.Array] = []
    bad: dict[int, str] = {}
    for name, column in columns.items():
        values = [member.get(name) for member in members]
        try:
            array = column.convert(values)
        except (ValueError, TypeError, OverflowError):  # Arrow's own errors are among these
            bad |= {place: f"column {name}: {reason}" for place, reason in _bad_values(values, column).items()}
            continue
        if name in keys and array.null_count:
            bad |= {place: f"column {name}: a key is null" for place, value in enumerate(values) if value is None}
        arrays.append(array)
    if bad:
        return None, bad
    arrays.append(pa.array(indices, pa.int64()))
    return pa.Table.from_arrays(arrays, names=[*columns, SEQUENCE]), {}


def _bad_values(values: Sequence[object], column: LakeType) -> dict[int, str]:
    bad: dict[int, str] = {}
    for place, value in enumerate(values):
        try:
            column.convert([value])
        except (ValueError, TypeError, OverflowError) as error:
            kind = str(error) if type(error).__name__ == "ValueMismatchError" else "a value that the type cannot hold"
            bad[place] = f"{kind}, the table has {column.name}"
    return bad
