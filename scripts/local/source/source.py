"""The source side as a whole: the full load, then every change, as the task's migration type asks."""

from __future__ import annotations

import hashlib
import time
from base64 import b32encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TypeVar

import pymysql

from scripts.local.mariadb import MariaDb
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.source import binlog
from scripts.local.source.catalog import Catalog
from scripts.local.source.columns import SourceTable
from scripts.local.source.envelope import EXCEPTIONS_TABLE, Envelope, TableMessages
from scripts.local.source.errors import CaptureError, ConnectionLostError, server_failure
from scripts.local.source.full_load import Snapshot, current, visible
from scripts.local.source.positions import BEFORE_EVERYTHING, boundary
from scripts.local.source.reader import ChangeReader
from scripts.local.source.transaction import Clock
from scripts.local.source.wire import Connect, Session
from scripts.local.state import ANY_TABLE
from scripts.local.template import LocalTemplate

_T = TypeVar("_T")
_PAUSE_SECONDS = 0.1


def to_server(server: MariaDb) -> Connect:
    """How to open sessions on a private server."""

    def connect() -> Session:
        return pymysql.connect(
            host=server.host, port=server.port, user=server.user, charset="utf8mb4", autocommit=True, connect_timeout=5, ssl_disabled=True
        )

    return connect


def system_micros() -> int:
    """Microseconds since 1970."""
    return time.time_ns() // 1000


