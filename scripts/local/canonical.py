"""One text per value, the same on both sides of a comparison; and a hash per row made of them.

| Glue type | canonical text |
|---|---|
| boolean | `true`, `false` |
| int, bigint | digits |
| float, double | the bits of the IEEE 754 number, read as a signed integer; -0.0 counts as 0.0 |
| decimal(p,s) | digits of the number times 10^s |
| date | `YYYY-MM-DD` |
| timestamp | microseconds since 1970-01-01 00:00:00 |
| string | itself |
| binary | hexadecimal, lower case |

A row's text is, for each of its columns in order, `<bytes>:<text>,` with the length of the text in UTF-8, or `-,` for null: no two
different rows have the same. The row's hash is the first 16 bytes of its SHA-256. Each step is one that SQL can do, so that another engine
can answer with hashes instead of rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

HASH: Final = "__hash"


def canonical_array(array: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray:
    """The canonical texts of a column."""
    chunked = array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])
    return pa.chunked_array([_canonical(chunk) for chunk in chunked.chunks], pa.string())


def canonical_table(table: pa.Table) -> pa.Table:
    """A table with every value as its canonical text."""
    return pa.table({name: canonical_array(table[name]) for name in table.column_names})


def row_hashes(texts: pa.Table) -> pa.Array:
    """The hash of each row of canonical texts."""
    parts = []
    for name in texts.column_names:
        column = texts[name]
        length = pc.binary_length(column).cast(pa.string())
        parts.append(pc.fill_null(pc.binary_join_element_wise(length, column, ":"), "-"))
    rows = pc.binary_join_element_wise(*parts, pa.scalar(""), ",") if parts else pa.array([""] * len(texts))
    return pa.array([hashlib.sha256(row.encode()).digest()[:16] for row in rows.to_pylist()], pa.binary(16))


def fingerprints(texts: pa.Table, keys: Mapping[str, str]) -> pa.Table:
    """Key columns and row hashes.

    Args:
        texts: canonical texts of the compared columns.
        keys: name of a key column in the result, to its name in the texts.
    """
    return pa.table({**{name: texts[column] for name, column in keys.items()}, HASH: row_hashes(texts)})


def _canonical(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_string(kind):
        return array
    if pa.types.is_large_string(kind) or pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_date32(kind):
        return array.cast(pa.string())
    if pa.types.is_float32(kind):
        return pc.add(array, pa.scalar(0.0, kind)).view(pa.int32()).cast(pa.string())
    if pa.types.is_float64(kind):
        return pc.add(array, pa.scalar(0.0, kind)).view(pa.int64()).cast(pa.string())
    if pa.types.is_decimal(kind):
        unscaled = pa.Array.from_buffers(pa.decimal128(38, 0), len(array), array.buffers(), offset=array.offset)
        return unscaled.cast(pa.string())
    if pa.types.is_timestamp(kind):
        return array.cast(pa.timestamp("us")).view(pa.int64()).cast(pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if value is None else value.hex() for value in array.to_pylist()], pa.string())
    raise ValueError(f"no canonical text for {kind}")
