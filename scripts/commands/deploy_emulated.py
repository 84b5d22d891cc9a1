"""`moulin deploy-emulated`: applies a lake to an emulated AWS with the real provider, plans it again, and destroys it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, Output, OutputOption, print_json
from scripts.console import open_console
from scripts.deploy.deployment import Run
from scripts.deploy.report import print_trip, trip_record
from scripts.deploy.run import AT_A_TIME, round_trip
from scripts.plan.terraform import SetupError


def deploy_emulated(
    lake: Annotated[Path, typer.Argument(help="The lake file.")] = Path("lakes/retail.yaml"),
    work: Annotated[Path | None, typer.Option(help="An empty folder that keeps stacks, states and logs.")] = None,
    at_a_time: Annotated[int, typer.Option(min=1, help="Stacks side by side; each takes about 1.5 GB of memory.")] = AT_A_TIME,
    output: OutputOption = Output.TEXT,
) -> None:
    """Applies every stack of a lake to an emulated AWS, plans it again, and destroys it; needs no AWS account.

    Exit code: 0 when every stack applies, the second plan is empty, data survives a destroy without both keys and nothing is left after one
    with them; 1 when not; 2 for wrong use.
    """
    try:
        trip = round_trip(lake, work=work, at_a_time=at_a_time, on_run=_say)
    except SetupError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG_USE) from error
    if output is Output.JSON:
        print_json(trip_record(trip))
    else:
        print_trip(trip)
    raise typer.Exit(0 if trip.ok else FOUND_A_PROBLEM)


def _say(run: Run) -> None:
    """Progress, for who sits before a terminal."""
    console = open_console(errors=True)
    if console.is_terminal:
        console.print(f"[dim]{run.stack}: {run.verb} {'done' if run.ok else 'refused or failed'}, {run.seconds:.1f} s[/]")
