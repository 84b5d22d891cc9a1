"""Tables as the server has them, read from `information_schema`: real types, lengths, defaults, unique indexes and references."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from scripts.seed.errors import UsageError, nearest
from scripts.seed.model import TEXT_TYPES, Column, ForeignKey, Table

Query = Callable[[str, tuple[str, ...]], Sequence[tuple[Any, ...]]]
"""Runs a query with its values and returns the rows."""

_COLUMNS = """
SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, COLUMN_DEFAULT, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, NUMERIC_SCALE,
       DATETIME_PRECISION, CHARACTER_SET_NAME, EXTRA
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s ORDER BY ORDINAL_POSITION
"""
_INDEXES = """
SELECT INDEX_NAME, COLUMN_NAME, SUB_PART
FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX
"""
_REFERENCES = """
SELECT CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME
FROM information_schema.KEY_COLUMN_USAGE
WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND REFERENCED_TABLE_NAME IS NOT NULL ORDER BY CONSTRAINT_NAME, ORDINAL_POSITION
"""
_TABLES = "SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s"
_TABLE = f"{_TABLES} AND TABLE_NAME = %s"
_MARIADB_CHECKS = "SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = %s AND TABLE_NAME = %s"
_JSON_CHECK = re.compile(r"^json_valid\(`((?:[^`]|``)+)`\)$", re.IGNORECASE)


def table_exists(query: Query, schema: str, name: str) -> bool:
    """Whether the server has the table; names are compared exactly."""
    return any(row[0] == name for row in query(_TABLE, (schema, name)))


def schema_exists(query: Query, schema: str) -> bool:
    """Whether the server has the database, and this user may see it."""
    return bool(query("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", (schema,)))


def read_table(query: Query, schema: str, name: str, lake_keys: tuple[str, ...] = ()) -> Table:
    """Reads a table.

    Args:
        query: runs a query.
        schema: the MySQL database.
        name: the table.
        lake_keys: the lake file's keys, for a table without a primary key or unique columns of its own.

    Raises:
        UsageError: no such database or table, with the nearest name; or it is a view.
    """
    _check_exists(query, schema, name)
    here = (schema, name)
    json_columns = _json_columns(query, here)
    columns = tuple(_column(row, str(row[0]) in json_columns) for row in query(_COLUMNS, here))
    indexes = _unique_indexes(query, here)
    nullable = {column.name for column in columns if column.nullable}
    known = {column.name for column in columns}
    candidates = [index for index in indexes.values() if not nullable.intersection(index)]
    keys = indexes.get("PRIMARY") or next(iter(candidates), ()) or (lake_keys if known.issuperset(lake_keys) else ())
    return Table(schema, name, columns, keys=keys, unique=tuple(indexes.values()), foreign_keys=_foreign_keys(query, here))


def _check_exists(query: Query, schema: str, name: str) -> None:
    kinds = {str(row[0]): str(row[1]) for row in query(_TABLE, (schema, name))}
    if name not in kinds:  # only now all names are read: of many tables each would read them all
        tables = [str(row[0]) for row in query(_TABLES, (schema,))]
        if not tables and not schema_exists(query, schema):
            schemas = (str(row[0]) for row in query("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA", ()))
            raise UsageError(
                f"database {schema} does not exist, or this user may not see it: {nearest(schema, schemas)}; --create-table makes it"
            )
        hint = nearest(name, tables)
        raise UsageError(f"table {schema}.{name} does not exist, or this user may not see it: {hint}; --create-table makes it")
    if "VIEW" in kinds[name]:
        raise UsageError(f"{schema}.{name} is a view: name the table below it")


def _column(row: tuple[Any, ...], is_json: bool) -> Column:
    name, data_type, column_type, nullable, default, characters, precision, scale, fraction, charset, extra = row
    data_type, column_type, extra = str(data_type).lower(), str(column_type), str(extra or "").upper()
    computed = "VIRTUAL GENERATED" in extra or "STORED GENERATED" in extra or "PERSISTENT" in extra
    return Column(
        str(name),
        data_type,
        column_type,
        nullable=nullable == "YES",
        length=_length(data_type, characters, precision),
        precision=10 if precision is None else int(precision),
        scale=int(scale or 0),
        fraction=int(fraction or 0),
        charset=None if charset is None else str(charset),
        default=None if default in (None, "NULL") else str(default),
        auto_increment="AUTO_INCREMENT" in extra,
        server_side=computed or "ON UPDATE" in extra,
        json=is_json or data_type == "json",
    )


def _length(data_type: str, characters: object, precision: object) -> int | None:
    length = precision if data_type == "bit" else characters
    return None if length is None else int(str(length))


def _unique_indexes(query: Query, here: tuple[str, str]) -> dict[str, tuple[str, ...]]:
    indexes: dict[str, list[Any]] = {}
    for name, column, _ in query(_INDEXES, here):
        indexes.setdefault(str(name), []).append(column)
    return {name: tuple(columns) for name, columns in indexes.items() if None not in columns}  # None: an expression, not a column


def _foreign_keys(query: Query, here: tuple[str, str]) -> tuple[ForeignKey, ...]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for name, *parts in query(_REFERENCES, here):
        found.setdefault(str(name), []).append(tuple(map(str, parts)))
    return tuple(
        ForeignKey(tuple(part[0] for part in parts), parts[0][1], parts[0][2], tuple(part[3] for part in parts)) for parts in found.values()
    )


def _json_columns(query: Query, here: tuple[str, str]) -> set[str]:
    """Columns that MariaDB checks for JSON; MySQL has a type for it."""
    if "MariaDB" not in str(query("SELECT VERSION()", ())[0][0]):
        return set()
    matches = (_JSON_CHECK.match(str(row[0])) for row in query(_MARIADB_CHECKS, here))
    return {match[1].replace("``", "`") for match in matches if match}


def listed_values(column: Column) -> list[str]:
    """The values of an ENUM or SET, out of `enum('a','it''s')`."""
    return [text.replace("''", "'").replace("\\\\", "\\") for text in re.findall(r"'((?:[^']|'')*)'", column.column_type)]


def holds_text(column: Column) -> bool:
    """Whether values of the column are text with a character set."""
    return column.data_type in TEXT_TYPES or column.data_type in ("enum", "set")
