"""The tables of a lake file, as the checks see them: by the names that the source uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib.config.lake import Lake
from constructs_lib.config.source_table import source_label
from constructs_lib.config.table import TableMode


@dataclass(frozen=True)
class CheckedTable:
    """A table of the lake file.

    Attributes:
        place: among the file's tables, from 0.
        schema: source schema.
        name: source table.
        target: table in the lake.
        history: whether every change is a row; else the lake's row equals the source's.
        keys: source columns that identify a row.
        columns: lake name of each source column that reaches the lake.
    """

    place: int
    schema: str
    name: str
    target: str
    history: bool
    keys: tuple[str, ...]
    columns: Mapping[str, str]

    @property
    def source(self) -> str:
        """The source table, for people."""
        return source_label(self.schema, self.name)


def checked_tables(lake: Lake) -> list[CheckedTable]:
    """The tables of a lake in the file's order."""
    return [
        CheckedTable(
            place,
            table.schema_name,
            table.table_name,
            table.target_name,
            history=table.mode is TableMode.HISTORY,
            keys=tuple(table.columns[key].source or key for key in table.keys),
            columns={column.source or name: name for name, column in table.lake_columns.items()},
        )
        for place, table in enumerate(lake.tables)
    ]
