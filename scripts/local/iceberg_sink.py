"""Iceberg tables on disk, written as Firehose writes them: insert, update and delete by unique keys, many rows in one commit.

Firehose writes delete files beside the data (merge on read); PyIceberg cannot, so a touched data file is written anew (copy on write). The
rows that a query sees are the same. Keys are matched in Arrow: PyIceberg's `upsert` and its row filters cost more, and with composite keys
more than in proportion to their number.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.expressions import AlwaysTrue, And, BooleanExpression, GreaterThanOrEqual, LessThanOrEqual, Reference
from pyiceberg.expressions.literals import literal
from pyiceberg.io.pyarrow import ArrowScan, _dataframe_to_data_files
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.types import NestedField

from scripts.local.evolution import Declared, Growth, grown_columns
from scripts.local.lake_types import lake_type
from scripts.local.records import SourcePosition
from scripts.local.row_table import OPERATION, SEQUENCE, row_table

POSITION_PROPERTY: Final = "moulin.position"
"""Table property with the source position up to which all records of the table are dealt with."""
REPLAYED_PROPERTY: Final = "moulin.replayed"
"""Table property with the error objects of the last replay that reached the table."""

SCHEMA_MISMATCH: Final = "Iceberg.SchemaTypeMismatch"
NO_KEYS: Final = "Iceberg.UniqueKeysNotFound"
UNKNOWN_OPERATION: Final = "Iceberg.InvalidOperation"

_OPERATIONS = ("insert", "update", "delete")
_INSERT, _UPDATE = 0, 1
_LAST = "__last"
_FILE_ROWS, _FILE_BYTES = 100_000, 67_108_864
"""The most that a data file gets, as it is in memory: a commit holds each file that it touches, one at a time. Smaller ones are written
together with the new rows, so that many commits do not leave many files."""
_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    "commit.retry.num-retries": "0",  # scripts/local/commits.py repeats a commit as a whole
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "20",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "5",
}


@dataclass(frozen=True)
class SinkTable:
    """A destination table as it was synthesised.

    Attributes:
        database: Glue database.
        name: the table in it.
        columns: name and Glue type, in order.
        unique_keys: of the delivery stream's destination; empty for append only.
        evolves: members of a row that are no column become one.
        source: `schema.table`, whose columns those are.
    """

    database: str
    name: str
    columns: tuple[tuple[str, str], ...]
    unique_keys: tuple[str, ...]
    evolves: bool = False
    source: str = ""

    @property
    def label(self) -> str:
        """`database.table`."""
        return f"{self.database}.{self.name}"


class SinkRow(NamedTuple):
    """A row that the transform function delivered.

    Attributes:
        data: flat JSON object, UTF-8.
        operation: insert, update or delete.
    """

    data: bytes
    operation: str


@dataclass(frozen=True)
class Rejected:
    """A row that Firehose would not write.

    Attributes:
        index: its place among the rows given.
        code: error code.
        message: why, without the value.
    """

    index: int
    code: str
    message: str


@dataclass(frozen=True)
class Staged:
    """Rows checked against their table, in memory.

    Attributes:
        rows: those that fit, with their place and operation.
        rejected: those that do not.
    """

    rows: pa.Table
    rejected: tuple[Rejected, ...]

    @property
    def applied(self) -> Counter[str]:
        """Rows that fit, by operation."""
        return Counter({_OPERATIONS[item["values"].as_py()]: item["counts"].as_py() for item in pc.value_counts(self.rows[OPERATION])})


@dataclass(frozen=True)
class _Merged:
    """One commit: rows to add, and the keys whose earlier rows go (None when nothing is updated or deleted)."""

    rows: pa.Table
    keys: pa.Table | None


class TableChangedError(ValueError):
    """The table on disk is not the one that was synthesised."""


class Warehouse:
    """Iceberg tables below a folder, with a catalog in SQLite.

    Args:
        directory: made when it is not there.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        folder = directory.resolve()
        # Arrow's own allocator and each thread of PyIceberg keep what they once held: with these, half the memory after some commits.
        pa.set_memory_pool(pa.system_memory_pool())
        os.environ.setdefault("PYICEBERG_MAX_WORKERS", "1")
        # One connection used from one thread at a time; the default pool would keep the file open in every thread.
        self.catalog = SqlCatalog("local", uri=f"sqlite:///{folder / 'catalog.db'}", warehouse=folder.as_uri())

    def open(self, table: SinkTable, declared: Declared = lambda _: None) -> IcebergTable:
        """The table, created from its synthesised columns where it does not exist.

        Args:
            table: its definition.
            declared: asked what the source says of a column by which the table is about to grow.
        """
        return IcebergTable(table, self._load(table), declared)

    def find(self, table: SinkTable) -> Table | None:
        """The Iceberg table; None where it does not exist."""
        try:
            return self.catalog.load_table((table.database, table.name))
        except NoSuchTableError:
            return None

    def close(self) -> None:
        """Lets go of the catalog's file."""
        self.catalog.close()

    def _load(self, table: SinkTable) -> Table:
        found = self.find(table)
        if found is not None:
            return found
        self.catalog.create_namespace_if_not_exists(table.database)
        fields = [
            NestedField(number, name, lake_type(glue).iceberg, required=False) for number, (name, glue) in enumerate(table.columns, 1)
        ]
        return self.catalog.create_table((table.database, table.name), Schema(*fields), properties=_PROPERTIES)


