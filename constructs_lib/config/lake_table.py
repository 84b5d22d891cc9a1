"""What a lake table looks like: its columns, the view of a history's current state, and Athena DDL for who creates it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from constructs_lib.config.table import TableConfig, TableMode

HISTORY_COLUMNS: Final = (
    ("_op", "string", "load, insert, update or delete"),
    ("_commit_timestamp", "timestamp", "when the source committed the change, in UTC; null for a loaded row"),
    ("_position", "string", "sorts as the source committed; a loaded row sorts before every change"),
    ("_stream_position", "string", "the position as DMS wrote it"),
    ("_transaction_id", "string", "transaction of the change; null for a loaded row"),
    ("_ingested_at", "timestamp", "when the record reached the Kinesis stream, in UTC"),
)
"""Columns that a history table has beside its own: name, Glue type, comment."""

PREVIOUS_KEY_PREFIX: Final = "_previous_"
"""Begins the name of the column that holds a key's value before an update changed it."""

VIEW_SUFFIX: Final = "_current"
"""Ends the name of the view of a history's current state."""

_TABLE_PROPERTIES = {"table_type": "ICEBERG", "format": "parquet", "write_compression": "zstd"}


def lake_table_columns(table: TableConfig) -> list[tuple[str, str, str]]:
    """The columns of the lake table, in order, as (name, Glue type, comment).

    A type that Glue cannot create keeps its Iceberg name: it occurs only in tables that Moulin does not create.
    """
    types = {name: column.parsed_type.glue or column.parsed_type.iceberg for name, column in table.lake_columns.items()}
    columns = [(name, types[name], _comment(table, name)) for name in table.lake_columns]
    if table.mode is TableMode.HISTORY:
        columns += HISTORY_COLUMNS
        columns += [(f"{PREVIOUS_KEY_PREFIX}{key}", types[key], f"{key} before an update changed it; else null") for key in table.keys]
    return columns


def _comment(table: TableConfig, name: str) -> str:
    column = table.columns[name]
    parts = [
        "key" if name in table.keys else "",
        f"source column {column.source}" if column.source not in (None, name) else "",
        "keyed SHA-256 of the value" if column.pii == "hash" else "",
    ]
    return "; ".join(part for part in parts if part)


def view_name(table: TableConfig) -> str:
    """Name of the view that shows the current state of a history table."""
    return f"{table.target_name}{VIEW_SUFFIX}"


def current_state_view_sql(database: str, target: str, table: TableConfig) -> str:
    """The query behind the view of a history table: one row per key that lives, as the source has it.

    Every record says something about its own key, and an update that changed the key says of the old one that it is gone. Per key the
    latest position decides; a record that came twice says the same twice. So the answer depends neither on the order in which records
    came nor on how often. The text runs unchanged on Athena (Trino) and DuckDB.
    """
    columns = ", ".join(_quoted(name) for name in table.lake_columns)
    keys = [_quoted(key) for key in table.keys]
    previous = [_quoted(f"{PREVIOUS_KEY_PREFIX}{key}") for key in table.keys]
    fact_keys = [_unused(f"_fact_key_{position}", table) for position in range(1, len(keys) + 1)]
    lives, own, rank = (_unused(name, table) for name in ("_fact_lives", "_fact_is_own", "_fact_rank"))
    own_keys = ", ".join(f"{key} AS {alias}" for key, alias in zip(keys, fact_keys, strict=True))
    old_keys = ", ".join(f"COALESCE({old}, {key}) AS {alias}" for old, key, alias in zip(previous, keys, fact_keys, strict=True))
    key_changed = " OR ".join(f"{old} IS NOT NULL" for old in previous)
    source = f"{_quoted(database)}.{_quoted(target)}"
    return f"""\
WITH "facts" AS (
  SELECT {columns}, "_position", "_ingested_at", {own_keys}, CASE WHEN "_op" = 'delete' THEN 0 ELSE 1 END AS {lives}, 1 AS {own}
  FROM {source}
  UNION ALL
  SELECT {columns}, "_position", "_ingested_at", {old_keys}, 0 AS {lives}, 0 AS {own}
  FROM {source}
  WHERE {key_changed}
), "ranked" AS (
  SELECT *, ROW_NUMBER() OVER (
    PARTITION BY {", ".join(fact_keys)}
    ORDER BY "_position" DESC NULLS LAST, {own} DESC, "_ingested_at" DESC NULLS LAST
  ) AS {rank}
  FROM "facts"
)
SELECT {columns}
FROM "ranked"
WHERE {rank} = 1 AND {lives} = 1
"""  # noqa: S608 - every name is quoted


def athena_ddl(database: str, target: str, table: TableConfig, location: str) -> str:
    """Athena's `CREATE TABLE` for the lake table, partitioned as the file says.

    Args:
        database: the Glue database.
        target: the table's name in it.
        table: the table.
        location: the table's folder, `s3://bucket/folder`.

    Raises:
        ValueError: a column has a type that Athena cannot create; such a table must come from an engine that can.
    """
    for name, column in table.lake_columns.items():
        if column.parsed_type.glue is None:
            raise ValueError(f"Athena cannot create column {name}: {column.parsed_type.creation_hint}")
    lines = [f"  `{name}` {glue_type}{_athena_comment(comment)}" for name, glue_type, comment in lake_table_columns(table)]
    partitions = f"PARTITIONED BY ({', '.join(f'`{name}`' for name in table.partition_by)})\n" if table.partition_by else ""
    properties = ",\n".join(f"  '{key}' = '{value}'" for key, value in _TABLE_PROPERTIES.items())
    return (
        f"CREATE TABLE IF NOT EXISTS `{database}`.`{target}` (\n"
        + ",\n".join(lines)
        + f"\n)\n{partitions}LOCATION '{location.rstrip('/')}/'\nTBLPROPERTIES (\n{properties}\n)\n"
    )


def athena_view_ddl(database: str, target: str, table: TableConfig) -> str:
    """The statement that makes the view of a history's current state; Terraform makes the same. Trino runs it, too."""
    query = current_state_view_sql(database, target, table)
    return f"CREATE OR REPLACE VIEW {_quoted(database)}.{_quoted(target + VIEW_SUFFIX)} AS\n{query}"


def athena_add_columns(database: str, target: str, columns: Sequence[tuple[str, str]]) -> str:
    """Athena's statement that adds columns to a table.

    Args:
        database: the Glue database.
        target: the table's name in it.
        columns: names and Glue types.
    """
    listed = ", ".join(f"`{name}` {glue_type}" for name, glue_type in columns)
    return f"ALTER TABLE `{database}`.`{target}` ADD COLUMNS ({listed})"


def _quoted(identifier: str) -> str:
    escaped = identifier.replace('"', '""')
    return f'"{escaped}"'


def _unused(name: str, table: TableConfig) -> str:
    """A quoted name that no column of the table has."""
    while name in table.columns:
        name = f"_{name}"
    return _quoted(name)


def _athena_comment(comment: str) -> str:
    """A column's comment; none where it holds a character that Athena's DDL might end the text or the statement at."""
    shown = comment.replace(";", ",")
    return f" COMMENT '{shown}'" if shown and not set(shown) & set("'\\") else ""
