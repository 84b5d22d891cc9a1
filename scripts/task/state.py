"""A capture task as it stands, and what may be done with it. Nothing here calls AWS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from constructs_lib.config.capture import CaptureMode
from scripts.task.errors import TaskError


class Kind(StrEnum):
    """What runs the capture."""

    INSTANCE = "instance"
    SERVERLESS = "serverless"


class StartType(StrEnum):
    """DMS's ways of starting."""

    FIRST = "start-replication"
    RESUME = "resume-processing"
    RELOAD = "reload-target"


class Goal(StrEnum):
    """What can be waited for."""

    FULL_LOAD = "full-load"
    RUNNING = "running"
    STOPPED = "stopped"


NEW = ("ready", "created")
RUNNING = "running"
STOPPED = "stopped"
STOPPING = "stopping"
FAILED = "failed"
STARTING = (
    "starting",
    # DMS Serverless, in this order:
    "initializing",
    "preparing_metadata_resources",
    "testing_connection",
    "fetching_metadata",
    "calculating_capacity",
    "provisioning_capacity",
    "replication_starting",
)

_GOOD_STOPS = ("NORMAL", "FULL_LOAD_ONLY_FINISHED", "STOPPED_AFTER_", "STOPPED_AT_", "RECONFIGURATION_RESTART", "RECYCLE_TASK")
_BAD_TABLES = ("error", "does not exist", "suspended")
_CANCELLED = "cancelled"


@dataclass(frozen=True)
class TableState:
    """What DMS says of one table.

    Attributes:
        name: `schema.table` in the source.
        state: DMS's words, such as `Full load` or `Table completed`.
        loaded_rows: rows of the full load.
        inserts: changes since, and so on.
        error_rows: rows that the full load could not write.
    """

    name: str
    state: str
    loaded_rows: int = 0
    inserts: int = 0
    updates: int = 0
    deletes: int = 0
    ddls: int = 0
    error_rows: int = 0

    @property
    def wrong(self) -> bool:
        """Whether DMS has given up on it: an error, a suspended table, one that is not there."""
        return self.error_rows > 0 or any(word in self.state.lower() for word in _BAD_TABLES)

    @property
    def complete(self) -> bool:
        """Whether its full load is through."""
        return "completed" in self.state.lower()

    @property
    def loading(self) -> bool:
        """Whether it is being loaded at this moment."""
        return self.state.lower() in ("full load", "table is being reloaded")


@dataclass(frozen=True)
class TaskState:
    """What DMS says of a task or a serverless replication.

    Attributes:
        identifier: its name.
        arn: what it is started and stopped by.
        kind: what runs it.
        mode: what it does.
        status: DMS's word, in lower case with underscores.
        has_run: whether it has ever been started.
        stop_reason: DMS's reason of the last stop.
        failure: DMS's last failure message.
        checkpoint: where changes are resumed.
        percent: of the full load.
        loaded: tables, and so on.
        instance_arn: the replication instance; None for serverless.
        endpoints: ARNs of source and target.
    """

    identifier: str
    arn: str
    kind: Kind
    mode: CaptureMode
    status: str
    has_run: bool = False
    stop_reason: str | None = None
    failure: str | None = None
    checkpoint: str | None = None
    percent: int = 0
    loaded: int = 0
    loading: int = 0
    queued: int = 0
    errored: int = 0
    instance_arn: str | None = None
    endpoints: tuple[str, ...] = ()

    @property
    def starting(self) -> bool:
        """Whether it is on its way to running."""
        return self.status in STARTING

    @property
    def reason(self) -> str:
        """Why it stands, in DMS's words."""
        return "; ".join(filter(None, [self.stop_reason, self.failure])) or "DMS gives no reason: look at the task's log"

    @property
    def stopped_badly(self) -> bool:
        """Whether it stopped for a reason that nobody asked for."""
        reason = (self.stop_reason or "").removeprefix("Stop Reason ")
        return self.status == STOPPED and bool(reason) and not reason.startswith(_GOOD_STOPS)

    @property
    def load_complete(self) -> bool:
        """Whether every table's full load is through. Just started, the numbers may still be those of the run before."""
        if self.mode is CaptureMode.CDC or self.status not in (RUNNING, STOPPING, STOPPED):
            return False
        return self.percent >= 100 and not self.loading and not self.queued


