"""What is said: progress while it runs, totals at the end, as text or as one JSON object."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from rich.text import Text

from scripts.console import open_console
from scripts.seed.table_run import Tally


@dataclass
class Report:
    """What a run did.

    Attributes:
        random_seed: the seed of the rows.
        dry_run: nothing was written.
        tables: `schema.table` to what was counted.
        seconds: how long writing took.
        created: tables that were made.
        dropped: tables that were dropped.
        notices: what the user should know.
        statements: what a dry run would have run, for JSON.
        interrupted: stopped by Ctrl-C or a signal.
        error: what stopped it; None for a good end.
    """

    random_seed: int
    dry_run: bool = False
    tables: dict[str, Tally] = field(default_factory=dict)
    seconds: float = 0.0
    created: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    interrupted: bool = False
    error: str | None = None

    @property
    def total(self) -> Tally:
        """All tables together."""
        total = Tally()
        for tally in self.tables.values():
            total.add(tally)
        return total

    @property
    def rows_per_second(self) -> float:
        """Written rows per second."""
        return self.total.changed / self.seconds if self.seconds > 0 else 0.0

    def as_json(self) -> str:
        """The report as one JSON object."""
        fields = asdict(self)
        fields["tables"] = [{"table": name, **asdict(tally)} for name, tally in self.tables.items()]
        fields.update(asdict(self.total), seconds=round(self.seconds, 3), rows_per_second=round(self.rows_per_second, 1))
        if not self.dry_run:
            del fields["statements"]
        return json.dumps(fields, ensure_ascii=False)


class Voice:
    """Prints: results on standard output, everything else on standard error.

    Args:
        json: totals and statements as one JSON object.
    """

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._errors = open_console(errors=True)

    def notice(self, text: str) -> None:
        """Tells something that does not stop the work."""
        self._errors.print(f"notice: {text}", markup=False)

    def statement(self, report: Report, text: str) -> None:
        """Shows a statement of a dry run."""
        if self._json:
            report.statements.append(text)
        else:
            print(f"{text};", flush=True)

    def finish(self, report: Report) -> None:
        """Prints the totals, and what stopped the work."""
        if self._json:
            print(report.as_json(), flush=True)
        elif report.dry_run:
            self.notice("dry run: nothing was written")
        elif report.tables or report.created or report.dropped:
            self._totals(report)
        if report.error is not None:
            for line in report.error.splitlines():
                self._errors.print(f"moulin seed: {line}", markup=False)

    def _totals(self, report: Report) -> None:
        for verb, tables in (("dropped", report.dropped), ("created", report.created)):
            for table in tables:
                print(f"{verb} {table}")
        if not report.tables:
            return
        grid = Table("table", *(_right(name) for name in ("inserted", "updated", "deleted", "skipped")), show_footer=False)
        rows = list(report.tables.items())
        for name, tally in [*rows, ("total", report.total)] if len(rows) > 1 else rows:
            grid.add_row(Text(name), *(f"{number:,}" for number in (tally.inserted, tally.updated, tally.deleted, tally.skipped)))
        console = open_console()
        console.print(grid, soft_wrap=False)
        console.print(f"{report.total.changed:,} rows in {report.seconds:.1f} s: {report.rows_per_second:,.0f} rows/s")

    @contextlib.contextmanager
    def progress(self, total: int | None) -> Iterator[Callable[[int], None]]:
        """A progress bar, on a terminal only; yields what advances it.

        Args:
            total: changes to make; None for endless.
        """
        if not sys.stderr.isatty() or (self._json and sys.stdout.isatty()):
            yield _ignore
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._errors, transient=True) as bar:
            task = bar.add_task("changes", total=total)
            yield lambda count: bar.advance(task, count)


def _ignore(count: int) -> None:
    """Advances no bar."""


def _right(name: str) -> Column:
    return Column(name, justify="right")