class IcebergTable:
    """One table that rows are written to.

    Args:
        table: its definition.
        iceberg: the table itself.
        declared: what the source says of its columns.
    """

    def __init__(self, table: SinkTable, iceberg: Table, declared: Declared = lambda _: None) -> None:
        self.definition = table
        self.iceberg = iceberg
        held = [(column.name, column.field_type) for column in iceberg.schema().fields]
        columns = {name: lake_type(glue) for name, glue in table.columns}
        grown = grown_columns(iceberg)
        unlisted = {name: column for name, column in grown.items() if name not in columns}
        types = columns | {name: column.lake_type for name, column in unlisted.items()}
        self._columns = {name: types[name] for name, _ in held if name in types}
        self._growth = Growth(self._columns, grown, listed=tuple(columns), declared=declared)
        in_order = [name for name in self._columns if name not in grown] == [name for name in columns if name not in grown]
        if held != [(name, column.iceberg) for name, column in self._columns.items()] or not in_order:
            there = ", ".join(f"{name} {kind}" for name, kind in held)
            raise TableChangedError(f"{table.label} has other columns than were synthesised: {there} (start anew with --fresh)")
        unknown = [key for key in table.unique_keys if key not in self._columns]
        if unknown:
            raise ValueError(f"{table.label}: unique key {unknown[0]} is not a column (columns: {', '.join(self._columns)})")

    @property
    def position(self) -> SourcePosition | None:
        """Where the source was when the last commit was made; None before the first."""
        text = self.iceberg.properties.get(POSITION_PROPERTY)
        return None if text is None else SourcePosition.parse(text)

    @property
    def replayed(self) -> frozenset[str]:
        """Error objects whose records the last replay wrote."""
        text = self.iceberg.properties.get(REPLAYED_PROPERTY, "")
        return frozenset(filter(None, text.split("\n")))

    def stage(self, rows: Sequence[SinkRow], *, first: int = 0) -> Staged:
        """Checks rows and brings them into memory in the table's types. Writes nothing.

        Args:
            rows: in the order in which they came.
            first: place of the first of them among the rows of its commit.
        """
        rejected: list[Rejected] = []
        good: list[int] = []
        keys = self.definition.unique_keys
        for index, row in enumerate(rows):
            if row.operation not in _OPERATIONS:
                rejected.append(Rejected(index, UNKNOWN_OPERATION, f"operation {row.operation!r} is not one of {', '.join(_OPERATIONS)}"))
            elif row.operation != "insert" and not keys:
                rejected.append(Rejected(index, NO_KEYS, f"{row.operation} needs unique keys, and the destination has none"))
            else:
                good.append(index)
        data = [rows[index].data for index in good]
        if self.definition.evolves:
            data, refused = self._growth.settle(data)
            rejected += [Rejected(good[place], SCHEMA_MISMATCH, reason) for place, reason in refused.items()]
            good = [index for place, index in enumerate(good) if place not in refused]
        table, misfits = row_table(data, self._columns, keys)
        rejected += [Rejected(good[misfit.index], SCHEMA_MISMATCH, misfit.reason) for misfit in misfits]
        operations = pa.array([_OPERATIONS.index(rows[index].operation) for index in good], pa.int8())
        places = table[SEQUENCE]
        table = table.drop_columns([SEQUENCE]).append_column(SEQUENCE, pc.add(places, pa.scalar(first, pa.int64())))
        table = table.append_column(OPERATION, operations.take(places.combine_chunks()))
        return Staged(table, tuple(sorted(rejected, key=lambda one: one.index)))

    def commit(self, staged: Sequence[Staged], position: SourcePosition | None, *, replayed: Sequence[str] = ()) -> None:
        """Writes rows, position and new columns in one Iceberg commit: after a crash all are there or none is.

        Rows count in the order of their places: per key the last update or delete decides, inserts after it are added.

        Args:
            staged: what to write; may be nothing.
            position: the source up to which all records of this table are dealt with; None leaves it as it is (a replay).
            replayed: error objects that these rows came from.
        """
        properties = {} if position is None else {POSITION_PROPERTY: str(position)}
        if replayed:
            properties[REPLAYED_PROPERTY] = "\n".join(replayed)
        with self.iceberg.transaction() as transaction:
            properties |= self._growth.write(transaction)
            if staged:
                self._write(transaction, self._merge(pa.concat_tables([self._growth.align(part.rows) for part in staged])))
            transaction.set_properties(properties)
        self._growth.written()
        pa.default_memory_pool().release_unused()  # else the memory of a commit is held in pieces that the next one does not fit into

    def _merge(self, rows: pa.Table) -> _Merged:
        """What remains of the rows, and the keys whose earlier rows go.

        Of each key the last update or delete wins over all before it; inserts that come later are added beside it, as appends are.
        """
        plain = rows.drop_columns([SEQUENCE, OPERATION])
        changed = pc.not_equal(rows[OPERATION], _INSERT)
        if not pc.any(changed).as_py():
            return _Merged(plain, None)
        keys = list(self.definition.unique_keys)
        marked = rows.select([*keys, SEQUENCE, OPERATION])
        last = marked.filter(changed).group_by(keys, use_threads=False).aggregate([(SEQUENCE, "max")]).rename_columns([*keys, _LAST])
        joined = marked.join(last, keys, join_type="left outer")
        is_last = pc.and_(pc.equal(joined[OPERATION], _UPDATE), pc.equal(joined[SEQUENCE], joined[_LAST]))
        is_later = pc.or_kleene(pc.is_null(joined[_LAST]), pc.greater(joined[SEQUENCE], joined[_LAST]))
        survivors = joined.filter(pc.or_kleene(is_last, pc.and_kleene(pc.equal(joined[OPERATION], _INSERT), is_later)))[SEQUENCE]
        return _Merged(plain.filter(pc.is_in(rows[SEQUENCE], value_set=survivors.combine_chunks())), last.select(keys))

    def _write(self, transaction: Transaction, merged: _Merged) -> None:
        rows = merged.rows
        replaced: list[DataFile] = []
        metadata = transaction.table_metadata  # with the columns that it has just grown by; each look at it builds it anew
        written: list[DataFile] = []
        for data_file, remaining in self._touched_files(merged.keys, metadata.schema()):
            replaced.append(data_file)
            if _file_rows(both := pa.concat_tables([remaining, rows])) >= len(both):
                rows = both
            else:
                rows, large = sorted((remaining, rows), key=len)
                written += self._new_files(metadata, large)
        written += self._new_files(metadata, rows)
        if not written and not replaced:
            return
        update = transaction.update_snapshot()
        with update.overwrite() if replaced else update.merge_append() as snapshot:
            for data_file in replaced:
                snapshot.delete_data_file(data_file)
            for new_file in written:
                snapshot.append_data_file(new_file)

    def _new_files(self, metadata: TableMetadata, rows: pa.Table) -> list[DataFile]:
        step = _file_rows(rows)
        parts = [rows.slice(start, step) for start in range(0, len(rows), step)]
        return [data_file for part in parts for data_file in _dataframe_to_data_files(metadata, part, self.iceberg.io)]

    def _touched_files(self, keys: pa.Table | None, schema: Schema) -> Iterator[tuple[DataFile, pa.Table]]:
        """Every data file that holds one of the keys, with its other rows as of a schema. One file at a time is in memory."""
        if keys is None or not len(keys):
            return
        key_schema = schema.select(*keys.column_names)
        for task in self.iceberg.scan(row_filter=_range_of(keys)).plan_files():
            goes = _matches(self._read(task, key_schema), keys)
            if goes is not None:
                yield task.file, self._read(task, schema).filter(pc.invert(goes))

    def _read(self, task: FileScanTask, schema: Schema) -> pa.Table:
        table = ArrowScan(self.iceberg.metadata, self.iceberg.io, schema, AlwaysTrue()).to_table([task])
        arrow = pa.schema([(column.name, self._columns[column.name].arrow) for column in schema.fields])
        return table.select(arrow.names).cast(arrow)


