"""`moulin task`: starts, stops and watches the deployed capture of a lake (docs/operations.md)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import load_lake
from constructs_lib.config.problems import LakeFileError
from scripts.commands.local_support import LakeArgument
from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, Output, OutputOption, print_good, print_json, report
from scripts.task.errors import TaskError, WrongUseError, aws_errors_as_lines
from scripts.task.state import FAILED, NEW, STOPPED, STOPPING, Goal, StartType, TaskState, choose_start

if TYPE_CHECKING:
    from scripts.source_checks.finding import Finding
    from scripts.task.aws import Aws
    from scripts.task.capture import Capture

STOP_TIMEOUT_SECONDS = 900.0

task_app = typer.Typer(help="Starts, stops and watches the deployed capture of a lake.", no_args_is_help=True, rich_markup_mode=None)

ProfileOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="AWS profile; the region is the lake file's.", show_default="AWS_PROFILE")
]


@dataclass(frozen=True)
class _Deployed:
    """A lake and the way to its capture in AWS."""

    lake: Lake
    aws: Aws
    capture: Capture


@contextmanager
def _deployed(path: Path, *, profile: str | None, output: Output) -> Iterator[_Deployed]:
    """Opens the way to a lake's capture, and turns what can go wrong into a line and an exit code."""
    try:
        lake = load_lake(path)
    except LakeFileError as error:
        report(error, output)
        raise typer.Exit(WRONG_USE) from error
    try:
        with aws_errors_as_lines(region=lake.region, profile=profile):
            from scripts.task.aws import connect
            from scripts.task.capture import capture_of

            aws = connect(lake, profile=profile)
            yield _Deployed(lake, aws, capture_of(lake, aws))
    except LakeFileError as error:
        report(error, output)
        raise typer.Exit(WRONG_USE) from error
    except TaskError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(error.exit_code) from error


@task_app.command("start")
def start(
    lake: LakeArgument,
    reload: Annotated[bool, typer.Option("--reload", help="Load every table again, then follow changes. Asks first.")] = False,
    resume_failed: Annotated[bool, typer.Option("--resume-failed", help="Go on with a failed task: its cause is mended.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, load everything again.")] = False,
    source: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Ask the source's catalog first: mysql://user@host:port, by TLS, the password in MOULIN_DB_PASSWORD.",
            show_default="it is not asked",
        ),
    ] = None,
    profile: ProfileOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Starts capture, the first time with the full load, later where it stopped. Only when all that reads after it is active.

    With --source, only when the source's catalog says nothing that makes rows come out wrong: keys that identify no row, columns that DMS
    never sends. What may make them so is warned of.

    Exit code: 0 when it starts or runs already, 1 when it may not or cannot start, 2 for wrong use.
    """
    with _deployed(lake, profile=profile, output=output) as deployed:
        from scripts.task.connections import failed_connections
        from scripts.task.readiness import what_is_not_ready
        from scripts.task.show import say_on_terminal

        if reload and resume_failed:
            raise WrongUseError("--reload and --resume-failed exclude each other: one loads again, the other goes on")
        state, findings = deployed.capture.state(), None
        how = choose_start(state, reload=reload, resume_failed=resume_failed)
        if how is not None:
            findings = None if source is None else _ask_source(lake, deployed.lake, source, output)
            _refuse(what_is_not_ready(deployed.lake, deployed.aws), "not started")
            if how is StartType.RELOAD:
                _confirm_reload(deployed.lake, yes=yes)
            _refuse(failed_connections(state, deployed.aws, say=say_on_terminal), "not started")
            deployed.capture.start(state, how)
    if output is Output.JSON:
        started = {"task": state.identifier, "arn": state.arn, "started": how is not None, "start_type": how and how.value}
        print_json({**started, "findings": findings and [finding.as_record() for finding in findings]})
    elif how is None:
        print_good(f"{state.identifier} is {state.status} already")
    else:
        print_good(f"{state.identifier} starts ({how.value}); moulin task wait {lake} --for running waits for it")


def _ask_source(path: Path, lake: Lake, url: str, output: Output) -> list[Finding]:
    """What the source's catalog says against the lake.

    Raises:
        LakeFileError: rows are certain to come out wrong.
        TaskError: the source cannot be asked.
    """
    import pymysql

    from scripts.commands.local_support import ask_source
    from scripts.seed.credentials import parse_source
    from scripts.seed.errors import SeedError, statement_error

    try:
        return ask_source(path, parse_source(url), output, refuse=True, root=lake.source_root)
    except (SeedError, pymysql.MySQLError, OSError) as error:
        said = statement_error(error)
        kind = WrongUseError if said.exit_code == WRONG_USE else TaskError
        raise kind(f"the source could not be asked: {said}") from None


def _refuse(found: list[str], what: str) -> None:
    if found:
        raise TaskError("\n".join(f"{what}: {line}" for line in found))


def _confirm_reload(lake: Lake, *, yes: bool) -> None:
    from scripts.task.reload import what_a_reload_does

    if yes:
        return
    if not sys.stdin.isatty():
        raise WrongUseError(f"--reload needs --yes where nobody can be asked: {' '.join(what_a_reload_does(lake))}")
    for line in what_a_reload_does(lake):
        print(line, file=sys.stderr)
    if not typer.confirm("Load every table again?", err=True):
        raise TaskError("not started: nothing was changed")


@task_app.command("stop")
def stop(
    lake: LakeArgument,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Return as soon as DMS has taken the request.")] = False,
    timeout: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="How long to wait.")] = STOP_TIMEOUT_SECONDS,
    profile: ProfileOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Stops capture and waits until it has stopped. A later start goes on at its recovery checkpoint.

    Exit code: 0 when it is stopped or never ran, 1 when it cannot be stopped or does not in time, 2 for wrong use.
    """
    with _deployed(lake, profile=profile, output=output) as deployed:
        from scripts.task.show import say_on_terminal
        from scripts.task.waiting import wait_for

        state = deployed.capture.state()
        if state.status not in (*NEW, STOPPED, STOPPING, FAILED):
            deployed.capture.stop(state)
        if no_wait:
            state = deployed.capture.state()
        elif state.status not in (*NEW, STOPPED):
            say_on_terminal(f"waiting until {state.identifier} has stopped")
            state = wait_for(deployed.capture, Goal.STOPPED, timeout_seconds=timeout)
    if output is Output.JSON:
        print_json({"task": state.identifier, "arn": state.arn, "state": state.status, "recovery_checkpoint": state.checkpoint})
    elif state.status in NEW:
        print_good(f"{state.identifier} is {state.status}: it was never started")
    else:
        print_good(f"{state.identifier} is {state.status}")
        if state.checkpoint:
            print(f"recovery checkpoint: {state.checkpoint}")


