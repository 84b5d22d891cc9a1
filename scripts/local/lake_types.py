"""Column types of a local lake table, and the JSON values that the transform function writes for them.

The forms are those of functions/README.md, which are a part of what Firehose takes: a value in any other form fails its row, because one
that is bent into shape here would hide what AWS refuses.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyarrow as pa
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    PrimitiveType,
    StringType,
    TimestampType,
)

Convert = Callable[[Sequence[object]], pa.Array]

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_NULL = type(None)


class ValueMismatchError(ValueError):
    """A JSON value has a form that its column does not take."""


@dataclass(frozen=True)
class LakeType:
    """A column type.

    Attributes:
        name: Glue's name, such as `bigint` or `decimal(12,2)`.
        iceberg: the same in Iceberg.
        arrow: the same in memory.
        json: what its values are in JSON, to Arrow; a cast makes the column's type of it.
        convert: JSON values to Arrow, all or nothing.
    """

    name: str
    iceberg: PrimitiveType
    arrow: pa.DataType
    json: pa.DataType
    convert: Convert


def lake_type(glue: str) -> LakeType:
    """The type that Glue calls so.

    Raises:
        ValueError: the local lake does not know it.
    """
    decimal = _DECIMAL.fullmatch(glue.replace(" ", ""))
    if decimal:
        precision, scale = int(decimal[1]), int(decimal[2])
        arrow = pa.decimal128(precision, scale)
        return LakeType(glue, DecimalType(precision, scale), arrow, pa.string(), _decimals(arrow))
    if glue not in _TYPES:
        raise ValueError(f"column type {glue} is not one of {', '.join(_TYPES)}, decimal(p,s)")
    return _TYPES[glue]


def _expect(values: Sequence[object], *allowed: type) -> None:
    found = set(map(type, values)) - {_NULL, *allowed}
    if found:
        raise ValueMismatchError(f"a JSON value of kind {' or '.join(sorted(kind.__name__ for kind in found))}")


def _integers(arrow: pa.DataType) -> Convert:
    def convert(values: Sequence[object]) -> pa.Array:
        _expect(values, int)
        return pa.array(values, arrow)

    return convert


def _floats(arrow: pa.DataType) -> Convert:
    def convert(values: Sequence[object]) -> pa.Array:
        _expect(values, int, float)
        return pa.array(values, pa.float64()).cast(arrow)

    return convert


def _decimals(arrow: pa.Decimal128Type) -> Convert:
    def convert(values: Sequence[object]) -> pa.Array:
        _expect(values, str, int, Decimal)
        texts = [None if value is None else str(value) for value in values]
        return pa.array(texts, pa.string()).cast(arrow)

    return convert


def _booleans(values: Sequence[object]) -> pa.Array:
    _expect(values, bool)
    return pa.array(values, pa.bool_())


def _dates(values: Sequence[object]) -> pa.Array:
    _expect(values, str)
    return pa.array(values, pa.string()).cast(pa.date32())


def _timestamps(values: Sequence[object]) -> pa.Array:
    _expect(values, int)
    return pa.array(values, pa.int64()).cast(pa.timestamp("us"))


def _strings(values: Sequence[object]) -> pa.Array:
    _expect(values, str)
    return pa.array(values, pa.string())


def _binaries(values: Sequence[object]) -> pa.Array:
    _expect(values, str)
    try:
        return pa.array([None if value is None else base64.b64decode(str(value), validate=True) for value in values], pa.binary())
    except binascii.Error:
        raise ValueMismatchError("text that is not base64") from None


_TYPES: Final = {
    "boolean": LakeType("boolean", BooleanType(), pa.bool_(), pa.bool_(), _booleans),
    "int": LakeType("int", IntegerType(), pa.int32(), pa.int32(), _integers(pa.int32())),
    "bigint": LakeType("bigint", LongType(), pa.int64(), pa.int64(), _integers(pa.int64())),
    "float": LakeType("float", FloatType(), pa.float32(), pa.float64(), _floats(pa.float32())),
    "double": LakeType("double", DoubleType(), pa.float64(), pa.float64(), _floats(pa.float64())),
    "date": LakeType("date", DateType(), pa.date32(), pa.string(), _dates),
    "timestamp": LakeType("timestamp", TimestampType(), pa.timestamp("us"), pa.int64(), _timestamps),
    "string": LakeType("string", StringType(), pa.string(), pa.string(), _strings),
    "binary": LakeType("binary", BinaryType(), pa.binary(), pa.string(), _binaries),
}