def choose_start(state: TaskState, *, reload: bool, resume_failed: bool) -> StartType | None:
    """How a task is started; None when it runs already.

    Args:
        state: the task.
        reload: load every table again.
        resume_failed: go on with a failed task, because its cause is mended.

    Raises:
        TaskError: it cannot be started as it stands.
    """
    task = f"task {state.identifier}"
    if state.status == RUNNING or state.starting:
        if reload:
            raise TaskError(f"{task} is {state.status}: stop it before you reload (moulin task stop)")
        return None
    if state.status == FAILED and not (reload or resume_failed):
        raise TaskError(
            f"{task} has failed: {state.reason} (mend that, then go on where it stood with --resume-failed, or load every table"
            " again with --reload)"
        )
    if state.status not in (*NEW, STOPPED, FAILED):
        raise TaskError(f"{task} is {state.status} and cannot be started now: wait until it is ready or stopped (moulin task status)")
    if not state.has_run and state.status != STOPPED:
        return StartType.FIRST
    if reload:
        return StartType.RELOAD
    if state.mode is CaptureMode.FULL_LOAD and (state.kind is Kind.SERVERLESS or state.load_complete):
        raise TaskError(f"{task} only loads (capture.mode is full-load) and has run: there is nothing to resume (--reload loads again)")
    return StartType.RESUME


def reached(goal: Goal, state: TaskState, tables: Sequence[TableState]) -> bool:
    """Whether what is waited for is there.

    Raises:
        TaskError: it will not come by waiting.
    """
    task = f"task {state.identifier}"
    if state.status == FAILED or (state.stopped_badly and goal is not Goal.STOPPED):
        raise TaskError(f"{task} has {state.status}: {state.reason}")
    wrong = [f"{table.name} ({table.state})" for table in tables if table.wrong]
    if wrong:
        raise TaskError(f"{task} has given up on {', '.join(wrong[:10])}{', ...' if len(wrong) > 10 else ''} (read the task's log)")
    if goal is Goal.FULL_LOAD and state.load_complete:
        return True
    if goal is Goal.RUNNING and state.status == RUNNING:
        return True
    if goal is Goal.STOPPED and state.status == STOPPED:
        return True
    if state.status in NEW:
        raise TaskError(f"{task} is {state.status}: nobody has started it (moulin task start)")
    if state.status == STOPPED:
        raise TaskError(f"{task} has stopped before that: {state.reason}")
    return False


def problems(state: TaskState, tables: Sequence[TableState], *, expected: Sequence[str]) -> list[str]:
    """What is wrong with a capture: empty when nothing is.

    Args:
        state: the task.
        tables: what DMS says of each table.
        expected: `schema.table` of the lake file.
    """
    found = []
    if state.status == FAILED or state.stopped_badly:
        found.append(f"the task has {state.status}: {state.reason}")
    elif state.status == "failed-move":
        found.append(f"the task could not be moved: {state.reason}")
    found += [f"{table.name}: {table.state}{_rows(table)}" for table in tables if table.wrong]
    if state.status == RUNNING:
        found += [f"{table.name}: its load was cancelled" for table in tables if _CANCELLED in table.state.lower()]
    if state.errored and not any(table.wrong for table in tables):
        found.append(f"{state.errored} table{'s' if state.errored > 1 else ''} with errors (read the task's log)")
    if state.load_complete and tables:
        seen = {table.name.casefold() for table in tables}
        found += [
            f"{name}: in the lake file, but DMS does not see it (is it in the source, and may the replication user read it?)"
            for name in expected
            if name.casefold() not in seen
        ]
    return found


def _rows(table: TableState) -> str:
    return f", {table.error_rows:,} rows not loaded" if table.error_rows else ""
