"""Which columns of a local lake its lake file does not list yet, table by table of the file."""

from __future__ import annotations

from dataclasses import dataclass

from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import LakeFileError, Problem
from scripts.local.evolution import GrownColumn, is_widening
from scripts.local.grown import Grown, grown_tables
from scripts.local.state import LakeFolder


@dataclass(frozen=True)
class TableGrowth:
    """A table of the lake file, and what it does not list.

    Attributes:
        place: of the table in the file.
        source: `schema.table`.
        target: table name in the lake.
        databases: that hold it, one per delivery.
        columns: what is missing.
    """

    place: int
    source: str
    target: str
    databases: tuple[str, ...]
    columns: tuple[GrownColumn, ...]


def lake_growth(lake: Lake, folder: LakeFolder, file: str) -> list[TableGrowth]:
    """What the tables of a lake have grown by and the lake file does not list, of those that have.

    Args:
        lake: as the file says.
        folder: holds the tables.
        file: what error messages call the lake file.

    Raises:
        LakeFileError: there is no local lake; or two deliveries have a column in types that cannot become one.
    """
    if not folder.warehouse.is_dir():
        raise LakeFileError(file, [Problem((), f"has no local lake in {folder.root} (run moulin local {file} first)")])
    databases = [
        tuple(lake.database_of(delivery) for delivery in lake.deliveries if table in lake.tables_of(delivery)) for table in lake.tables
    ]
    names = [(database, table.target_name) for table, found in zip(lake.tables, databases, strict=True) for database in found]
    grown = grown_tables(folder, names)
    growths: list[TableGrowth] = []
    for place, (table, found) in enumerate(zip(lake.tables, databases, strict=True)):
        columns: dict[str, GrownColumn] = {}
        for database in found:
            _join(columns, grown, (database, table.target_name), file, place)
        missing = tuple(column for column in columns.values() if column.name not in table.columns)
        if missing:
            growths.append(TableGrowth(place, str(table.source), table.target_name, found, missing))
    return growths


def _join(columns: dict[str, GrownColumn], grown: Grown, name: tuple[str, str], file: str, place: int) -> None:
    """Adds a table's columns to those that the other deliveries have, in the wider type."""
    for column in grown.get(name, {}).values():
        other = columns.setdefault(column.name, column)
        if is_widening(other.type, column.type):
            columns[column.name] = column
        elif other.type != column.type and not is_widening(column.type, other.type):
            message = f"has two types for {column.name}, one per delivery: {other.type} and {column.type} (write the one that you want)"
            raise LakeFileError(file, [Problem(("tables", place, "columns"), message)])
