"""Iceberg tables that grow: a member of a row that is no column of its table becomes one (`unknown_columns: evolve`).

The function sends such a member as the source sent it, because nobody configured a type. Here it gets one, and from then on its values are
written by the function's own encoder of that type: the same bytes as when the lake file lists the column.

| the source declares the type (binlog and catalog) | that one, see `declared.py` |
|---|---|
| otherwise true, false | boolean |
| a number without fraction and exponent | long, else decimal(38,0), else string: the first that holds it |
| another number | double if that is exactly the number, else string |
| text | string |
| null | none yet: the column waits for a value |

A column that grew widens as Iceberg allows: int to long, float to double, a decimal to more digits before its point. A value that fits none
of it fails its row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Final

import pyarrow as pa
from pyiceberg.table import Table, Transaction

from constructs_lib.config.column_types import parse_column_type
from functions.firehose_transform.message import JsonValue, Number, parse
from functions.firehose_transform.outcome import Reason, RecordError
from functions.firehose_transform.values import decimal_parameters, encoder_for
from scripts.local.lake_types import LakeType, lake_type
from scripts.local.row_table import OPERATION, SEQUENCE

EVOLVED_PROPERTY: Final = "moulin.evolved"
"""Table property with the columns that the table grew by."""

_INTEGER = re.compile("-?[0-9]+")
_MAX_DIGITS = 38
_OURS = frozenset({SEQUENCE, OPERATION, "__last", "__position", "__latest"})

Declared = Callable[[str], tuple[str, str] | None]
"""The source column that the lake calls so, and its type as a lake file writes it."""


@dataclass(frozen=True)
class GrownColumn:
    """A column that the lake file did not list when it came.

    Attributes:
        name: in the lake.
        type: as a lake file writes it.
        source: name of the column in the source.
    """

    name: str
    type: str
    source: str

    @property
    def glue(self) -> str:
        """Glue's name of the type."""
        return str(parse_column_type(self.type).glue)

    @property
    def lake_type(self) -> LakeType:
        """The type, ready to use."""
        return lake_type(self.glue)


def grown_columns(iceberg: Table) -> dict[str, GrownColumn]:
    """What a table grew by, by name; those included that the lake file lists by now."""
    return {item["name"]: GrownColumn(**item) for item in json.loads(iceberg.properties.get(EVOLVED_PROPERTY, "[]"))}


