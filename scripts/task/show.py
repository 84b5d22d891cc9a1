"""Tasks for people: tables in words, progress on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from constructs_lib.config.capture import CaptureMode
from scripts.console import open_console
from scripts.task.lag import WINDOW_MINUTES, Lag
from scripts.task.report import StatusReport
from scripts.task.state import Kind, TableState, TaskState

MOST_BARS = 20


def print_status(report: StatusReport) -> None:
    """Everything the report knows, what is wrong last."""
    console = open_console()
    state = report.state
    runs = "DMS Serverless" if state.kind is Kind.SERVERLESS else "DMS instance"
    console.print(f"[bold]{state.identifier}[/]: [bold]{state.status}[/] ({runs}, {state.mode.value})")
    if state.stop_reason:
        console.print(f"last stop: {state.stop_reason}", markup=False)
    if state.checkpoint:
        console.print(f"recovery checkpoint: {state.checkpoint}", markup=False)
    if not state.has_run:
        console.print("never started")
    elif state.mode is not CaptureMode.CDC:
        console.print(f"full load: {_load(state)}")
    if report.tables:
        console.print(_table_of(report.tables), soft_wrap=False)
    for lag in report.lags:
        console.print(f"{lag.metric.label}: {_lag(lag)}", markup=False)
    if state.kind is Kind.SERVERLESS:
        console.print("DMS's own latency: not shown for DMS Serverless")
    if report.optimizers:
        console.print(f"Glue's table optimizers: {sum(not one.wrong for one in report.optimizers)} of {len(report.optimizers)} in order")
    for problem in report.problems:
        console.print(f"problem: {problem}", style="red", markup=False)


def _load(state: TaskState) -> str:
    counts = f"{state.loaded} tables loaded, {state.loading} loading, {state.queued} queued, {state.errored} with errors"
    return f"{'complete' if state.load_complete else f'{state.percent} %'}: {counts}"


def _lag(lag: Lag) -> str:
    if lag.seconds is None or lag.at is None:
        return f"no data yet (none in the last {WINDOW_MINUTES} minutes)"
    return f"{lag.seconds:,.0f} s at {lag.at:%H:%M} UTC"


def _table_of(tables: Sequence[TableState]) -> Table:
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("table")
    shown.add_column("state")
    for heading in ("loaded", "inserts", "updates", "deletes", "DDLs", "errors"):
        shown.add_column(heading, justify="right")
    for table in tables:
        numbers = (table.loaded_rows, table.inserts, table.updates, table.deletes, table.ddls, table.error_rows)
        shown.add_row(Text(table.name), table.state, *(f"{number:,}" for number in numbers), style="red" if table.wrong else None)
    return shown


class LoadProgress:
    """Bars of the full load on standard error: one for all tables, and one for each that is loading. DMS does not tell how many rows a
    table has, so a table's bar only moves until it is complete.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._all = progress.add_task("full load", total=100, detail="")
        self._bars: dict[str, TaskID] = {}

    def show(self, state: TaskState, tables: Sequence[TableState]) -> None:
        """Draws what is so now."""
        detail = f"{state.status}, {state.loaded} of {state.loaded + state.loading + state.queued + state.errored} tables"
        self._progress.update(self._all, completed=state.percent, detail=detail)
        for table in tables:
            if table.name not in self._bars and table.loading and len(self._bars) < MOST_BARS:
                self._bars[table.name] = self._progress.add_task(table.name, total=None, detail="")
            bar = self._bars.get(table.name)
            if bar is None:
                continue
            rows = f"{table.loaded_rows:,} rows"
            if table.loading:
                self._progress.update(bar, detail=rows)
            else:
                self._progress.update(bar, total=1, completed=1, detail=f"{rows}, {table.state}")


@contextmanager
def load_progress(*, quiet: bool) -> Iterator[LoadProgress | None]:
    """Bars where somebody sits before a terminal; None elsewhere."""
    console = open_console(errors=True)
    if quiet or not console.is_terminal:
        yield None
        return
    name, detail = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[detail]}", markup=False)
    with Progress(name, BarColumn(), detail, TimeElapsedColumn(), console=console) as progress:
        yield LoadProgress(progress)


def say_on_terminal(text: str) -> None:
    """What goes on, on standard error, where somebody waits."""
    console = open_console(errors=True)
    if console.is_terminal:
        console.print(text, style="dim", markup=False)
