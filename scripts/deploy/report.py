"""Shows what came of a round trip: a table for people, records for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts.console import open_console
from scripts.deploy.deployment import Run
from scripts.deploy.results import RoundTrip, StackTrip


def trip_record(trip: RoundTrip) -> dict[str, Any]:
    """Everything, as plain data."""
    stacks = [{**asdict(stack), "ok": stack.ok, "survived": stack.survived} for stack in trip.stacks]
    return {**asdict(trip), "stacks": stacks, "ok": trip.ok}


def print_trip(trip: RoundTrip) -> None:
    """Prints a table of the stacks, and below it what drifted, failed, was left out or was left behind."""
    console = open_console()
    console.print(_table(trip), soft_wrap=False)
    for stack in trip.stacks:
        _print_stack(console, trip, stack)
    for item in trip.leftovers:
        console.print(f"[red]left behind[/] {escape(item)}")
    resources = sum(stack.applied.resources for stack in trip.stacks if stack.applied)
    dropped = sum(len(stack.dropped) for stack in trip.stacks)
    verdict = "[green]applied, no drift, data kept without both keys, destroyed with them, nothing left[/]" if trip.ok else "[red]failed[/]"
    console.print(
        f"{escape(trip.lake)}: {verdict}: {len(trip.stacks)} stacks, {resources} resources applied, 0 left out, "
        f"{dropped} argument{'' if dropped == 1 else 's'} dropped, AWS provider {trip.provider_version}, {trip.seconds:.0f} s",
        soft_wrap=True,
    )
    console.print("[dim]an emulated AWS shows order, drift and what the provider does, not what AWS itself refuses[/]")


def _table(trip: RoundTrip) -> Table:
    table = Table()
    table.add_column("stack", no_wrap=True)
    for name in ("added", "apply s", "plan again", "unkeyed", "destroy s"):
        table.add_column(name, justify="right", no_wrap=True)
    for stack in trip.stacks:
        table.add_row(
            stack.stack,
            str(stack.applied.resources) if stack.applied else "",
            _seconds(stack.applied),
            _drift(stack.planned),
            {None: "no data", True: "[green]refused[/]", False: "[red]not refused[/]"}[stack.survived] if stack.planned else "",
            _seconds(stack.destroyed),
        )
    return table


def _seconds(run: Run | None) -> str:
    if run is None:
        return ""
    return f"{run.seconds:.1f}" if run.ok else "[red]failed[/]"


def _drift(run: Run | None) -> str:
    if run is None:
        return ""
    if not run.ok:
        return "[red]failed[/]"
    return f"[red]{len(run.changes)} changes[/]" if run.changes else "[green]empty[/]"


def _print_stack(console: Console, trip: RoundTrip, stack: StackTrip) -> None:
    for change in stack.planned.changes if stack.planned else ():
        console.print(f"[red]drift[/] [bold]{escape(f'{stack.stack} {change.address}')}[/]: {', '.join(change.actions)}")
    for dropped in stack.dropped:
        where = escape(f"{stack.stack} {dropped.address}.{dropped.argument}")
        console.print(f"[yellow]dropped[/] [bold]{where}[/]: provider {trip.provider_version} lacks it ({dropped.reason})")
    for run in stack.runs:
        if run is stack.refused:
            continue  # it is meant to fail
        for error in run.errors:
            console.print(f"[red]{run.verb}[/] [bold]{escape(stack.stack)}[/]: {escape(str(error))}")
