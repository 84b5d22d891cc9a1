"""Shows a verdict: what is open and what is accepted in vain, else what is accepted and why."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from rich.markup import escape
from rich.table import Table

from scripts.console import open_console
from scripts.security.findings import Verdict


def verdict_record(verdict: Verdict) -> dict[str, Any]:
    """The verdict in full, as plain data."""
    return {**asdict(verdict), "ok": verdict.ok}


def print_verdict(verdict: Verdict) -> None:
    """Prints a table of what is accepted, then what is wrong, then a line."""
    console = open_console()
    reasons = Counter((one.check, one.reason) for one in verdict.accepted)
    table = Table("check", "resources", "accepted because")
    for (check, reason), count in sorted(reasons.items()):
        table.add_row(check, str(count), escape(reason))
    if reasons:
        console.print(table, soft_wrap=False)
    for one in (*verdict.open, *verdict.unused):
        console.print(f"[red]{escape(str(one))}[/]")
    colour = "green" if verdict.ok else "red"
    console.print(
        f"[{colour}]{verdict.passed} checks passed, {len(verdict.open)} failed[/], {len(verdict.accepted)} accepted with a reason, "
        f"{len(verdict.unused)} accepted in vain"
    )
