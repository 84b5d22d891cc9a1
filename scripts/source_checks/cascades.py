"""Foreign keys by which the server changes a table's rows by itself. Its log does not hold these changes, so DMS does not see them.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.MySQL.html#CHAP_Source.MySQL.Limitations
"""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.config.source_table import source_label
from scripts.source_checks.catalog import Cascade, CatalogTable
from scripts.source_checks.finding import Finding, Weight, listed
from scripts.source_checks.lake_tables import CheckedTable


def check_cascades(table: CheckedTable, there: CatalogTable) -> Iterator[Finding]:
    """Yields each foreign key with CASCADE, SET NULL or SET DEFAULT, be its parent captured or not."""
    for cascade in there.cascades:
        actions = [f"ON {what} {action}" for what, action in (("DELETE", cascade.on_delete), ("UPDATE", cascade.on_update)) if action]
        yield Finding(
            "cascade",
            Weight.WARN,
            table,
            cascade.columns,
            f"changes outside the source's log: its foreign key {cascade.name} ({listed(cascade.columns)}) refers to"
            f" {source_label(*cascade.parent)} {' '.join(actions)}, and {_effect(cascade)}",
            "let the application change these rows itself (ON DELETE RESTRICT), or reload the table after such a change",
        )


def _effect(cascade: Cascade) -> str:
    kept = ["the rows that go with it"] if cascade.on_delete == "CASCADE" else []
    if cascade.on_update or cascade.on_delete not in ("", "CASCADE"):
        kept.append("the old values of the rows that change with it")
    return f"the lake keeps {' and '.join(kept)}"