class Growth:
    """How one table grows.

    Args:
        columns: of the table in its order. Grows in place, ahead of the commit that adds them.
        grown: what it grew by, those included that the lake file lists by now.
        listed: columns of the lake file: what the function sends for them has their form already.
        declared: asked for the type of a new column.
    """

    def __init__(
        self, columns: dict[str, LakeType], grown: Mapping[str, GrownColumn], *, listed: Sequence[str], declared: Declared
    ) -> None:
        self.columns = columns
        self._grown = dict(grown)
        self._listed = frozenset(listed)
        self._declared = declared
        self._changed: set[str] = set()

    def settle(self, rows: Sequence[bytes]) -> tuple[list[bytes], dict[int, str]]:
        """Rows with every value in the form of its column, the table grown where that takes it; and why others cannot be written, by place.

        Args:
            rows: as the function sent them.
        """
        settled: list[bytes] = []
        refused: dict[int, str] = {}
        for place, data in enumerate(rows):
            try:
                row = json.loads(data)
            except ValueError:
                row = None
            if not isinstance(row, dict) or row.keys() <= self._listed:
                settled.append(data)
                continue
            try:
                settled.append(self._settled(row, parse(data.decode())))
            except _MisfitError as misfit:
                refused[place] = str(misfit)
        return settled, refused

    def write(self, transaction: Transaction) -> dict[str, str]:
        """Adds what the next commit adds, in the commit itself; returns the properties that remember it."""
        if not self._changed:
            return {}
        held = {field.name for field in transaction.table_metadata.schema().fields}
        with transaction.update_schema() as update:
            for name in (name for name in self.columns if name in self._changed):
                if name in held:
                    update.update_column(name, field_type=self.columns[name].iceberg)
                else:
                    update.add_column(name, self.columns[name].iceberg)
        return {EVOLVED_PROPERTY: json.dumps([asdict(column) for column in self._grown.values()])}

    def written(self) -> None:
        """The commit is made."""
        self._changed.clear()

    def align(self, rows: pa.Table) -> pa.Table:
        """Rows with the columns that the table has by now: those staged before it grew have fewer."""
        wanted = pa.schema([*((name, kind.arrow) for name, kind in self.columns.items()), (SEQUENCE, pa.int64()), (OPERATION, pa.int8())])
        if rows.schema.equals(wanted):
            return rows
        present = set(rows.column_names)
        return pa.table(
            [rows[field.name].cast(field.type) if field.name in present else pa.nulls(len(rows), field.type) for field in wanted],
            schema=wanted,
        )

    def _settled(self, row: dict[str, object], exact: Mapping[str, JsonValue]) -> bytes:
        for name in [name for name in row if name not in self._listed]:
            value = exact[name]
            if value is not None:
                row[name] = json.loads(self._encoded(name, value))
        return json.dumps(row).encode()

    def _encoded(self, name: str, value: JsonValue) -> str:
        """A value as its column takes it.

        Raises:
            _MisfitError: it does not fit, whatever Iceberg allows the column to become.
        """
        if name in _OURS:
            raise _MisfitError(f"column {name}: the local lake uses this name itself")
        declared = self._declared(name)
        column = self._grown.get(name)
        if column is None:
            kinds = ([] if declared is None else [declared[1]]) + derived_types(value)
            source = name if declared is None else declared[0]
        else:
            kinds = widened_types(column.type, declared and declared[1], value)
            source = column.source
        reason = Reason.INVALID_VALUE
        for kind in kinds:
            try:
                encoded = encode(kind, value)
            except RecordError as error:
                reason = error.reason
                continue
            if column is None or kind != column.type:
                self._grown[name] = grown = GrownColumn(name, kind, source)
                self.columns[name] = grown.lake_type
                self._changed.add(name)
            return encoded
        raise _MisfitError(f"column {name}: a value does not fit {kinds[0]}, which the table grew by ({reason.value})")


class _MisfitError(ValueError):
    """A row cannot be written."""


def encode(kind: str, value: JsonValue) -> str:
    """The JSON of a value as the function writes it for a type.

    Raises:
        RecordError: it does not fit. A double must be the number exactly: of a type that was guessed, digits would be lost unseen.
    """
    encoded = encoder_for(kind)(value)
    if kind == "double" and isinstance(value, str) and Decimal(value) != Decimal(repr(float(value))):
        raise RecordError(Reason.DIGITS_LOST)
    return encoded


def derived_types(value: JsonValue) -> list[str]:
    """What a column may be whose first value this is, the closest first."""
    if isinstance(value, bool):
        return ["boolean"]
    if not isinstance(value, Number):
        return ["string"]
    return ["long", f"decimal({_MAX_DIGITS},0)", "string"] if _INTEGER.fullmatch(value) else ["double", "string"]


def widened_types(held: str, declared: str | None, value: JsonValue) -> list[str]:
    """What a column of a type may become for a value to fit: what the source declares, if Iceberg allows it, else as little as possible."""
    kinds = [held]
    if declared is not None and is_widening(held, declared):
        kinds.insert(0, declared)
    if held == "int":
        kinds.append("long")
    parameters = decimal_parameters(held)
    if parameters is not None and isinstance(value, Number):
        digits = Decimal(value).adjusted() + 1 + parameters[1]
        wider = f"decimal({digits},{parameters[1]})"
        if digits <= _MAX_DIGITS and is_widening(held, wider):
            kinds.append(wider)
    return kinds


def is_widening(held: str, wanted: str) -> bool:
    """Whether Iceberg lets a column of one type become another without writing its files anew."""
    if (held, wanted) in (("int", "long"), ("float", "double")):
        return True
    before, after = decimal_parameters(held), decimal_parameters(wanted)
    return before is not None and after is not None and before[1] == after[1] and before[0] < after[0]