class SourceReader:
    """Reads a source as a DMS task would.

    Args:
        template: the lake as synthesised.
        connect: opens a session that may read the tables and replicate; `to_server` for a private server.
        cdc_start: what an earlier run's `cdc_start` was, when that run did not get beyond the full load.
        on_idle: called several times a second while there is nothing to hand out.
        on_table: told what a captured table is, before its first record and whenever it has changed.
        on_lost: told why, when the connection breaks, before it is made again.
        micros: time of day, microseconds since 1970.
        patience_seconds: how long the server may be out of reach.

    Attributes:
        cdc_start: where changes begin to be read. Set before the first record is handed out; keep it beside the first position. A load that
            is taken up again with it reads the tables anew and the changes since the first attempt, so that a row that was deleted between
            the attempts is deleted in the lake too. Without it such a row stays.
        not_captured: columns that DMS does not migrate, by table: generated and invisible ones.
    """

    def __init__(
        self,
        template: LocalTemplate,
        connect: Connect,
        *,
        cdc_start: SourcePosition | None = None,
        on_idle: Callable[[], None] | None = None,
        on_table: Callable[[TableMessages], None] | None = None,
        on_lost: Callable[[str], None] | None = None,
        micros: Callable[[], int] = system_micros,
        patience_seconds: float = 30.0,
    ) -> None:
        self.cdc_start = cdc_start
        self.not_captured: dict[str, tuple[str, ...]] = {}
        self._migration_type = template.migration_type
        self._envelope = Envelope(template, task_id(template.task))
        self._connect = connect
        self._on_idle = on_idle
        self._on_table = on_table
        self._on_lost = on_lost
        self._clock = Clock(micros)
        self._patience = patience_seconds
        self._boundary: SourcePosition | None = None
        self._changes: ChangeReader | None = None
        self._stopped = False
        self._open_xa = 0

    @property
    def boundary(self) -> SourcePosition | None:
        """Everything up to there is handed out, and nothing after it; None during the full load.

        Once all records that were handed out are kept, this is the better position to keep: it also moves on when tables change that are
        not captured, and the next run starts there at once.
        """
        return self._changes.boundary if self._changes is not None else self._boundary

    @property
    def skipped(self) -> Counter[tuple[str, str]]:
        """What was seen and is not captured, because DMS does not either: (`truncate`, `shop.orders`) to how often."""
        seen = Counter() if self._changes is None else self._changes.skipped
        return seen + Counter({("an XA transaction that was prepared before the load", ANY_TABLE): self._open_xa})

    def stop(self) -> None:
        """Ends the iteration soon; may be called from another thread."""
        self._stopped = True
        if self._changes is not None:
            self._changes.stop()

    def records(self, resume: SourcePosition | None, *, until_caught_up: bool) -> Iterator[CapturedRecord]:
        """Records in commit order.

        Args:
            resume: position of the last record that is kept, or a `boundary`; None for a first run. Within the full load it begins anew.
            until_caught_up: ends after what the server had committed when the changes began to be read; else only `stop` ends it.

        Raises:
            CaptureError: the source cannot be captured, or is out of reach for too long.
        """
        tables = self._tables()
        self.not_captured = {table.label: tuple(sorted(table.hidden)) for table, _ in tables if table.hidden}
        fresh = resume is None or resume.file == 0
        if fresh and not tables:
            raise CaptureError("the table mappings select no table of the source (create the tables, or check schema and table names)")
        if fresh:
            yield from self._first_run(tables)
        start = self.cdc_start if fresh else resume
        if self._migration_type == "full-load" or start is None or self._stopped:
            return
        now = self._now()
        if (start.file, start.offset) > (now.file, now.offset):
            raise CaptureError(
                f"position {start} lies after the end of the source's log ({now.file}:{now.offset}): its log was reset, or it is another"
                " server (forget the position, and load the tables anew)"
            )
        reader = ChangeReader(
            self._connect,
            self._envelope,
            start,
            clock=self._clock,
            stop_at=now if until_caught_up else None,
            on_idle=self._on_idle,
            on_table=self._on_table,
            on_lost=self._on_lost,
            patience_seconds=self._patience,
        )
        if fresh:
            for _, messages in tables:
                reader.know(messages)
        self._changes = reader
        yield from reader

    def _tables(self) -> list[tuple[SourceTable, TableMessages]]:
        def read() -> list[SourceTable]:
            with closing(self._connect()) as session:
                binlog.check_settings(session)
                return Catalog(session).tables(self._envelope.mappings.selects)

        found = [(table, self._envelope.table(visible(table))) for table in self._patiently(read)]
        selected = [(table, messages) for table, messages in found if messages is not None]
        if self._on_table is not None:
            for _, messages in selected:
                self._on_table(messages)
        return selected

    def _first_run(self, tables: list[tuple[SourceTable, TableMessages]]) -> Iterator[CapturedRecord]:
        loads = self._migration_type != "cdc"
        snapshot = self._patiently(lambda: Snapshot(self._connect)) if loads else None
        self._open_xa = 0 if snapshot is None else snapshot.open_xa
        if self.cdc_start is None:
            here = self._patiently(lambda: current(self._connect)) if snapshot is None else snapshot.position
            self.cdc_start = boundary(here.number, here.offset)
        yield self._announcement("", EXCEPTIONS_TABLE, None)
        for table, _ in tables:
            yield self._announcement(table.schema, table.name, visible(table))
        if snapshot is not None:
            yield from self._load(snapshot, [messages for _, messages in tables])
        if not self._stopped:
            self._boundary = self.cdc_start

    def _load(self, snapshot: Snapshot, tables: list[TableMessages]) -> Iterator[CapturedRecord]:
        """Every row. After a lost connection a table is read again from a new snapshot: the changes since the first one repair the rest."""
        waiting = list(tables)
        try:
            while waiting and not self._stopped:
                try:
                    for record in self._rows(snapshot, waiting[0]):
                        yield record
                        if self._stopped:
                            return
                    del waiting[0]
                except ConnectionLostError as error:
                    if self._on_lost is not None:
                        self._on_lost(str(error))
                    snapshot.close()
                    snapshot = self._patiently(lambda: Snapshot(self._connect))
        finally:
            snapshot.close()

    def _rows(self, snapshot: Snapshot, messages: TableMessages) -> Iterator[CapturedRecord]:
        schema, table = messages.table.schema, messages.table.name
        before = 0
        for rows in snapshot.rows(messages.table, self._envelope.rules):
            micros = self._clock.micros()
            now, arrived = self._clock.text(micros), micros // 1000
            for number, values in enumerate(rows, start=before + 1):
                data, key = messages.load(values, now)
                yield CapturedRecord(data, key, SourcePosition(0, 0, number), schema, table, arrived)
            before += len(rows)

    def _announcement(self, schema: str, table: str, definition: SourceTable | None) -> CapturedRecord:
        micros = self._clock.micros()
        data, key = self._envelope.control("create-table", schema, table, definition, self._clock.text(micros))
        return CapturedRecord(data, key, BEFORE_EVERYTHING, schema, table, micros // 1000)

    def _now(self) -> SourcePosition:
        here = self._patiently(lambda: current(self._connect))
        return boundary(here.number, here.offset)

    def _patiently(self, action: Callable[[], _T]) -> _T:
        """Tries again while the server is out of reach."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                return action()
            except (ConnectionLostError, pymysql.err.OperationalError, OSError) as error:
                failure = error if isinstance(error, ConnectionLostError) else server_failure(error)
                if isinstance(failure, CaptureError):
                    raise failure from None
                if time.monotonic() > deadline:
                    raise CaptureError(f"the source is out of reach for {self._patience:g} seconds: {failure}") from None
                time.sleep(_PAUSE_SECONDS)


def task_id(name: str) -> str:
    """DMS's id for a task: 26 capital letters and digits; here always the same for one name."""
    return b32encode(hashlib.sha256(name.encode()).digest()).decode()[:26]
