"""Columns that the lake file lists and DMS never sends: generated and invisible ones. In the lake each of their values would be null.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.MySQL.html#CHAP_Source.MySQL.Limitations
"""

from __future__ import annotations

from collections.abc import Iterator

from scripts.source_checks.catalog import CatalogTable
from scripts.source_checks.finding import Finding, Weight
from scripts.source_checks.lake_tables import CheckedTable

_ADVICE = {
    "generated": "remove it from the lake file, and compute it where the lake is read",
    "invisible": "remove it from the lake file, or make it visible in the source",
}


def check_hidden_columns(table: CheckedTable, there: CatalogTable) -> Iterator[Finding]:
    """Yields each column of the lake that is hidden in the source."""
    for source, name in table.columns.items():
        column = there.columns.get(source)
        if column is not None and column.hidden:
            yield Finding(
                f"column-{column.hidden}",
                Weight.REFUSE,
                table,
                (source,),
                f"is {column.hidden} in {table.source}: DMS does not migrate such a column, and the lake would hold null for every value",
                _ADVICE[column.hidden],
                ("columns", name),
            )
