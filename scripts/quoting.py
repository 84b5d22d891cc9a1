"""Names in SQL: the one place that quotes them, for MySQL and for the engines that read the lake.

A quoted name is ready to stand in a statement as it is sent. Nothing here doubles a `%`: a statement with values of its own is a
`scripts.seed.sql.Statement`, whose places for values are no text that a name can have, and the driver's own `%s` is for queries whose text
is fixed.
"""

from __future__ import annotations

from collections.abc import Iterable


def mysql_name(name: str) -> str:
    """A name in backticks, as MySQL and MariaDB read it."""
    return "`" + name.replace("`", "``") + "`"


def mysql_names(names: Iterable[str]) -> str:
    """Names between commas."""
    return ", ".join(map(mysql_name, names))


def mysql_table(schema: str, table: str) -> str:
    """`schema`.`table`."""
    return f"{mysql_name(schema)}.{mysql_name(table)}"


def sql_name(name: str) -> str:
    """A name in double quotes, as DuckDB and Trino read it."""
    return '"' + name.replace('"', '""') + '"'
