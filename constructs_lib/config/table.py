"""A table: one source table and where it goes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from constructs_lib.config.base import IcebergName, Model
from constructs_lib.config.column_types import ColumnType, parse_column_type
from constructs_lib.config.problems import Problem
from constructs_lib.config.source_table import SourceName, SourceTable


class TableMode(StrEnum):
    """What a sink row means (docs/guarantees.md)."""

    MIRROR = "mirror"
    HISTORY = "history"


def _check_type(text: str) -> str:
    return parse_column_type(text).iceberg


class ColumnConfig(Model):
    """One column. In the file a plain type stands for `{type: ...}`: `amount: decimal(12,2)`."""

    has_short_form = True

    type: Annotated[str, AfterValidator(_check_type)] | None = None
    """Iceberg type; not needed for a column that is dropped."""
    source: SourceName | None = None
    """Column name in the source; default: the same name."""
    required: bool = False
    """Refuses rows in which it is null. A key is always required."""
    pii: Literal["drop", "hash"] | None = None
    """`drop`: DMS never reads the column out. `hash`: a keyed SHA-256 replaces the value; the type is then string."""

    @model_validator(mode="before")
    @classmethod
    def _plain_type(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @property
    def parsed_type(self) -> ColumnType:
        """The parsed type; only for columns that reach the lake."""
        return parse_column_type(self.type or "string")


class TableConfig(Model):
    """One source table and where it goes."""

    source: SourceTable
    """`schema.table` in the source, in its own spelling; with a blank or a dot in a name `{schema: my shop, table: order items}`. Wildcard
    characters are taken literally."""
    target: IcebergName | None = None
    """Table name in the lake; default: the source table's name in lower case, with `_` for what is not a letter or digit."""
    mode: TableMode
    """What a row of the lake table means. `mirror`: the source row as it is now. `history`: one change; a view gives the current state."""
    keys: tuple[str, ...] = Field(min_length=1)
    """Columns (lake names) that identify a row: the source's primary key."""
    columns: dict[str, ColumnConfig] = Field(min_length=1)
    """Lake column name to type."""
    deliveries: tuple[str, ...] | None = None
    """Names of the deliveries that carry it; default: all."""
    load: Literal["update", "insert"] = "update"
    """How a mirror writes full-load rows. `insert` is cheaper and leaves duplicates if a batch is delivered twice."""
    unknown_columns: Literal["discard", "freeze", "evolve"] = "discard"
    """A source column that is not listed here: left out and counted; or the record fails; or it goes into the row, personal data too, and
    the table has to take it (docs/schema-changes.md)."""
    partition_by: tuple[str, ...] = ()
    """Partition columns of a table that Moulin does not create (`create: false`). A mirror may partition by key columns only."""
    create: bool = True
    """False when the Iceberg table exists already, or is made in Athena with what `moulin ddl` prints, before the `delivery` stack."""

    @property
    def schema_name(self) -> str:
        """The source schema (MySQL database)."""
        return self.source.schema_name

    @property
    def table_name(self) -> str:
        """The source table."""
        return self.source.table_name

    @property
    def target_name(self) -> str:
        """Table name in the lake."""
        return self.target or re.sub(r"[^a-z0-9_]", "_", self.table_name.lower())

    @property
    def folder(self) -> str:
        """Folder of the lake table below its delivery's data prefix. No table has a dot in its name, so the location of `orders` is not
        the beginning of that of `orders_archive`: removing orphan files by prefix would take the other's files."""
        return f"{self.target_name}.iceberg"

    @property
    def lake_columns(self) -> dict[str, ColumnConfig]:
        """The columns that reach the lake, in the file's order: all but the dropped ones."""
        return {name: column for name, column in self.columns.items() if column.pii != "drop"}

    @property
    def dropped_columns(self) -> tuple[str, ...]:
        """Source names of the columns that DMS leaves out."""
        return tuple(column.source or name for name, column in self.columns.items() if column.pii == "drop")

    def rules(self) -> Iterator[Problem]:
        """Keys, columns and partitions that Firehose, Glue and the table's mode allow."""
        from constructs_lib.config.table_rules import check_table  # it needs this module's classes

        yield from check_table(self)

    def warnings(self, today: date) -> Iterator[Problem]:  # noqa: ARG002 - for those that have an end
        """A load that may leave a row twice, and keys that may be too long for the stream."""
        if self.load == "insert":
            message = "is insert: a loaded row stands in the table twice when Firehose delivers its batch again (update cannot do that)"
            yield Problem(("load",), message)
        from constructs_lib.config.partition_key import check_length  # it needs this module's classes

        yield from check_length(self)
