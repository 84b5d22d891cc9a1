"""Statements: text with places where values go, and the values, which are escaped by their type in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any

from pymysql.converters import escape_string

from scripts.quoting import mysql_name, mysql_names, mysql_table
from scripts.seed.model import Column, Key, Row, Table, Value

SQL_MODE = "STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
"""Set on every connection: a value that does not fit is an error, and backslashes escape, which the rendering of values relies on."""

VALUE = "\0"
"""Stands in a template where a value goes: no name of MySQL's can have it, so that no name is ever taken for a place."""


def _text(value: str) -> str:
    return f"'{value}'" if value.isalnum() else f"'{escape_string(value)}'"


_LITERALS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "NULL",
    int: repr,
    float: lambda value: f"{value!r}e0" if "e" not in repr(value) else repr(value),  # without the exponent it would be a DECIMAL
    Decimal: str,
    str: _text,
    bytes: lambda value: f"_binary X'{value.hex()}'",
    datetime: lambda value: f"'{value.isoformat(' ')}'",
    date: lambda value: f"'{value.isoformat()}'",
}
"""Type of a value to what makes SQL of it. The driver's own escaping gives the same, several times slower; another type is an error."""


@dataclass(frozen=True)
class Statement:
    """SQL and its values.

    Attributes:
        template: the text, with `VALUE` for each value.
        values: one per place.
        rows: how many rows it writes.
        into: the table that it inserts into.
    """

    template: str
    values: tuple[Value, ...] = ()
    rows: int = 1
    into: str = ""

    @property
    def text(self) -> str:
        """The statement with its values in it: what is sent, and what a dry run prints."""
        literals = [_LITERALS[type(value)](value) for value in self.values]
        return "".join(chain.from_iterable(zip(self.template.split(VALUE), [*literals, ""], strict=True)))


def quoted_table(table: Table) -> str:
    """`schema`.`table`."""
    return mysql_table(table.schema, table.name)


def insert(table: Table, rows: Sequence[Row]) -> Statement:
    """One INSERT of many rows."""
    columns = [column.name for column in table.written]
    row = f"({', '.join([VALUE] * len(columns))})"
    head = f"INSERT INTO {quoted_table(table)} ({mysql_names(columns)}) VALUES\n"
    return Statement(head + ",\n".join([row] * len(rows)), tuple(chain.from_iterable(rows)), len(rows), table.label)


def update(table: Table, key: Key, changes: Mapping[str, Value]) -> Statement:
    """An UPDATE of one row."""
    assignments = ", ".join(f"{mysql_name(name)} = {VALUE}" for name in changes)
    return Statement(f"UPDATE {quoted_table(table)} SET {assignments} WHERE {_is(table.keys)}", (*changes.values(), *key))  # noqa: S608 - quoted names


def delete(table: Table, key: Key) -> Statement:
    """A DELETE of one row."""
    return Statement(f"DELETE FROM {quoted_table(table)} WHERE {_is(table.keys)}", key)  # noqa: S608 - quoted names


def _is(columns: Iterable[str]) -> str:
    return " AND ".join(f"{mysql_name(column)} = {VALUE}" for column in columns)


def create_table(table: Table) -> Statement:
    """The table's DDL. A table that exists stays as it is."""
    lines = [_definition(column) for column in table.columns]
    if table.keys:
        lines.append(f"PRIMARY KEY ({mysql_names(table.keys)})")
    lines += [f"KEY {mysql_name('_'.join(columns))} ({mysql_names(columns)})" for columns in table.indexes]
    body = ",\n  ".join(lines)
    return Statement(f"CREATE TABLE IF NOT EXISTS {quoted_table(table)} (\n  {body}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4")


def _definition(column: Column) -> str:
    parts = [mysql_name(column.name), column.column_type, "NULL" if column.nullable else "NOT NULL"]
    if column.auto_increment:
        parts.append("AUTO_INCREMENT")
    if column.default is not None:
        parts.append(f"DEFAULT {column.default}")
    return " ".join(parts)


def create_database(schema: str) -> Statement:
    """Makes the database, with the character set that holds every text."""
    return Statement(f"CREATE DATABASE IF NOT EXISTS {mysql_name(schema)} DEFAULT CHARACTER SET utf8mb4")


def drop_table(table: Table) -> Statement:
    """Drops the table with its rows."""
    return Statement(f"DROP TABLE IF EXISTS {quoted_table(table)}")
