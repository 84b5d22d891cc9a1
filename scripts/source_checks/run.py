"""Runs every check on the tables of a lake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from scripts.seed.catalog import Query
from scripts.source_checks.cascades import check_cascades
from scripts.source_checks.catalog import CatalogTable, read_catalog
from scripts.source_checks.finding import Finding
from scripts.source_checks.hidden_columns import check_hidden_columns
from scripts.source_checks.key_values import check_key_values
from scripts.source_checks.keys import check_keys
from scripts.source_checks.lake_tables import CheckedTable

CHECKS: Final[tuple[Callable[[CheckedTable, CatalogTable], Iterator[Finding]], ...]] = (
    check_keys,
    check_key_values,
    check_hidden_columns,
    check_cascades,
)


def check_source(query: Query, tables: Sequence[CheckedTable]) -> list[Finding]:
    """Asks the source's catalog what it says against tables of a lake. What is not there yet has no findings.

    Args:
        query: runs a query in the source.
        tables: of the lake.
    """
    catalog = read_catalog(query, ((table.schema, table.name) for table in tables))
    found = ((table, catalog.get((table.schema, table.name))) for table in tables)
    return [finding for table, there in found if there is not None for check in CHECKS for finding in check(table, there)]
