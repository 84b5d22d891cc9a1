"""The two sides that a local lake compares: a MySQL or MariaDB server, and Iceberg tables on disk.

The source is read by SQL and brought into the lake's types here, by other code than the reader's and the transform function's: a mistake
that both sides shared would not be seen.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pymysql
from pymysql.cursors import SSCursor

from scripts.local.canonical import canonical_array, canonical_table, fingerprints
from scripts.local.compare import ComparedColumn, ComparedTable, Key, Texts
from scripts.local.iceberg_sink import SinkTable, TableChangedError, Warehouse
from scripts.local.lake_types import lake_type
from scripts.quoting import mysql_name, sql_name
from scripts.seed.errors import SeedError, server_words
from scripts.seed.model import Column, Table
from scripts.seed.sql import quoted_table

_CHUNK = 10_000

Raw = str | bytes | None
ReadTable = Callable[[str, str], Table | None]
"""A source table by schema and name; None where there is none."""


class SourceSide:
    """A MySQL or MariaDB server, in one snapshot.

    Args:
        connection: opened without decoders, so that values come as the server writes them, with the session in UTC.
        read_table: describes a table of it.
        hash_key: of hashed columns.
    """

    def __init__(self, connection: pymysql.Connection, read_table: ReadTable, *, hash_key: bytes) -> None:
        self._connection = connection
        self._read_table = read_table
        self._hash_key = hash_key
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")

    def fingerprints(self, table: ComparedTable) -> Iterator[pa.Table]:
        """Every row's key and hash."""
        for texts in self._texts(table):
            yield fingerprints(texts, _key_names(table))

    def rows(self, table: ComparedTable, keys: Sequence[Key]) -> dict[Key, Texts]:
        """The rows of some keys."""
        return _pick(self._texts(table), table, keys)

    def missing(self, table: ComparedTable) -> tuple[str, ...]:
        """What the table or its columns are called that the source does not have."""
        described = self._read_table(table.schema, table.table)
        if described is None:
            return (f"table {table.source}",)
        known = {column.name for column in described.columns}
        return tuple(f"column {column.source}" for column in table.columns if column.source not in known)

    def _texts(self, table: ComparedTable) -> Iterator[pa.Table]:
        described = self._read_table(table.schema, table.table)
        if described is None:
            return
        known = {column.name: column for column in described.columns}
        columns = [known.get(column.source) for column in table.columns]
        names = ", ".join("NULL" if column is None else _selected(column) for column in columns)
        with _naming(table), self._connection.cursor(SSCursor) as cursor:
            cursor.execute(f"SELECT {names} FROM {quoted_table(described)}")  # noqa: S608 - quoted names
            while rows := cursor.fetchmany(_CHUNK):
                values: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
                yield pa.table(
                    {
                        compared.name: self._canonical(compared, column, content)
                        for compared, column, content in zip(table.columns, columns, values, strict=True)
                    }
                )

    def _canonical(self, compared: ComparedColumn, column: Column | None, values: Sequence[Raw]) -> pa.ChunkedArray:
        if column is None:
            return pa.chunked_array([pa.nulls(len(values), pa.string())])
        if compared.hashed:
            texts = [_as_string(value, column) for value in values]
            hashes = [None if text is None else hmac.new(self._hash_key, text.encode(), hashlib.sha256).hexdigest() for text in texts]
            return pa.chunked_array([pa.array(hashes, pa.string())])
        try:
            return canonical_array(_in_lake_type(compared.type, column, values))
        except (ValueError, TypeError, OverflowError):
            return pa.chunked_array([pa.array([_canonical_or_raw(compared.type, column, value) for value in values], pa.string())])


@contextlib.contextmanager
def _naming(table: ComparedTable) -> Iterator[None]:
    """Says of what a server refuses which table it was about.

    Raises:
        SeedError: the source cannot be read.
    """
    try:
        yield
    except pymysql.MySQLError as error:
        raise SeedError(f"{table.source} cannot be read from the source to compare it: {server_words(error)}") from error


class LocalLakeSide:
    """Iceberg tables below a folder; a history is seen through its view.

    Args:
        warehouse: holds them.
        columns: names and Glue types of each table, by database and name.
        engine: runs the views; nothing stays in it.
    """

    def __init__(
        self, warehouse: Warehouse, columns: Callable[[str, str], tuple[tuple[str, str], ...]], engine: duckdb.DuckDBPyConnection
    ) -> None:
        self._warehouse = warehouse
        self._columns = columns
        self._engine = engine

    def fingerprints(self, table: ComparedTable) -> Iterator[pa.Table]:
        """Every row's key and hash."""
        for texts in self._texts(table):
            yield fingerprints(texts, _key_names(table))

    def rows(self, table: ComparedTable, keys: Sequence[Key]) -> dict[Key, Texts]:
        """The rows of some keys; of a key that is there more than once, one."""
        return _pick(self._texts(table), table, keys)

    def _texts(self, table: ComparedTable) -> Iterator[pa.Table]:
        found = self._warehouse.find(SinkTable(table.database, table.target, self._columns(table.database, table.target), ()))
        if found is None:
            return
        names = [column.name for column in table.columns]
        lacks = [name for name in names if name not in found.schema().column_names]
        if lacks:
            raise TableChangedError(
                f"{table.label} has no column {', '.join(lacks)}: the lake file has changed since (run moulin local first)"
            )
        schema = pa.schema([(column.name, lake_type(column.type).arrow) for column in table.columns])
        if table.view_sql is None:
            batches: Iterator[pa.RecordBatch] = iter(found.scan(selected_fields=tuple(names)).to_arrow_batch_reader())
        else:
            held = found.scan().to_arrow()
            batches = iter(current_state(self._engine, table.database, table.target, table.view_sql, held).select(names).to_batches(_CHUNK))
        for batch in batches:
            yield canonical_table(pa.Table.from_batches([batch]).select(names).cast(schema))


