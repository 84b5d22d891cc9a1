"""What the checks need to know of the source's tables: two queries per database, and one per table.

MySQL and MariaDB answer alike, and SELECT on the tables is enough: a table without it looks as if it were not there. Foreign keys are read
out of `SHOW CREATE TABLE`, because MariaDB's `information_schema` hides them from a user that may only read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scripts.quoting import mysql_table
from scripts.seed.catalog import Query

TableName = tuple[str, str]
"""Schema and table."""

LARGE_OBJECTS: Final = frozenset(
    {"mediumtext", "longtext", "mediumblob", "longblob", "json"}
    | {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"}
)
"""Types that DMS takes for large objects.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.MySQL.html#CHAP_Source.MySQL.DataTypes
"""

_COLUMNS = """
SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, DATETIME_PRECISION, IS_NULLABLE, EXTRA
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %s ORDER BY TABLE_NAME, ORDINAL_POSITION
"""
_INDEXES = """
SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME
FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %s AND NON_UNIQUE = 0 ORDER BY TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX
"""
_NAME = r"`((?:[^`]|``)+)`"
_FOREIGN_KEY = re.compile(
    rf"^ +CONSTRAINT {_NAME} FOREIGN KEY \((?P<columns>.+?)\) REFERENCES (?:{_NAME}\.)?{_NAME} \([^\n]*?\)(?P<actions>(?: ON [A-Z ]+)?),?$",
    re.MULTILINE,
)
_ACTION = re.compile(r"ON (DELETE|UPDATE) (CASCADE|SET NULL|SET DEFAULT)")
_PRIMARY = "PRIMARY"


@dataclass(frozen=True)
class CatalogColumn:
    """A column.

    Attributes:
        name: its name.
        data_type: MySQL's type without arguments, in lower case.
        fraction: digits of a second that a time keeps.
        nullable: whether it may be NULL.
        hidden: why DMS does not migrate it, `generated` or `invisible`; empty when it does.
    """

    name: str
    data_type: str
    fraction: int
    nullable: bool
    hidden: str


@dataclass(frozen=True)
class Cascade:
    """A foreign key by which the server changes rows of the table by itself.

    Attributes:
        name: of the constraint.
        columns: of the table.
        parent: schema and table that they refer to.
        on_delete: CASCADE, SET NULL or SET DEFAULT; empty for an action that changes nothing.
        on_update: the same for a changed key of the parent.
    """

    name: str
    columns: tuple[str, ...]
    parent: TableName
    on_delete: str
    on_update: str


@dataclass(frozen=True)
class CatalogTable:
    """A table as the source's catalog has it.

    Attributes:
        columns: by name.
        primary_key: its columns; empty where there is none.
        unique: columns of every further unique index.
        cascades: foreign keys that change its rows.
    """

    columns: Mapping[str, CatalogColumn]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    cascades: tuple[Cascade, ...] = ()


def read_catalog(query: Query, names: Iterable[TableName]) -> dict[TableName, CatalogTable]:
    """Reads what there is of some tables; one that does not exist is not among them.

    Args:
        query: runs a query.
        names: schema and table of each.
    """
    found: dict[TableName, CatalogTable] = {}
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for schema, table in names:
        wanted[schema].add(table)
    for schema, tables in sorted(wanted.items()):
        columns, indexes = (_by_table(query(text, (schema,))) for text in (_COLUMNS, _INDEXES))
        for table in sorted(tables & columns.keys()):
            unique = _unique(indexes[table])
            definition = str(query(f"SHOW CREATE TABLE {mysql_table(schema, table)}", ())[0][1])
            found[schema, table] = CatalogTable(
                {row[0]: _column(*row) for row in columns[table]},
                unique.pop(_PRIMARY, ()),
                tuple(unique.values()),
                tuple(read_cascades(schema, definition)),
            )
    return found


def hidden_kind(extra: str) -> str:
    """What `EXTRA` says of a column that DMS does not migrate: `generated` or `invisible`; empty for any other."""
    words = extra.upper()
    if any(word in words for word in ("VIRTUAL GENERATED", "STORED GENERATED", "PERSISTENT")):
        return "generated"
    return "invisible" if "INVISIBLE" in words else ""


def _by_table(rows: Sequence[tuple[Any, ...]]) -> defaultdict[str, list[tuple[Any, ...]]]:
    grouped: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *rest in rows:
        grouped[str(table)].append(tuple(rest))
    return grouped


def _column(name: str, data_type: str, fraction: int | None, nullable: str, extra: str | None) -> CatalogColumn:
    return CatalogColumn(name, data_type.lower(), int(fraction or 0), nullable == "YES", hidden_kind(extra or ""))


def _unique(rows: Sequence[tuple[Any, ...]]) -> dict[str, tuple[str, ...]]:
    """Columns by index. One over an expression says nothing of columns; one over the beginning of a text does: what begins otherwise is
    another text."""
    indexes: defaultdict[str, list[Any]] = defaultdict(list)
    for index, column in rows:
        indexes[str(index)].append(column)
    return {name: tuple(columns) for name, columns in indexes.items() if None not in columns}


def read_cascades(schema: str, definition: str) -> Iterator[Cascade]:
    """The foreign keys of a table that change its rows.

    Args:
        schema: of the table, in which a parent without one is.
        definition: its `CREATE TABLE` as the server writes it: one constraint per line, the end of a line in a comment escaped.
    """
    for match in _FOREIGN_KEY.finditer(definition):
        name, _, parent_schema, parent, _ = match.groups()
        actions = dict(_ACTION.findall(match["actions"]))
        if actions:
            columns = tuple(_unquoted(column) for column in re.findall(_NAME, match["columns"]))
            where = (_unquoted(parent_schema or schema), _unquoted(parent))
            yield Cascade(_unquoted(name), columns, where, actions.get("DELETE", ""), actions.get("UPDATE", ""))


def _unquoted(name: str) -> str:
    return name.replace("``", "`")
