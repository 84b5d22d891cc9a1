"""Verifies a local lake: every table of its deliveries against its source."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import duckdb

from constructs_lib.config.source_table import source_label
from scripts.local.compare import ComparedColumn, ComparedTable, TableResult, compare
from scripts.local.evolution import GrownColumn
from scripts.local.function import LOCAL_HASH_KEY
from scripts.local.grown import unlisted
from scripts.local.iceberg_sink import Warehouse
from scripts.local.routes import Route, read_routes
from scripts.local.sides import LocalLakeSide, SourceSide
from scripts.local.state import ANY_TABLE, LakeFolder
from scripts.local.template import LocalTemplate, TemplateError
from scripts.quoting import sql_name
from scripts.seed.catalog import read_table, schema_exists, table_exists
from scripts.seed.credentials import Login
from scripts.seed.errors import UsageError, nearest
from scripts.seed.model import Table
from scripts.source_checks.finding import Finding
from scripts.source_checks.session import catalog, open_session

VIEW_SUFFIX = "_current"
_COLUMN_LISTS = 3
"""How often a generated view lists its table's columns."""


def compared_tables(template: LocalTemplate) -> list[ComparedTable]:
    """Every table that a route fills."""
    routes = [route for delivery in template.deliveries for route in read_routes(delivery).values()]
    return [_compared(template, route) for route in routes]


def choose(template: LocalTemplate, names: Sequence[str]) -> list[ComparedTable]:
    """The tables that are named, by `schema.table`, `database.table` or a table's name alone; none named means all.

    Raises:
        UsageError: a name that no table has.
    """
    tables = compared_tables(template)
    chosen: list[ComparedTable] = []
    for name in names:
        matches = [table for table in tables if name in (table.source, table.table, table.label, table.target)]
        if not matches:
            raise UsageError(f"--table {name} is no table of this lake: {nearest(name, (table.source for table in tables))}")
        chosen += [table for table in matches if table not in chosen]
    return chosen or tables


def verify_local(
    template: LocalTemplate,
    folder: LakeFolder,
    login: Login,
    *,
    tables: Sequence[ComparedTable] | None = None,
    findings: Sequence[Finding] = (),
    examples: int = 10,
) -> Iterator[TableResult]:
    """Compares each table of a local lake with its source, in one snapshot of the source.

    Args:
        template: the lake as synthesised.
        folder: holds its tables.
        login: of the source.
        tables: what to compare; all by default.
        findings: what the source's catalog says against the lake, to stand beside the table that it concerns.
        examples: how many differing keys of a table to show.
    """
    with (
        contextlib.closing(Warehouse(folder.warehouse)) as warehouse,
        contextlib.closing(open_session(login, raw=True)) as rows,
        catalog(login) as query,
        duckdb.connect() as engine,  # one for all tables: to start one takes longer than to compare a small table
        duckdb.connect() as views,
    ):
        unseen = folder.unseen_statements()

        @cache
        def described(schema: str, name: str) -> Table | None:
            if not table_exists(query, schema, name) and (schema_exists(query, schema) or source_label(schema, "*") in unseen):
                return None  # dropped or renamed: the lake still has its rows. Without a database that nobody dropped it is another server
            return read_table(query, schema, name)

        source = SourceSide(rows, described, hash_key=LOCAL_HASH_KEY.encode())
        lake = LocalLakeSide(warehouse, lambda database, name: template.tables[database, name].columns, views)
        grown = unlisted(template, folder)
        for table in compared_tables(template) if tables is None else tables:
            columns = grown.get((table.database, table.target), ())
            there = described(table.schema, table.table) if columns else None
            if there is not None:
                held = {column.name for column in there.columns}
                table = with_columns(table, [column for column in columns if column.source in held])
            against = tuple(
                one for one in findings if (one.table.schema, one.table.name, one.table.target) == (table.schema, table.table, table.target)
            )
            result = compare(table, source, lake, examples=examples, engine=engine)
            causes = [what for label in (table.source, source_label(table.schema, "*"), ANY_TABLE) for what in unseen.get(label, ())]
            yield replace(result, missing=source.missing(table), findings=against, causes=tuple(causes))


def with_columns(table: ComparedTable, grown: Sequence[GrownColumn]) -> ComparedTable:
    """A table with the columns that it has grown by; of a history, with the view that it has once the lake file lists them.

    Raises:
        TemplateError: the view is not of the form that is generated.
    """
    view = table.view_sql
    if view is not None and grown:
        listed, more = (", ".join(map(sql_name, names)) for names in ([one.name for one in table.columns], [one.name for one in grown]))
        if view.count(f"SELECT {listed}") != _COLUMN_LISTS:
            raise TemplateError(f"the view of {table.label} does not list the table's columns where a generated one does")
        view = view.replace(f"SELECT {listed}", f"SELECT {listed}, {more}")
    columns = (*table.columns, *(ComparedColumn(one.name, one.source, one.glue) for one in grown))
    return replace(table, columns=columns, view_sql=view)


def _compared(template: LocalTemplate, route: Route) -> ComparedTable:
    types = dict(template.tables[route.database, route.target].columns)
    view = template.views.get((route.database, f"{route.target}{VIEW_SUFFIX}")) if route.history else None
    return ComparedTable(
        schema=route.schema,
        table=route.table,
        database=route.database,
        target=route.target,
        view_sql=None if view is None else view.sql,
        keys=route.keys,
        columns=tuple(ComparedColumn(one.name, one.source, types[one.name], one.hashed) for one in route.columns if one.name in types),
        appends_load=route.appends_load,
    )
