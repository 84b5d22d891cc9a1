"""Key columns whose values do not come through whole: what an update does not show, and what two keys may have in common."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.source_checks.catalog import LARGE_OBJECTS, CatalogTable
from scripts.source_checks.finding import Finding, Weight, listed
from scripts.source_checks.lake_tables import CheckedTable

_CUT = (4, 5)
"""Digits of a second of which DMS keeps three."""


def check_key_values(table: CheckedTable, there: CatalogTable) -> Iterator[Finding]:
    """Yields what is wrong with the types of a table's keys."""
    held = [there.columns[key] for key in table.keys if key in there.columns]
    large = tuple(column.name for column in held if column.data_type in LARGE_OBJECTS)
    if large:
        yield Finding(
            "keys-large-object",
            Weight.REFUSE,
            table,
            large,
            f"are large objects in {table.source}: {listed(large)}. DMS leaves them out of what an update shows of the row before, so every"
            " update is refused (key_not_shown)",
            "choose other keys",
            ("keys",),
        )
    cut = tuple(column.name for column in held if column.data_type in ("datetime", "timestamp") and column.fraction in _CUT)
    if cut:
        yield Finding(
            "keys-cut",
            Weight.WARN,
            table,
            cut,
            f"lose digits on the way: DMS keeps 3 of the fraction digits of {listed(cut)}, and keys that differ in the rest become one",
            "choose other keys, or give the columns 3 or 6 digits",
            ("keys",),
        )
