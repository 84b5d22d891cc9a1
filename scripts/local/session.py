"""One run of `moulin local`: a source with rows in it, its full load, the changes that are made meanwhile, and then everything compared."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from scripts.local.compare import TableResult
from scripts.local.counts import RunCounts
from scripts.local.delivery import TableName
from scripts.local.evolution import GrownColumn
from scripts.local.faults import Faults
from scripts.local.grown import grown, unlisted
from scripts.local.guarantees import not_covered
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.runner import Progress, Runner, fingerprint, sink_tables
from scripts.local.setup import sessions
from scripts.local.source.full_load import current
from scripts.local.source.positions import boundary
from scripts.local.source.source import SourceReader
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from scripts.local.verify import verify_local
from scripts.local.workload import Workload
from scripts.seed.credentials import Login
from scripts.source_checks.finding import Finding
from scripts.stopping import stop_on_signal

DEFAULT_MIX = "insert=60,update=30,delete=10"


@dataclass(frozen=True)
class Plan:
    """What a run is to do.

    Attributes:
        lake: lake file.
        rows: rows per table that are there before the full load; 0 writes none and creates no table.
        changes: changes per table that are made while the lake runs; 0 for none, negative for endless.
        seconds: ends the changes after so long; None when they are all made. Without changes of its own the run captures what others make.
        rate: changes per second; None for as fast as it goes.
        mix: shares of inserts, updates and deletes.
        random_seed: of rows, changes and faults.
        faults: what goes wrong on purpose.
        speed_up: divides the times that buffers wait.
        examples: how many differing keys of a table to show.
    """

    lake: Path
    rows: int = 1_000
    changes: int = 1_000
    seconds: float | None = None
    rate: float | None = None
    mix: str = DEFAULT_MIX
    random_seed: int = 47
    faults: Faults = field(default_factory=Faults)
    speed_up: float = 60.0
    examples: int = 10


@dataclass
class Outcome:
    """What a run found.

    Attributes:
        counts: of the deliveries.
        resumed: it went on from an earlier run.
        interrupted: the user stopped it; the next run goes on.
        accounting: where records went nowhere; empty when the sums come out.
        tables: each table compared; empty after an interruption.
        not_covered: faults of this run that a table's mode does not promise to bear.
        skipped: what the capture saw and DMS does not capture.
        not_captured: columns that DMS does not migrate.
        evolved: columns that the lake file does not list and that tables have grown by, in this run or before.
        evolving: lake tables, `database.table`, that grow when such a column comes.
    """

    counts: RunCounts
    resumed: bool = False
    interrupted: bool = False
    accounting: list[str] = field(default_factory=list)
    tables: list[TableResult] = field(default_factory=list)
    not_covered: list[str] = field(default_factory=list)
    skipped: Mapping[tuple[str, str], int] = field(default_factory=dict)
    not_captured: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    evolved: Mapping[TableName, Sequence[GrownColumn]] = field(default_factory=dict)
    evolving: frozenset[str] = frozenset()

    @property
    def equal(self) -> bool:
        """Whether every record is accounted for and every table equals its source."""
        return not self.accounting and all(result.equal for result in self.tables)


def is_new(template: LocalTemplate, folder: LakeFolder) -> bool:
    """Whether nothing was delivered yet that a run could go on from."""
    return not folder.read(fingerprint(template, grown(template, folder)))


def run_session(
    plan: Plan,
    template: LocalTemplate,
    folder: LakeFolder,
    login: Login,
    *,
    findings: Sequence[Finding] = (),
    on_progress: Progress | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Runs a lake until its source is quiet, or the user stops it; then compares.

    Args:
        plan: what to do.
        template: the lake as synthesised.
        folder: what it keeps.
        login: of the source.
        findings: what the source's catalog says against the lake.
        on_progress: told the counts now and then.
        say: takes a line for the user.
    """
    if plan.rows and is_new(template, folder):
        say(f"writing {plan.rows:,} rows into each source table")
        arguments = ["--create-table", "--max-count", str(plan.rows), "--random-seed", str(plan.random_seed)]
        Workload(plan.lake, login, arguments).finish()
    with (
        Runner(template, folder, faults=plan.faults, speed_up=plan.speed_up) as runner,
        stop_on_signal(partial(say, "stopping at the next commit; the next run goes on from there")) as stop,
    ):
        outcome = Outcome(runner.counts, resumed=runner.resume is not None)
        say(f"capturing from {_place(runner.resume)}")
        workload = _start_changes(plan, login, resumed=outcome.resumed)
        try:
            _capture(plan, template, folder, runner, login, workload, stop, outcome, on_progress, say)
        finally:
            if workload is not None:
                workload.stop()
        if workload is not None and not stop.is_set():
            workload.finish()
        outcome.interrupted = stop.is_set()
        outcome.accounting = list(runner.counts.check())
    outcome.evolved = unlisted(template, folder)
    destinations = [table for delivery in template.deliveries for table in sink_tables(template, delivery)]
    outcome.evolving = frozenset(table.label for table in destinations if table.evolves)
    if not outcome.interrupted:
        say("comparing the lake with its source")
        outcome.tables = list(verify_local(template, folder, login, findings=findings, examples=plan.examples))
        outcome.not_covered = list(not_covered(plan.faults, outcome.tables))
    return outcome