@task_app.command("status")
def status(lake: LakeArgument, profile: ProfileOption = None, output: OutputOption = Output.TEXT) -> None:
    """Shows state, full load per table, and how far each part is behind.

    Exit code: 0 when nothing is wrong, 1 when the task failed or a table has errors or is suspended, 2 for wrong use.
    """
    with _deployed(lake, profile=profile, output=output) as deployed:
        from scripts.task.report import report_status
        from scripts.task.show import print_status

        found = report_status(deployed.lake, deployed.aws, deployed.capture)
    if output is Output.JSON:
        print_json(found.as_record())
    else:
        print_status(found)
    raise typer.Exit(FOUND_A_PROBLEM if found.problems else 0)


@task_app.command("wait")
def wait(
    lake: LakeArgument,
    goal: Annotated[Goal, typer.Option("--for", help="What to wait for.")] = Goal.FULL_LOAD,
    timeout: Annotated[
        float | None, typer.Option(min=0, metavar="SECONDS", help="How long to wait.", show_default="as long as it takes")
    ] = None,
    profile: ProfileOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Waits until the full load is complete, or the task runs, or has stopped.

    Exit code: 0 when that is so, 1 when it fails or the time is over, 2 for wrong use.
    """
    started = time.monotonic()
    with _deployed(lake, profile=profile, output=output) as deployed:
        from constructs_lib.config.capture import CaptureMode
        from scripts.task.show import load_progress
        from scripts.task.waiting import wait_for

        if goal is Goal.FULL_LOAD and deployed.lake.capture.mode is CaptureMode.CDC:
            raise WrongUseError("capture.mode is cdc: there is no full load to wait for (use --for running)")
        with load_progress(quiet=output is Output.JSON) as bars:
            on_look = bars.show if bars is not None else _nothing
            state = wait_for(deployed.capture, goal, timeout_seconds=timeout, on_look=on_look)
    seconds = time.monotonic() - started
    if output is Output.JSON:
        print_json({"task": state.identifier, "state": state.status, "reached": goal.value, "seconds": round(seconds, 1)})
    else:
        print_good(f"{state.identifier}: {_reached(goal, state)} ({seconds:,.0f} s)")


def _reached(goal: Goal, state: TaskState) -> str:
    return f"full load complete, {state.loaded} tables" if goal is Goal.FULL_LOAD else state.status


def _nothing(*_: Any) -> None:
    """No terminal to draw on."""
