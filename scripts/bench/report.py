"""Prints what a benchmark measured."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

_WIDTH = 140  # in a file


def print_rows(title: str, rows: Sequence[dict[str, object]]) -> None:
    """Prints rows that have the same keys as one table."""
    table = Table(title=title, title_justify="left")
    for name in rows[0]:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)
