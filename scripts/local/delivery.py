"""One Firehose stream, locally: records through the function in batches, rows into Iceberg in commits, failures into the error path."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from constructs_lib.config.source_table import source_label
from scripts.local.batching import MAX_RECORD_BYTES, Buffer, Clock
from scripts.local.commits import CONFLICT, CommitConflictError, commit
from scripts.local.counts import DeliveryCounts
from scripts.local.errors import ICEBERG_FAILED, PROCESSING_FAILED, ErrorPath, FailedRecord, RecordId
from scripts.local.faults import Arrival
from scripts.local.function import Delivered, Dropped, Failed, Result, TransformFunction, event_bytes
from scripts.local.function_worker import PAYLOAD_BYTES
from scripts.local.iceberg_sink import IcebergTable, SinkRow, Staged
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.routes import Route
from scripts.local.superseded import SupersededKeys
from scripts.local.template import DeliveryTemplate

_OPERATIONS = {name.encode(): name for name in ("load", "insert", "update", "delete")}
TOO_LARGE = "Firehose.RecordTooLarge"
NO_SUCH_TABLE = "Iceberg.NoSuchTable"

_EVENT_BYTES = PAYLOAD_BYTES - 1_000_000
"""A batch of many small records ends here, before Lambda would refuse its event; the rest is room for a window of reordered records."""

_WAITING_BATCHES = 2
"""Batches that the function has not answered, or whose answer waits: one in work and the next, so that it never waits for this thread."""

_LOOK_EVERY = 64
"""Arrivals between two looks at the clock."""

TableName = tuple[str, str]
"""Glue database and table."""


@dataclass(frozen=True)
class Done:
    """What earlier runs have dealt with, and this one leaves out.

    Attributes:
        up_to: everything at or below; None for nothing.
        tables: what each table has, at or below.
        failed: what is in the error path above that.
    """

    up_to: SourcePosition | None
    tables: Mapping[TableName, SourcePosition]
    failed: frozenset[RecordId]

    def has(self, record: CapturedRecord, route: Route | None) -> bool:
        """Whether a record is among it."""
        if self.up_to is not None and not record.position > self.up_to:
            return True
        table = None if route is None else self.tables.get((route.database, route.target))
        if table is not None and not record.position > table:
            return True
        return bool(self.failed) and (record.schema, record.table, record.position) in self.failed


@dataclass(frozen=True)
class _Batch:
    records: list[CapturedRecord]
    results: Future[list[Result]]
    resume: SourcePosition | None


@dataclass(frozen=True)
class _Part:
    """Rows of one table out of one batch, and the records that they were made of: these would go to the error path."""

    table: TableName
    source: str
    staged: Staged
    records: Sequence[CapturedRecord]


class Delivery:
    """Runs one delivery. Not to be shared between threads; the function runs beside it.

    Args:
        template: the Firehose stream.
        routes: of its function.
        tables: its destinations.
        function: its function.
        errors: its error path.
        superseded: remembers keys that change while an earlier change of them waits in the error path.
        done: what earlier runs dealt with.
        counts: counted into.
        on_commit: told where reading may start again, after each commit.
        speed_up: divides the times that buffers wait and that failed commits are tried again.
        clock: seconds that only ever grow.
    """

    def __init__(
        self,
        template: DeliveryTemplate,
        *,
        routes: Mapping[tuple[str, str], Route],
        tables: Mapping[TableName, IcebergTable],
        function: TransformFunction,
        errors: ErrorPath,
        superseded: SupersededKeys,
        done: Done,
        counts: DeliveryCounts,
        on_commit: Callable[[SourcePosition], None],
        speed_up: float = 1.0,
        clock: Clock = time.monotonic,
    ) -> None:
        self._template = template
        self._routes = routes
        self._tables = tables
        self._function = function
        self._errors = errors
        self._superseded = superseded
        self._done = done
        self._some_done = done.up_to is not None or bool(done.tables) or bool(done.failed)
        self._counts = counts
        self._on_commit = on_commit
        self._prefixes = {(table.database, table.table): table.error_prefix or template.error_prefix for table in template.tables}
        self._batch = Buffer[CapturedRecord](template.batch_mib, template.batch_seconds / speed_up, clock)
        self._rows = Buffer[_Part | None](template.buffering_mib, template.buffering_seconds / speed_up, clock)
        self._retry_seconds = template.retry_seconds / speed_up
        self._event_bytes = 0
        self._running: deque[_Batch] = deque()
        self._failed: list[FailedRecord] = []
        self._failed_counts: list[tuple[str, str]] = []
        self._places: Counter[TableName] = Counter()
        self._reached: dict[TableName, SourcePosition] = {}
        self._newest_ms = 0
        self._at_barrier = True
        self._offered = 0
        self._seen: SourcePosition | None = None  # where reading could start again once all that arrived is dealt with
        self._resume: SourcePosition | None = None  # the same for what the function has answered
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=f"function-{template.name}")

    def start(self) -> None:
        """Starts the function's process, which is ready then when the first batch is."""
        self._function.start()

    def offer(self, arrival: Arrival) -> None:
        """Takes what arrived."""
        if arrival.record is not None:
            self._take(arrival.record, arrival.duplicate)
        self._at_barrier = arrival.barrier
        if arrival.barrier and arrival.resume is not None:
            self._seen = arrival.resume
        self._offered += 1
        if self._batch.full or self._rows.full or self._offered % _LOOK_EVERY == 0:
            self.tick()

    def tick(self, *, idle: bool = False) -> None:
        """Hands on what is due.

        Args:
            idle: nothing arrives at the moment, so there is time to wait for the function.
        """
        if self._at_barrier and self._batch.due:
            self._close_batch()
        while self._running and (idle or self._running[0].results.done()):
            self._collect()
        if self._rows.due:
            self._commit()

    def finish(self) -> None:
        """Hands on everything and commits: the stream ended, or the user stops."""
        if self._at_barrier:
            self._close_batch()
        while self._running:
            self._collect()
        self._commit()
        if self._seen is not None and self._at_barrier:
            self._on_commit(self._seen)

    def close(self) -> None:
        """Ends the function's process. What was not committed is read again by the next run."""
        self._function.close()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _take(self, record: CapturedRecord, duplicate: bool) -> None:
        counts = self._counts.table(_source(record))
        (counts.duplicated if duplicate else counts.captured)[operation_of(record)] += 1
        if self._some_done and self._done.has(record, self._routes.get((record.schema, record.table))):
            counts.skipped[operation_of(record)] += 1
        elif len(record.data) > MAX_RECORD_BYTES:
            message = f"the record has {len(record.data):,} bytes, the limit is {MAX_RECORD_BYTES:,}"
            self._fail(record, PROCESSING_FAILED, TOO_LARGE, message, 1)
        else:
            in_event = event_bytes(record)
            if self._at_barrier and not (self._batch.fits(len(record.data)) and self._event_bytes + in_event <= _EVENT_BYTES):
                self._close_batch()
            self._batch.add(record, len(record.data))
            self._event_bytes += in_event

    def _close_batch(self) -> None:
        """Gives the batch to the function; it works on it while the next one is gathered and the one before is dealt with."""
        records = self._batch.take()
        self._event_bytes = 0
        if records:
            self._running.append(_Batch(records, self._executor.submit(self._transform, records), self._seen))
        while len(self._running) > _WAITING_BATCHES:
            self._collect()

    def _transform(self, records: list[CapturedRecord]) -> list[Result]:
        started = time.perf_counter()
        results = self._function.transform(records)
        self._counts.function_seconds += time.perf_counter() - started
        self._counts.unknown, self._counts.refused = self._function.unknown.copy(), self._function.refused.copy()
        self._counts.invocations, self._counts.retries = self._function.invocations, self._function.retries
        return results

    def _collect(self) -> None:
        """Takes what the function made of its first batch."""
        batch = self._running.popleft()
        delivered: dict[tuple[TableName, str], list[tuple[CapturedRecord, SinkRow]]] = defaultdict(list)
        for record, result in zip(batch.records, batch.results.result(), strict=True):
            if isinstance(result, Delivered):
                table = (result.database, result.table)
                if table in self._tables:
                    delivered[table, _source(record)].append((record, SinkRow(result.data, result.operation)))
                else:
                    message = f"{result.database}.{result.table} is no destination of stream {self._template.name}"
                    self._fail(record, ICEBERG_FAILED, NO_SUCH_TABLE, message, 1)
            elif isinstance(result, Dropped):
                self._counts.table(_source(record)).dropped[operation_of(record)] += 1
            else:
                self._fail_result(record, result)
        for (table, source), rows in delivered.items():
            self._stage(table, source, rows)
        self._newest_ms = max(self._newest_ms, batch.records[-1].arrived_ms)
        self._resume = batch.resume

    def _stage(self, name: TableName, source: str, rows: Sequence[tuple[CapturedRecord, SinkRow]]) -> None:
        table, positions, started = self._tables[name], [record.position for record, _ in rows], time.perf_counter()
        staged = table.stage([row for _, row in rows], first=self._places[name])
        self._counts.staging_seconds += time.perf_counter() - started
        self._places[name] += len(rows)
        for rejected in staged.rejected:
            self._fail(rows[rejected.index][0], ICEBERG_FAILED, rejected.code, rejected.message, 1, name)
        self._superseded.note(table, staged, positions, first=self._places[name] - len(rows))
        self._reached[name] = max(*positions, self._reached.get(name, positions[0]))
        rejected_places = {rejected.index for rejected in staged.rejected}
        records = [record for place, (record, _) in enumerate(rows) if place not in rejected_places]
        self._rows.add(_Part(name, source, staged, records), sum(len(row.data) for _, row in rows))

    def _fail_result(self, record: CapturedRecord, failed: Failed) -> None:
        self._fail(record, PROCESSING_FAILED, failed.code, failed.message, failed.attempts)

    def _fail(
        self, record: CapturedRecord, error_type: str, code: str, message: str, attempts: int, table: TableName | None = None
    ) -> None:
        prefix = self._template.error_prefix if table is None else self._prefixes[table]
        self._failed.append(FailedRecord(record, error_type, code, message, attempts, prefix))
        self._counts.table(_source(record)).failed[code] += 1
        route = self._routes.get((record.schema, record.table))
        if route is not None:
            self._superseded.open((route.database, route.target))
        if not len(self._rows):
            self._rows.add(None, 0)  # so that failures alone are written in time, too

    def _commit(self) -> None:
        """Error path, then the tables, each with its position, then where reading may start again: a crash is safe in this order."""
        started = time.perf_counter()
        by_table: dict[TableName, list[_Part]] = defaultdict(list)
        for part in self._rows.take():
            if part is not None:
                by_table[part.table].append(part)
        self._write_failed()
        self._superseded.write()
        for name, parts in by_table.items():
            try:
                position = self._reached[name]
                self._counts.conflicts += commit(self._tables[name], [part.staged for part in parts], position, seconds=self._retry_seconds)
            except CommitConflictError as conflict:
                self._lose(name, parts, conflict)
                continue
            self._counts.commits += 1
            for part in parts:
                self._counts.table(part.source).delivered.update(part.staged.applied)
        self._places.clear()
        if self._newest_ms:
            self._counts.lag_ms = max(0, time.time_ns() // 1_000_000 - self._newest_ms)
        self._counts.commit_seconds += time.perf_counter() - started
        if self._resume is not None:
            self._on_commit(self._resume)

    def _write_failed(self) -> None:
        failed, self._failed = self._failed, []
        if failed:
            self._errors.write(failed)
            self._counts.error_objects += 1

    def _lose(self, name: TableName, parts: Sequence[_Part], conflict: CommitConflictError) -> None:
        """Sends the rows of a commit that lost against other writers to the error path. The table stays at its position."""
        self._counts.conflicts += conflict.attempts
        for record in (record for part in parts for record in part.records):
            self._fail(record, ICEBERG_FAILED, CONFLICT, str(conflict), conflict.attempts, name)
        self._write_failed()
        self._rows.take()  # the failures are written: nothing waits for the next commit


def operation_of(record: CapturedRecord) -> str:
    """The DMS operation of a record, found without parsing it: the metadata stand last, and a quote inside a value is escaped."""
    data = record.data
    start = data.rfind(b'"operation":"')
    name = data[start + 13 : data.find(b'"', start + 13)] if start >= 0 else b""
    known = _OPERATIONS.get(name)
    if known is not None:
        return known
    start = data.rfind(b'"operation"')
    if start < 0:
        return "unknown"
    opening = data.find(b'"', start + len(b'"operation"'))
    closing = data.find(b'"', opening + 1)
    name = data[opening + 1 : closing]
    return name.decode("ascii") if 0 < opening < closing and len(name) <= 24 and name.isascii() else "unknown"


def _source(record: CapturedRecord) -> str:
    return source_label(record.schema, record.table) if record.schema else record.table
