"""What the tables of a local lake have grown by (`evolution.py`), for those who only look at it."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from scripts.local.delivery import TableName
from scripts.local.evolution import GrownColumn, grown_columns
from scripts.local.iceberg_sink import SinkTable, Warehouse
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate

Grown = Mapping[TableName, Mapping[str, GrownColumn]]
"""Columns by table and name."""


def grown(template: LocalTemplate, folder: LakeFolder) -> Grown:
    """What each table of a lake has grown by, those columns included that the lake file lists by now."""
    return grown_tables(folder, list(template.tables))


def grown_tables(folder: LakeFolder, tables: list[TableName]) -> Grown:
    """What tables have grown by; nothing for one that does not exist."""
    if not folder.warehouse.is_dir():
        return {}
    with contextlib.closing(Warehouse(folder.warehouse)) as warehouse:
        found = {name: warehouse.find(SinkTable(*name, (), ())) for name in tables}
        return {name: grown_columns(table) for name, table in found.items() if table is not None}


def unlisted(template: LocalTemplate, folder: LakeFolder) -> dict[TableName, list[GrownColumn]]:
    """The columns by which tables have grown and that the lake does not list, of the tables that have any."""
    found = {
        name: [column for column in columns.values() if column.name not in dict(template.tables[name].columns)]
        for name, columns in grown(template, folder).items()
    }
    return {name: columns for name, columns in found.items() if columns}
