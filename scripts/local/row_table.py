"""Rows as JSON objects made into Arrow tables, column by column; a row that does not fit is set aside with its reason."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from scripts.local.lake_types import LakeType

SEQUENCE = "__sequence"
OPERATION = "__operation"
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
