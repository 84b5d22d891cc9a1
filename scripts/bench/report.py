"""Prints what a benchmark measured."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from scripts.console import open_console


def print_rows(title: str, rows: Sequence[dict[str, object]]) -> None:
    """Prints rows as one table; a row may leave columns out."""
    table = Table(title=title, title_justify="left")
    names = list(dict.fromkeys(name for row in rows for name in row))
    for name in names:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*(str(row.get(name, "")) for name in names))
    open_console().print(table, soft_wrap=False)
