"""What must hold within one table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from constructs_lib.config.lake_table import HISTORY_COLUMNS, PREVIOUS_KEY_PREFIX, VIEW_SUFFIX
from constructs_lib.config.problems import Problem
from constructs_lib.config.table import ColumnConfig, TableConfig, TableMode
from constructs_lib.config.text import shown, with_underscores
from constructs_lib.defaults import limits

_COLUMN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_SYSTEM_SCHEMAS = ("mysql", "sys", "information_schema", "performance_schema")
_NO_KEY_TYPES = {
    "float": ("its values do not compare exactly", "use the source's primary key"),
    "double": ("its values do not compare exactly", "use the source's primary key"),
    "boolean": ("two values cannot tell rows apart", "use the source's primary key"),
    "binary": ("delete files match its text, not its bytes", "write string: the hexadecimal text that DMS sends for BINARY and VARBINARY"),
}
"""Type to why it cannot be a key's, and what to do."""


def check_table(table: TableConfig) -> Iterator[Problem]:
    """Yields every rule of a table that is broken."""
    yield from _check_source(table)
    for name, column in table.columns.items():
        yield from _check_name(table, name)
        yield from _check_column(table, name, column)
    yield from _check_sources_differ(table)
    yield from _check_dropped_names(table)
    if not table.lake_columns:
        yield Problem(("columns",), "leave no column: all are dropped (keep at least the keys)", reads=(("columns", "*"),))
    yield from _check_keys(table)
    yield from _check_partitions(table)
    yield from _check_mode(table)


def _check_source(table: TableConfig) -> Iterator[Problem]:
    if table.schema_name.lower() in _SYSTEM_SCHEMAS:
        yield Problem(("source",), f"must not be a table of MySQL itself, got {table.source} (DMS does not replicate them: remove it)")


def _check_name(table: TableConfig, name: str) -> Iterator[Problem]:
    here = ("columns", name)
    if not _COLUMN_NAME.fullmatch(name) or len(name) > limits.CATALOG_NAME_CHARACTERS.maximum:
        meant = with_underscores(name)
        meant = meant if _COLUMN_NAME.fullmatch(meant) else f"_{meant}"
        yield Problem(
            here,
            "must be named with at most 255 lower-case letters, digits and underscores, not beginning with a digit, as Glue lower-cases"
            f" names and Firehose matches them exactly, got {shown(name)} (write {shown(meant)}: {{source: {shown(name)}, ...}})",
        )
    if table.mode is TableMode.HISTORY:
        reserved = {column for column, _, _ in HISTORY_COLUMNS} | {f"{PREVIOUS_KEY_PREFIX}{key}" for key in table.keys}
        if name in reserved:
            message = f"must not be named {name}: a history table has a column of that name (name it otherwise, with source: {name})"
            yield Problem(here, message, reads=(("mode",),))


def _check_column(table: TableConfig, name: str, column: ColumnConfig) -> Iterator[Problem]:
    here = ("columns", name)
    if column.pii == "drop":
        if column.required:
            yield Problem((*here, "required"), "is not used with pii: drop (remove one of the two)", reads=((*here, "pii"),))
        return
    if column.type is None:
        message = "is missing: a column that reaches the lake needs a type (give one, or pii: drop)"
        yield Problem((*here, "type"), message, reads=((*here, "pii"),))
        return
    if column.pii == "hash" and column.type != "string":
        message = f"must be string with pii: hash, got {column.type} (the hash is 64 hexadecimal digits)"
        yield Problem((*here, "type"), message, reads=((*here, "pii"),))
    if table.create and column.parsed_type.glue is None:
        message = f"cannot be {column.type} in a table that Moulin creates ({column.parsed_type.creation_hint}; or set create: false)"
        yield Problem((*here, "type"), message, reads=(("create",),))


def _check_sources_differ(table: TableConfig) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, column in table.columns.items():
        source = column.source or name
        if source.lower() in first:  # MySQL column names differ by more than case
            other = first[source.lower()]
            message = f"reads the same source column as {other}: {shown(source)} (keep one of them)"
            yield Problem(("columns", name, *(("source",) if column.source else ())), message, reads=(("columns", other),))
        first.setdefault(source.lower(), name)


