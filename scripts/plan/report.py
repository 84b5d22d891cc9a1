"""Shows what came of the plans: a table for people, records for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from scripts.console import open_console
from scripts.plan.diagnostics import Diagnostic
from scripts.plan.results import StackPlan

VERBS = {"create": "add", "update": "change", "delete": "destroy"}


def plan_records(plans: Sequence[StackPlan]) -> list[dict[str, Any]]:
    """Every result in full, as plain data."""
    return [{**asdict(plan), "ok": plan.ok} for plan in plans]


def print_plans(plans: Sequence[StackPlan], *, seconds: float) -> None:
    """Prints a table of the stacks, and below it what they add by type, what was dropped, the warnings and the errors."""
    console = open_console()
    console.print(_table(plans), soft_wrap=False)
    for plan in plans:
        _print_stack(console, plan)
    failed = sum(not plan.ok for plan in plans)
    resources = sum(plan.count_by_type().total() for plan in plans)
    stacks = f"{len(plans)} stack{'' if len(plans) == 1 else 's'}"
    verdict = f"[red]{failed} of {stacks} failed[/]" if failed else f"[green]{stacks} validated and planned[/]"
    console.print(f"{verdict}: {resources} resources to add, AWS provider {plans[0].provider_version}, {seconds:.1f} s")
    console.print("[dim]values of other stacks that only an apply knows are placeholders[/]")


def _table(plans: Sequence[StackPlan]) -> Table:
    table = Table()
    for name in ("stack", "validate", "plan"):
        table.add_column(name, no_wrap=True)
    for name in ("warnings", "seconds"):
        table.add_column(name, justify="right", no_wrap=True)
    for plan in plans:
        validated = "[green]ok[/]" if plan.validated else "[red]failed[/]"
        table.add_row(plan.stack, validated, _summary(plan), str(len(plan.warnings)), f"{plan.seconds:.1f}")
    return table


def _summary(plan: StackPlan) -> str:
    """Such as `24 to add`."""
    if not plan.ok:
        return "[red]failed[/]"
    counts = {verb: plan.count_by_type(action).total() for action, verb in VERBS.items()}
    return ", ".join(f"{count} to {verb}" for verb, count in counts.items() if count) or "no change"


def _print_stack(console: Console, plan: StackPlan) -> None:
    kinds = ", ".join(f"{kind.removeprefix('aws_')} {count}" for kind, count in sorted(plan.count_by_type().items()))
    if kinds:
        console.print(f"{escape(plan.stack)}: [dim]{kinds}[/]")
    for dropped in plan.dropped:
        where = escape(f"{plan.stack} {dropped.address}.{dropped.argument}")
        console.print(f"[yellow]dropped[/] [bold]{where}[/]: provider {plan.provider_version} lacks it ({dropped.reason})")
    _print_diagnostics(console, plan, plan.warnings, "yellow")
    _print_diagnostics(console, plan, plan.errors, "red")


def _print_diagnostics(console: Console, plan: StackPlan, diagnostics: Sequence[Diagnostic], colour: str) -> None:
    for item in diagnostics:
        where = escape(f"{plan.stack} {item.address}".strip())
        console.print(f"[{colour}]{item.severity}[/] [bold]{where}[/]: {escape(item.summary)}")
        for line in item.detail.splitlines():
            console.print(f"    {escape(line)}")
