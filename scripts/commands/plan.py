"""`moulin plan`: validates and plans the synthesised stacks with the real AWS provider and no AWS account."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, Output, OutputOption, print_json
from scripts.console import open_console
from scripts.plan.report import plan_records, print_plans
from scripts.plan.results import StackPlan
from scripts.plan.run import validate_and_plan
from scripts.plan.terraform import SetupError


def plan(
    out: Annotated[Path, typer.Option(help="What `make synth` wrote.")] = Path("cdktf.out"),
    stack: Annotated[list[str] | None, typer.Option(help="A stack, `*` allowed; those it reads from are planned too. Repeatable.")] = None,
    work: Annotated[Path | None, typer.Option(help="An empty folder that keeps the plans and the emulator's log.")] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Validates and plans every stack with the real AWS provider and no AWS account.

    Exit code: 0 when all stacks validate and plan, 1 when one does not, 2 for wrong use.
    """
    started = time.perf_counter()
    try:
        plans = validate_and_plan(out, only=stack or (), work=work, on_plan=_say)
    except SetupError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG_USE) from error
    if output is Output.JSON:
        print_json(plan_records(plans))
    else:
        print_plans(plans, seconds=time.perf_counter() - started)
    raise typer.Exit(0 if all(done.ok for done in plans) else FOUND_A_PROBLEM)


def _say(done: StackPlan) -> None:
    """Progress, for who sits before a terminal."""
    console = open_console(errors=True)
    if console.is_terminal:
        console.print(f"[dim]{done.stack}: {'planned' if done.ok else 'failed'}, {done.seconds:.1f} s[/]")
