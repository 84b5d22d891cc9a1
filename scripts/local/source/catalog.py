"""Tables as the server's catalog has them now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from constructs_lib.config.source_table import source_label
from scripts.local.source.columns import Column, Kind, SourceTable
from scripts.local.source.errors import CaptureError
from scripts.local.source.wire import Session
from scripts.source_checks.catalog import LARGE_OBJECTS, hidden_kind

_SYSTEM = ("information_schema", "mysql", "performance_schema", "sys")
_INTEGERS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
_KINDS = {
    "decimal": Kind.DECIMAL,
    "float": Kind.FLOAT,
    "double": Kind.DOUBLE,
    "bit": Kind.BIT,
    "date": Kind.DATE,
    "datetime": Kind.DATETIME,
    "timestamp": Kind.TIMESTAMP,
    "time": Kind.TIME,
    "year": Kind.YEAR,
    "enum": Kind.ENUM,
    "set": Kind.SET,
    "json": Kind.JSON,
    **dict.fromkeys(("char", "varchar", "tinytext", "text", "mediumtext", "longtext"), Kind.TEXT),
    **dict.fromkeys(("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"), Kind.BYTES),
    **dict.fromkeys(
        ("geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"), Kind.BYTES
    ),
}
_LARGEST = {"tinytext": 255, "tinyblob": 255, "text": 65_535, "blob": 65_535}

_TABLES = "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'"
_COLUMNS = """
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION,
       NUMERIC_SCALE, DATETIME_PRECISION, CHARACTER_SET_NAME, EXTRA
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s {name} ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
_KEYS = """
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME
FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s {name} AND INDEX_NAME = 'PRIMARY' ORDER BY TABLE_NAME, SEQ_IN_INDEX
"""
_CASCADES = """
SELECT UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, CONSTRAINT_SCHEMA, TABLE_NAME
FROM information_schema.REFERENTIAL_CONSTRAINTS
WHERE DELETE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT') OR UPDATE_RULE IN ('CASCADE', 'SET NULL', 'SET DEFAULT')
"""


class Catalog:
    """The server's `information_schema`.

    Args:
        connection: any session with autocommit.
    """

    def __init__(self, connection: Session) -> None:
        self._connection = connection

    def tables(self, wanted: Callable[[str, str], bool]) -> list[SourceTable]:
        """The tables that are wanted, by schema and name. Views are none."""
        names = [(schema, name) for schema, name in self._rows(_TABLES) if schema not in _SYSTEM and wanted(schema, name)]
        found: list[SourceTable] = []
        for schema in sorted({schema for schema, _ in names}):
            chosen = {name for named_schema, name in names if named_schema == schema}
            columns, keys = (self._rows(query.format(name=""), schema) for query in (_COLUMNS, _KEYS))
            found += [table for table in _assembled(columns, keys) if table.name in chosen]
        return sorted(found, key=lambda table: (table.schema, table.name))

    def table(self, schema: str, name: str) -> SourceTable | None:
        """One table; None when there is no such table now."""
        columns, keys = (self._rows(query.format(name="AND TABLE_NAME = %s"), schema, name) for query in (_COLUMNS, _KEYS))
        return next((table for table in _assembled(columns, keys) if table.name == name), None)

    def cascades(self) -> dict[tuple[str, str], set[tuple[str, str]]]:
        """Parent table to the tables whose rows the server changes by itself when a parent row goes or changes its key."""
        children: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        for parent_schema, parent, schema, name in self._rows(_CASCADES):
            children[parent_schema, parent].add((schema, name))
        return children

    def _rows(self, query: str, *values: str) -> Sequence[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(query, values or None)
            rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _assembled(columns: Sequence[tuple[Any, ...]], key_columns: Sequence[tuple[Any, ...]]) -> list[SourceTable]:
    keys: dict[tuple[str, str], list[str]] = defaultdict(list)
    for schema, table, column in key_columns:
        keys[schema, table].append(column)
    rows: dict[tuple[str, str], list[tuple[Any, ...]]] = defaultdict(list)
    for schema, table, *row in columns:
        rows[schema, table].append(tuple(row))
    return [
        SourceTable(
            schema,
            table,
            tuple(_column(source_label(schema, table), row) for row in found),
            tuple(keys[schema, table]),
            frozenset(row[0] for row in found if hidden_kind(str(row[-1] or ""))),
        )
        for (schema, table), found in rows.items()
    ]


def _column(table: str, row: tuple[Any, ...]) -> Column:
    name, data_type, column_type, nullable, characters, precision, scale, fraction, charset, _ = row
    data_type = str(data_type).lower()
    unsigned = "unsigned" in str(column_type) or "zerofill" in str(column_type)
    if data_type in _INTEGERS:
        return Column(name, Kind.INTEGER, length=_INTEGERS[data_type], unsigned=unsigned, nullable=nullable == "YES")
    if data_type not in _KINDS:
        raise CaptureError(f"{table}: column {name} is {column_type}, which Aurora MySQL does not have")
    kind = _KINDS[data_type]
    if kind is Kind.TEXT and charset is None:
        kind = Kind.BYTES
    length = int(precision) if kind is Kind.BIT else _LARGEST.get(data_type) or int(characters or 0)
    return Column(
        name,
        kind,
        length=length if kind in (Kind.BIT, Kind.TEXT, Kind.BYTES, Kind.ENUM, Kind.SET) else 0,
        precision=int(precision) if kind is Kind.DECIMAL else 0,
        scale=int((scale if kind is Kind.DECIMAL else fraction if kind in (Kind.DATETIME, Kind.TIMESTAMP, Kind.TIME) else 0) or 0),
        unsigned=unsigned if kind in (Kind.DECIMAL, Kind.FLOAT, Kind.DOUBLE) else False,
        nullable=nullable == "YES",
        large=data_type in LARGE_OBJECTS,
        fixed=data_type == "binary",
    )