def _capture(
    plan: Plan,
    template: LocalTemplate,
    folder: LakeFolder,
    runner: Runner,
    login: Login,
    workload: Workload | None,
    stop: threading.Event,
    outcome: Outcome,
    on_progress: Progress | None,
    say: Callable[[str], None],
) -> None:
    """Delivers until the changes are made and everything that they wrote has arrived."""
    connect = sessions(login)
    goal: list[SourcePosition] = []
    timer: threading.Timer | None = None
    if workload is not None and plan.seconds is not None:
        timer = threading.Timer(plan.seconds, workload.stop)
        timer.daemon = True
        timer.start()
    others_until = time.monotonic() + (plan.seconds or 0.0 if workload is None else 0.0)

    def lost(reason: str) -> None:
        runner.counts.reconnects += 1
        say(f"the connection to the source broke ({reason}): making it again, going on where it was")

    def idle() -> None:
        runner.idle()
        if stop.is_set():
            reader.stop()
        if (workload is not None and workload.running) or time.monotonic() < others_until:
            return
        if not goal:  # where the source stood when the last change was made
            here = current(connect)
            goal.append(boundary(here.number, here.offset))
        if reader.boundary is not None and not reader.boundary < goal[0]:
            reader.stop()

    reader = SourceReader(template, connect, on_idle=idle, on_table=runner.declared.note, on_lost=lost)
    try:
        runner.run(_stopping(reader, runner.resume), boundary=lambda: reader.boundary, stop=stop, on_progress=on_progress)
    finally:
        folder.note_unseen(list(reader.skipped))
    outcome.skipped, outcome.not_captured = dict(reader.skipped), dict(reader.not_captured)
    if timer is not None:
        timer.cancel()


def _stopping(reader: SourceReader, resume: SourcePosition | None) -> Iterator[CapturedRecord]:
    """The records; the reader lets go of the source when nobody takes more of them."""
    records = reader.records(resume, until_caught_up=False)
    try:
        yield from records
    finally:
        reader.stop()


def _start_changes(plan: Plan, login: Login, *, resumed: bool) -> Workload | None:
    if not plan.changes:
        return None
    count = -1 if plan.seconds is not None else plan.changes
    # A resumed run makes other changes than the one before it: the same values would be drawn again.
    seed = plan.random_seed + (2 if resumed else 1)
    arguments: list[Any] = ["--max-count", count, "--mix", plan.mix, "--random-seed", seed, "--batch-size", 100]
    if plan.rate is not None:
        arguments += ["--rate", plan.rate]
    return Workload(plan.lake, login, [str(argument) for argument in arguments])


def _place(resume: SourcePosition | None) -> str:
    return "the beginning: full load, then changes" if resume is None else f"log file {resume.file}, byte {resume.offset:,}"