def _check_dropped_names(table: TableConfig) -> Iterator[Problem]:
    """DMS reads the name in a rule that leaves a column out as a pattern: it must mean this column and no other of the table's."""
    for name, column in table.columns.items():
        if column.pii != "drop":
            continue
        source = column.source or name
        here = ("columns", name, *(("source",) if column.source else ()))
        bracketed = next((one for one in (source, table.table_name, table.schema_name) if "[" in one), None)
        if bracketed is not None:
            message = (
                f"cannot be dropped where a name has a [, got {shown(bracketed)}: DMS reads a set of characters there, and would not find"
                " the column (hash it instead, or rename it in the source)"
            )
            yield Problem(here, message, reads=(("columns", name, "pii"),))
            continue
        pattern = re.compile("".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in source), re.IGNORECASE)
        also = next((other for other, kept in table.lake_columns.items() if pattern.fullmatch(kept.source or other)), None)
        if also is not None:
            message = (
                f"must not be dropped, got {shown(source)}: DMS reads % and _ in it as wildcards, and would leave out {also} too"
                " (hash it instead, or rename one of the two in the source)"
            )
            yield Problem(here, message, reads=(("columns", name, "pii"), ("columns", also)))


def _check_keys(table: TableConfig) -> Iterator[Problem]:
    for position, key in enumerate(table.keys):
        here = ("keys", position)
        column = table.columns.get(key)
        if key in table.keys[:position]:
            yield Problem(here, f"is listed twice: {shown(key)} (remove one)")
        elif column is None:
            yield _not_a_column(here, key, table)
        elif column.pii == "drop":
            yield Problem(here, f"is a column that is dropped: {key} (hash it instead, or choose another key)", reads=(("columns", key),))
        elif column.type in _NO_KEY_TYPES and column.pii is None:
            reason, advice = _NO_KEY_TYPES[column.type]
            message = f"must not be a {column.type} column, got {key}: {reason} ({advice})"
            yield Problem(here, message, reads=(("columns", key),))


def _not_a_column(path: tuple[str | int, ...], name: str, table: TableConfig) -> Problem:
    by_source = [lake_name for lake_name, column in table.columns.items() if column.source == name]
    near = by_source or difflib.get_close_matches(name, table.lake_columns, n=1)
    hint = f"did you mean {near[0]}?" if near else f"the columns are {shown(', '.join(table.lake_columns))}"
    return Problem(path, f"is not a column of this table: {shown(name)} ({hint})", reads=(("columns", name),))


def _check_partitions(table: TableConfig) -> Iterator[Problem]:
    if table.partition_by and table.create:
        message = (
            "needs create: false: Terraform cannot create a partitioned Iceberg table with this provider"
            " (set create: false and run what moulin ddl prints, or remove partition_by)"
        )
        yield Problem(("partition_by",), message, reads=(("create",),))
    for position, name in enumerate(table.partition_by):
        here = ("partition_by", position)
        if name in table.partition_by[:position]:
            yield Problem(here, f"is listed twice: {shown(name)} (remove one)")
        elif name not in table.columns:
            yield _not_a_column(here, name, table)
        elif table.columns[name].pii == "drop":
            yield Problem(here, f"is a column that is dropped: {name} (choose another)", reads=(("columns", name),))
        elif table.mode is TableMode.MIRROR and name not in table.keys:
            message = (
                f"must be a key column in a mirror, got {name}: Firehose deletes only in the partition that the record names, so an update"
                f" that changes it leaves the old row behind (choose among {', '.join(table.keys)}, use mode: history, or remove it)"
            )
            yield Problem(here, message, reads=(("mode",), ("keys", "*")))


def _check_mode(table: TableConfig) -> Iterator[Problem]:
    if table.mode is not TableMode.HISTORY:
        return
    if "load" in table.model_fields_set:
        yield Problem(("load",), "is for mirror tables only: a history keeps every row (remove it)", reads=(("mode",),))
    longest = int(limits.CATALOG_NAME_CHARACTERS.maximum) - len(VIEW_SUFFIX)
    if len(table.target_name) > longest:
        length = len(table.target_name)
        message = f"must be at most {longest} characters in a history, got {length}: its view adds {VIEW_SUFFIX} (shorten it)"
        yield Problem(("target",), message, reads=(("mode",),))
