"""Which tables a run is about, before anything is known of the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from constructs_lib.config.load import load_lake
from constructs_lib.config.source_table import source_label
from scripts.quoting import mysql_name, mysql_names, mysql_table
from scripts.seed import retail
from scripts.seed.catalog import Query, read_table
from scripts.seed.errors import UsageError
from scripts.seed.keys import CAPACITY, KeySample
from scripts.seed.lake_tables import choose_tables, source_tables
from scripts.seed.model import Column, ForeignKey, Key, Table, Value
from scripts.seed.options import SeedOptions
from scripts.seed.sql import quoted_table

_PARENT_KEYS = 10_000


@dataclass(frozen=True)
class Wanted:
    """A table by name, and what it looks like where that is known without a server."""

    schema: str
    name: str
    known: Table | None

    @property
    def label(self) -> str:
        """`schema.table`."""
        return source_label(self.schema, self.name)

    def read(self, query: Query) -> Table:
        """The table as the server has it."""
        return read_table(query, self.schema, self.name, self.known.keys if self.known else ())


def wanted_tables(options: SeedOptions) -> list[Wanted]:
    """The tables that the options name: of the lake file, else the built-in one, else one to be read from the server.

    Raises:
        LakeFileError: the lake file cannot be used.
        UsageError: `--table` names no table of it.
    """
    if options.lake is not None:
        tables = source_tables(choose_tables(load_lake(options.lake), options.tables))
        return [Wanted(table.schema, table.name, table) for table in tables]
    schema = options.database or retail.SCHEMA
    name = options.tables[0] if options.tables else retail.NAME
    if not schema or not name or len(schema) > 64 or len(name) > 64:
        raise UsageError("--database and --table must be 1 to 64 characters long")
    built_in = name == retail.NAME or options.create_table
    return [Wanted(schema, name, retail.retail_table(schema, name) if built_in else None)]


def read_keys(query: Query, table: Table) -> Sequence[Key]:
    """Keys of rows that the table holds: the first ones, up to what a sample remembers."""
    if not table.keys:
        return []
    columns = mysql_names(table.keys)
    rows = query(f"SELECT {columns} FROM {quoted_table(table)} ORDER BY {columns} LIMIT {CAPACITY}", ())  # noqa: S608 - quoted names
    return _as_written(rows, [table.column(name) for name in table.keys])


def read_parent_keys(query: Query, table: Table, foreign_key: ForeignKey) -> Sequence[Key]:
    """Values that a reference may have, out of a parent table that this run does not write."""
    parent = mysql_table(foreign_key.parent_schema, foreign_key.parent_table)
    there = " AND ".join(f"{mysql_name(column)} IS NOT NULL" for column in foreign_key.parent_columns)
    text = f"SELECT DISTINCT {mysql_names(foreign_key.parent_columns)} FROM {parent} WHERE {there} LIMIT {_PARENT_KEYS}"  # noqa: S608
    return _as_written(query(text, ()), [table.column(name) for name in foreign_key.columns])


class HeldByServer:
    """What a table on the server holds.

    Args:
        query: runs a query.
        table: the table.
    """

    def __init__(self, query: Query, table: Table) -> None:
        self._query = query
        self._table = table

    def highest(self, column: str) -> Value:
        """The highest value of a column."""
        value: Value = self._only(f"MAX({mysql_name(column)})")
        return value

    def count(self) -> int:
        """Number of rows."""
        return int(self._only("COUNT(*)"))

    def _only(self, expression: str) -> Any:
        return self._query(f"SELECT {expression} FROM {quoted_table(self._table)}", ())[0][0]  # noqa: S608 - quoted names


def sample_of(keys: Sequence[Key], sample: KeySample) -> KeySample:
    """The sample, with the keys in it."""
    sample.add(keys)
    return sample


def _as_written(rows: Sequence[tuple[object, ...]], columns: Sequence[Column]) -> list[Key]:
    """Values in the form in which a statement compares them: the driver reads a BIT as bytes and a TIME as a duration."""
    return [tuple(_plain(value, column) for value, column in zip(row, columns, strict=True)) for row in rows]


def _plain(value: object, column: Column) -> Value:
    if isinstance(value, bytes) and column.data_type == "bit":
        return int.from_bytes(value)
    if isinstance(value, timedelta):
        sign, micros = ("-", -value // timedelta(microseconds=1)) if value < timedelta() else ("", value // timedelta(microseconds=1))
        seconds, rest = divmod(micros, 1_000_000)
        return f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:06d}"
    return value  # type: ignore[return-value]  # what the driver reads it also writes
