"""Which faults a table's mode does not promise to bear: said with each run that had them, whether or not a row came out wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scripts.local.compare import TableResult
from scripts.local.faults import Faults


def not_covered(faults: Faults, results: Sequence[TableResult]) -> Iterator[str]:
    """A line for each fault that lies outside the guarantees of some tables of the lake.

    Args:
        faults: of the run.
        results: what comparing its tables found.
    """
    mirrors = [result for result in results if result.table.view_sql is None]
    if faults.reorder > 1 and mirrors:
        wrong, rows = sum(result.differing for result in mirrors), sum(result.source_rows for result in mirrors)
        number = f"{wrong:,} rows" if wrong else "by luck no row"
        yield (
            f"reorder=window:{faults.reorder}: not covered by the guarantee of a mirror, where the change that comes last wins:"
            f" {number} of {len(mirrors):,} {'mirror' if len(mirrors) == 1 else 'mirrors'} ({rows:,} rows in the source) differ;"
            " mode: history bears any order (docs/guarantees.md)"
        )