def current_state(engine: duckdb.DuckDBPyConnection, database: str, target: str, view_sql: str, held: pa.Table) -> pa.Table:
    """What a view shows: its SQL as deployed, run by DuckDB over the rows of its table."""
    engine.register("held", held)
    engine.execute(f"CREATE SCHEMA {sql_name(database)}")
    try:
        engine.execute(f"CREATE VIEW {sql_name(database)}.{sql_name(target)} AS SELECT * FROM held")  # noqa: S608 - quoted
        return engine.execute(view_sql).to_arrow_table()
    finally:
        engine.execute(f"DROP SCHEMA {sql_name(database)} CASCADE")
        engine.unregister("held")


def _key_names(table: ComparedTable) -> dict[str, str]:
    return {f"k{number}": key for number, key in enumerate(table.keys)}


def _pick(parts: Iterator[pa.Table], table: ComparedTable, keys: Sequence[Key]) -> dict[Key, Texts]:
    wanted = set(keys)
    found: dict[Key, Texts] = {}
    for part in parts:
        held = list(zip(*(part[key].to_pylist() for key in table.keys), strict=True))
        for place, key in enumerate(held):
            if key in wanted:
                found[key] = part.slice(place, 1).to_pylist()[0]
        if len(found) == len(wanted):
            break
    return found


def _selected(column: Column) -> str:
    """A FLOAT is shown with six digits; as a DOUBLE it is exact."""
    return f"{mysql_name(column.name)} + 0e0" if column.data_type == "float" else mysql_name(column.name)


def _in_lake_type(glue: str, column: Column, values: Sequence[Raw]) -> pa.Array:
    arrow = lake_type(glue).arrow
    if pa.types.is_string(arrow):
        return pa.array([_as_string(value, column) for value in values], arrow)
    if pa.types.is_binary(arrow):
        return pa.array([value.encode() if isinstance(value, str) else value for value in values], arrow)
    if pa.types.is_boolean(arrow):
        return pa.array([None if value is None else _number(value) != 0 for value in values], arrow)
    if pa.types.is_date(arrow) or pa.types.is_timestamp(arrow):
        return pa.array([_without_zeros(value) for value in values], pa.string()).cast(arrow)
    if pa.types.is_float32(arrow):
        return pa.array(values, pa.string()).cast(pa.float64()).cast(arrow)
    if column.data_type == "bit":
        return pa.array([None if value is None else _number(value) for value in values], arrow)
    return pa.array(values, pa.string()).cast(arrow)


def _canonical_or_raw(glue: str, column: Column, value: Raw) -> str | None:
    """The canonical text, or a text that no value of the lake has: what the type cannot hold must count as different."""
    try:
        text: str | None = canonical_array(_in_lake_type(glue, column, [value]))[0].as_py()
    except (ValueError, TypeError, OverflowError):
        return f"(not {glue}) {value!r}"
    return text


def _number(value: str | bytes) -> int:
    return int.from_bytes(value) if isinstance(value, bytes) else int(value)


def _without_zeros(value: Raw) -> str | None:
    """MySQL's zero dates are null in the lake: no calendar has them."""
    if value is None:
        return None
    text = value.decode() if isinstance(value, bytes) else value
    return None if text[5:7] == "00" or text[8:10] == "00" else text


def _as_string(value: Raw, column: Column) -> str | None:
    """The text that DMS makes of a value: dates with `T` and `Z`, bytes as hexadecimal digits, all else as the server writes it."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return ("true" if any(value) else "false") if column.data_type == "bit" and column.length == 1 else f"0x{value.hex()}"
    if column.data_type == "date":
        return _without_zeros(value)
    if column.data_type in ("datetime", "timestamp"):
        shown = 0 if column.fraction == 0 else 3 if column.fraction < 6 else 6
        day, _, clock = value.partition(" ")
        seconds, _, fraction = clock.partition(".")
        text = f"{day}T{seconds}" + (f".{fraction.ljust(6, '0')[:shown]}" if shown else "")
        return None if _without_zeros(value) is None else f"{text}Z"
    return value
