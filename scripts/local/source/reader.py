"""Change data capture: committed changes of the selected tables, as records in commit order."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pymysql

from constructs_lib.config.source_table import source_label
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.source import binlog
from scripts.local.source.binlog import LogPosition, read_events
from scripts.local.source.catalog import Catalog
from scripts.local.source.charsets import Charset, read_charsets
from scripts.local.source.columns import SourceTable
from scripts.local.source.ddl import column_changes, table_changes
from scripts.local.source.envelope import Envelope, TableMessages
from scripts.local.source.errors import CaptureError, ConnectionLostError, server_failure
from scripts.local.source.log_values import LogReader
from scripts.local.source.positions import FIRST_EVENT, WHOLE, boundary
from scripts.local.source.rows import read_rows, table_id
from scripts.local.source.table_map import read_table_map, table_name
from scripts.local.source.transaction import Clock, Details
from scripts.local.source.transactions import Group, Progress, read_statement, transactions
from scripts.local.source.wire import Connect, Session, drop

_T = TypeVar("_T")
_PAUSE_SECONDS = 0.1
_IDLE_SECONDS = 0.15
_CACHED_TABLES = 10_000


@dataclass(frozen=True)
class _Version:
    """A table as of one definition; without messages it is not captured."""

    messages: TableMessages | None = None
    readers: tuple[LogReader, ...] = ()
    cascades: bool = False


_NOT_CAPTURED = _Version()


class ChangeReader:
    """Reads the log from a position on.

    It survives lost connections and restarts of the server: it goes on after the last record that it handed out. Records of one transaction
    come together, once it is committed; a transaction of any size takes 16 MiB of memory at most, and the rest of it a temporary file.

    Args:
        connect: opens a session.
        envelope: how messages look.
        start: the last record that is already captured; `boundary(file, offset)` for a place between transactions.
        clock: time of day.
        stop_at: ends the iteration once everything up to there is handed out; None for never.
        on_idle: called several times a second while there is nothing to hand out.
        on_table: told what a table is, before its first record and whenever it has changed.
        on_lost: told why, when the connection breaks, before it is made again.
        patience_seconds: how long the server may be out of reach.

    Attributes:
        skipped: what DMS does not capture either: (`truncate`, `shop.orders`) and so on, to how often it was seen. `cascade` counts deleted
            and updated rows of a parent whose children the server changes by itself, outside the log.
        boundary: everything up to there is handed out. A reader that starts there need not look for the middle of a transaction.
    """

    def __init__(
        self,
        connect: Connect,
        envelope: Envelope,
        start: SourcePosition,
        *,
        clock: Clock,
        stop_at: SourcePosition | None = None,
        on_idle: Callable[[], None] | None = None,
        on_table: Callable[[TableMessages], None] | None = None,
        on_lost: Callable[[str], None] | None = None,
        patience_seconds: float = 30.0,
    ) -> None:
        self.skipped: Counter[tuple[str, str]] = Counter()
        self.boundary = boundary(start.file, start.offset if start.index == WHOLE else FIRST_EVENT)
        self._connect = connect
        self._envelope = envelope
        self._done = start
        self._clock = clock
        self._stop_at = stop_at
        self._on_idle = on_idle
        self._on_table = on_table
        self._on_lost = on_lost
        self._patience = patience_seconds
        self._stopped = False
        self._session: Session | None = None
        self._base = ""
        self._charsets: dict[int, Charset] = {}
        self._cascades: dict[tuple[str, str], set[tuple[str, str]]] = {}
        self._versions: dict[bytes, _Version] = {}
        self._known: dict[tuple[str, str], tuple[TableMessages, dict[str, Any]]] = {}
        self._created: set[tuple[str, str]] = set()

    def know(self, messages: TableMessages) -> None:
        """Takes a table's definition as the one before the log: a later one then is a change of it."""
        table = messages.table
        self._known[table.schema, table.name] = (messages, self._envelope.definition(table))

    def stop(self) -> None:
        """Ends the iteration at the next transaction or silence; may be called from anywhere."""
        self._stopped = True

    def __iter__(self) -> Iterator[CapturedRecord]:
        seen = told = time.monotonic()
        lost = False
        try:
            while not self._is_over():
                try:
                    self._prepare()
                    for step in self._steps():
                        if isinstance(step, Progress):
                            self._advance(step.position)
                        else:
                            for record in self._captured(step):
                                yield record
                                told = time.monotonic()
                            self._advance(LogPosition(step.transaction.file, step.transaction.end))
                        seen, lost = time.monotonic(), False
                        if self._is_over():
                            return
                        if self._on_idle is not None and seen - told >= _IDLE_SECONDS:
                            told = seen
                            self._on_idle()
                except ConnectionLostError as error:
                    if self._on_lost is not None and not lost:  # once, however often it takes to come back
                        self._on_lost(str(error))
                    lost = True
                    if time.monotonic() - seen > self._patience:
                        raise CaptureError(f"the source is out of reach for {self._patience:g} seconds: {error}") from None
                    time.sleep(_PAUSE_SECONDS)
        finally:
            self._forget_session()

    def _is_over(self) -> bool:
        reached = self._stop_at is not None and (self.boundary.file, self.boundary.offset) >= (self._stop_at.file, self._stop_at.offset)
        return reached or self._stopped

    def _advance(self, position: LogPosition) -> None:
        self.boundary = boundary(position.number, position.offset)

    def _steps(self) -> Iterator[Group | Progress]:
        start = LogPosition(f"{self._base}.{self.boundary.file:06d}", self.boundary.offset)
        return transactions(read_events(self._connect, start), start)

    def _prepare(self) -> None:
        """Asks the server what the log itself does not say; once, and again after a lost connection."""
        self._forget_session()
        self._versions.clear()

        def read(session: Session) -> None:
            binlog.check_settings(session)
            self._base = binlog.current_position(session).file.rpartition(".")[0]
            self._charsets = read_charsets(session)
            self._cascades = Catalog(session).cascades()

        self._ask(read)

    def _ask(self, question: Callable[[Session], _T]) -> _T:
        """Asks the server something in a session beside the log."""
        try:
            if self._session is None:
                self._session = self._connect()
            return question(self._session)
        except (pymysql.err.OperationalError, pymysql.err.InterfaceError, OSError) as error:
            raise server_failure(error) from None

    def _forget_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            drop(session)

    def _captured(self, group: Group) -> Iterator[CapturedRecord]:
        """The records of a group; those that an earlier run handed out are not repeated."""
        transaction = group.transaction
        details = Details.of(transaction, self._clock) if self._envelope.settings.include_transaction_details else None
        transaction_id = str(transaction.id)
        file, end, skip = transaction.number, transaction.end, self._handed_out(transaction.number, transaction.end)
        if skip == WHOLE:
            return
        if group.is_prepared:
            self._refuse_prepared(group)
            return
        tables: dict[int, _Version] = {}
        record = 0
        for kind, body in group.events:
            if kind == binlog.QUERY:
                self._statement(body, skip)
                continue
            if kind == binlog.TABLE_MAP:
                version = tables[table_id(body)] = self._version(body)
                if version.messages is not None:
                    yield from self._noticed(version.messages, SourcePosition(file, end, record), skip)
                continue
            version = tables.get(table_id(body), _NOT_CAPTURED)
            messages = version.messages
            if messages is None:
                continue
            micros = self._clock.micros()
            now, arrived = self._clock.text(micros), micros // 1000
            operation, schema, table = binlog.ROWS[kind], messages.table.schema, messages.table.name
            for row, old in read_rows(kind, body, version.readers):
                record += 1
                if version.cascades and operation != "insert":
                    self.skipped["cascade", messages.table.label] += 1
                if record <= skip:
                    continue
                data, key = messages.change(operation, row, old, transaction_id, details, record, now)
                self._done = SourcePosition(file, end, record)
                yield CapturedRecord(data, key, self._done, schema, table, arrived)

    def _refuse_prepared(self, group: Group) -> None:
        """Lets a prepared XA transaction pass that changed no captured table: what becomes of it does not matter here.

        Raises:
            CaptureError: it changed one.
        """
        names = dict.fromkeys(table_name(body) for kind, body in group.events if kind == binlog.TABLE_MAP)
        captured = [source_label(*name) for name in names if self._envelope.mappings.selects(*name)]
        if captured:
            raise CaptureError(
                f"the log holds rows of {', '.join(captured)} in an XA transaction that was prepared, which a local lake does not capture"
                " (commit it or roll it back, then run again with --fresh, which loads the tables anew)"
            )

    def _handed_out(self, file: int, end: int) -> int:
        """How many records of a transaction came before: all, none, or the first few."""
        done = self._done
        if (file, end) == (done.file, done.offset):
            return done.index
        return WHOLE if (file, end) < (done.file, done.offset) else 0

    def _version(self, body: bytes) -> _Version:
        version = self._versions.get(body)
        if version is None:
            if len(self._versions) >= _CACHED_TABLES:
                self._versions.clear()
            version = self._versions[body] = self._new_version(body)
        return version

    def _new_version(self, body: bytes) -> _Version:
        schema, name = table_name(body)
        if not self._envelope.mappings.selects(schema, name):
            return _NOT_CAPTURED
        read = read_table_map(body, self._charsets, self._envelope.rules)
        table = replace(read.table, hidden=self._hidden(schema, name))
        messages = self._envelope.table(table)
        if messages is not None and self._on_table is not None:
            self._on_table(messages)
        return _Version(messages, read.readers, (schema, name) in self._cascades)

    def _hidden(self, schema: str, name: str) -> frozenset[str]:
        """Generated and invisible columns: the log does not tell them, so the catalog does, as of now."""
        found = self._ask(lambda session: Catalog(session).table(schema, name))
        if found is not None:
            return found.hidden
        known = self._known.get((schema, name))
        return known[0].table.hidden if known else frozenset()

    def _noticed(self, messages: TableMessages, position: SourcePosition, skip: int) -> Iterator[CapturedRecord]:
        """Control records for what happened to a table since its last rows: the rows tell exactly what it is now."""
        name = (messages.table.schema, messages.table.name)
        before = self._known.get(name)
        if before is not None and before[0] is messages:
            return
        definition = self._envelope.definition(messages.table)
        self._known[name] = (messages, definition)
        if skip > position.index:
            return
        if name in self._created:
            self._created.discard(name)
            yield self._control("create-table", messages.table, position)
        elif before is not None and self._envelope.settings.include_table_alter_operations:
            for operation in column_changes(before[1], definition):
                yield self._control(operation, messages.table, position)

    def _statement(self, body: bytes, skip: int) -> None:
        """What DDL means: what became of a table is noticed with its next rows, and what DMS does not capture is counted."""
        statement = read_statement(body)
        for change in table_changes(statement.schema, statement.text):
            name = (change.schema, change.table)
            self._versions.clear()  # which columns are hidden may have changed
            if change.table == "":
                if self._envelope.mappings.selects_in(change.schema) and not skip:
                    self.skipped[change.operation, source_label(change.schema, "*")] += 1
                continue
            if change.operation == "alter-table" or not self._envelope.mappings.selects(*name):
                continue
            if change.operation == "create-table":
                self._created.add(name)
            elif not skip:
                self.skipped[change.operation, source_label(*name)] += 1
            if change.operation in ("create-table", "drop-table", "rename-table"):
                self._known.pop(name, None)

    def _control(self, operation: str, table: SourceTable, position: SourcePosition) -> CapturedRecord:
        micros = self._clock.micros()
        data, key = self._envelope.control(operation, table.schema, table.name, table, self._clock.text(micros))
        return CapturedRecord(data, key, position, table.schema, table.name, micros // 1000)
