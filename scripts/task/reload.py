"""What loading every table again does to the lake (docs/guarantees.md)."""

from __future__ import annotations

from constructs_lib.config.lake import Lake
from constructs_lib.config.table import TableMode


def what_a_reload_does(lake: Lake) -> list[str]:
    """A line for each mode that the lake has."""
    histories = [str(table.source) for table in lake.tables if table.mode is TableMode.HISTORY]
    mirrors = [table for table in lake.tables if table.mode is TableMode.MIRROR]
    inserted = [str(table.source) for table in mirrors if table.load == "insert"]
    lines = ["A reload sends every row of every table again."]
    if histories:
        lines.append(
            f"Histories get each row once more ({_some(histories)}): raise capture.position_epoch above {lake.capture.position_epoch} and"
            " deploy delivery first, or the current-state view shows older values."
        )
    if inserted:
        lines.append(f"Mirrors with load: insert get each row twice ({_some(inserted)}): empty them first.")
    if mirrors:
        lines.append("Mirrors keep the rows that were deleted in the source while nobody captured.")
    return lines


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:5])}{', ...' if len(names) > 5 else ''}"