def _matches(held: pa.Table, keys: pa.Table) -> pa.Array | None:
    """Which rows have one of the keys; None when no row has.

    The first column alone rules most rows out, faster than a join could; what is left of a composite key is joined.
    """
    first = keys.column_names[0]
    found = pc.is_in(held[first], value_set=keys[first].combine_chunks())
    if keys.num_columns > 1:
        places = pc.indices_nonzero(found).cast(pa.int64())
        candidates = held.take(places).append_column(SEQUENCE, places)
        matched = candidates.join(keys, keys.column_names, join_type="left semi")[SEQUENCE]
        found = pc.is_in(pa.arange(0, len(held)), value_set=matched.combine_chunks())
    return found if pc.any(found).as_py() else None


def _file_rows(rows: pa.Table) -> int:
    """How many of these rows a data file gets at most."""
    of_bytes: int = _FILE_BYTES * len(rows) // max(1, rows.nbytes)
    return max(1, min(_FILE_ROWS, of_bytes))


def _range_of(keys: pa.Table) -> BooleanExpression:
    """A filter on the smallest and largest value of each key: lets the scan skip files whose statistics lie outside."""
    expression: BooleanExpression = AlwaysTrue()
    for name in keys.column_names:
        kind = keys.schema.field(name).type
        if pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_decimal(kind):
            ends = pc.min_max(keys[name]).as_py()
            above = GreaterThanOrEqual(term=Reference(name), value=literal(ends["min"]))
            below = LessThanOrEqual(term=Reference(name), value=literal(ends["max"]))
            expression = And(expression, And(above, below))
    return expression
