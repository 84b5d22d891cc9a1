"""Events into transactions: nothing of one is handed on before it is known to be committed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from scripts.local.source import binlog
from scripts.local.source.binlog import Event, LogPosition
from scripts.local.source.ddl import is_row_change
from scripts.local.source.errors import CaptureError
from scripts.local.source.spool import Spool
from scripts.local.source.transaction import Transaction

_STANDALONE = 1  # flag of MariaDB's GTID event: one event, and no commit after it


@dataclass(frozen=True)
class Statement:
    """A statement in the log: DDL, as everything else is there in rows.

    Attributes:
        schema: the database it ran in, "" for none.
        text: the statement.
    """

    schema: str
    text: str


@dataclass(frozen=True)
class Group:
    """A committed transaction, or a statement of its own.

    Attributes:
        transaction: where it is.
        events: its table maps, rows and statements; an iteration may be cut short, and is over with the next group.
        is_prepared: it is an XA transaction that is not committed here: it will be, or be rolled back, at any later place.
    """

    transaction: Transaction
    events: Spool
    is_prepared: bool = False


@dataclass(frozen=True)
class Progress:
    """The reader is between transactions here; `idle` when the server has nothing more for now."""

    position: LogPosition
    idle: bool = False


Step: TypeAlias = Group | Progress


def transactions(events: Iterable[Event], start: LogPosition) -> Iterator[Step]:
    """Groups in commit order, and what lies between them.

    Args:
        events: from a boundary between transactions on.
        start: that boundary.

    Raises:
        CaptureError: something in the log cannot be captured, and going on would lose rows.
    """
    return _Grouper(start).steps(events)


class _Grouper:
    def __init__(self, start: LogPosition) -> None:
        self._file = start.file
        self._spool = Spool()
        self._savepoints: dict[str, int] = {}
        self._group_at = self._begins_at = start.offset
        self._open = False
        self._announced = False

    def steps(self, events: Iterable[Event]) -> Iterator[Step]:
        for event in events:
            kind = event.kind
            if kind == binlog.TABLE_MAP or kind in binlog.ROWS:
                self._spool.append(kind, event.body)
            elif kind == binlog.XID:
                yield self._close(event)
            elif kind == binlog.QUERY:
                yield from self._query(event)
            elif kind == binlog.MARIADB_GTID:
                self._begin(event, is_open=not event.body[12] & _STANDALONE)
            elif kind in (binlog.GTID, binlog.ANONYMOUS_GTID):
                self._begin(event, is_open=False)
            elif kind == binlog.ROTATE:
                self._file = event.body[8:].decode()
                yield Progress(LogPosition(self._file, int.from_bytes(event.body[:8], "little")))
            elif kind == binlog.XA_PREPARE:  # its first byte: prepared and committed in one
                yield replace(self._close(event), is_prepared=event.body[:1] != b"\1")
            elif kind in binlog.UNREADABLE:
                raise CaptureError(f"the log holds {binlog.UNREADABLE[kind]}")
            elif event.end and not self._open and not self._announced:
                yield Progress(LogPosition(self._file, event.end), idle=kind == binlog.HEARTBEAT)

    def _begin(self, event: Event, *, is_open: bool) -> None:
        self._spool.clear()
        self._savepoints.clear()
        self._group_at, self._begins_at = event.end - event.size, event.end
        self._open, self._announced = is_open, True

    def _query(self, event: Event) -> Iterator[Step]:
        statement = read_statement(event.body)
        words = statement.text[:200].upper().split()
        verb = words[0] if words else ""
        if verb == "BEGIN":
            self._open = True
        elif verb == "COMMIT":
            yield self._close(event)
        elif verb == "ROLLBACK" and "TO" not in words[1:4]:
            self._spool.clear()
            yield self._close(event)
        elif verb == "SAVEPOINT":
            self._savepoints[statement.text.split(None, 1)[1]] = len(self._spool)
        elif verb == "ROLLBACK":
            self._spool.cut(self._savepoints.get(statement.text.split()[-1], len(self._spool)))
        elif verb == "XA":
            if words[1:2] in (["START"], ["BEGIN"]):
                self._open = True
            elif words[1:2] != ["END"]:  # XA COMMIT, XA ROLLBACK: the rows lie further back, where they were prepared
                self._spool.clear()
                yield self._close(event)
        elif is_row_change(verb):
            raise CaptureError("the log holds a change as a statement, not as rows: a session has set binlog_format")
        else:
            if not self._open and not self._announced:
                self._group_at = self._begins_at = event.end - event.size
            self._spool.append(binlog.QUERY, event.body)
            if "START TRANSACTION" in statement.text[-40:].upper():  # MySQL: CREATE TABLE ... SELECT, its rows follow
                self._open = True
            if not self._open:
                yield self._close(event)

    def _close(self, event: Event) -> Group:
        transaction = Transaction(
            file=self._file,
            number=binlog.file_number(self._file),
            group=self._group_at,
            start=self._begins_at,
            commit=event.end - event.size,
            end=event.end,
            seconds=event.seconds,
        )
        group = Group(transaction, self._spool)
        self._spool = Spool()
        self._open = self._announced = False
        return group


def read_statement(body: bytes) -> Statement:
    """The statement of a query event."""
    schema_length, status_length = body[8], int.from_bytes(body[11:13], "little")
    at = 13 + status_length
    schema = body[at : at + schema_length].decode(errors="replace")
    return Statement(schema, body[at + schema_length + 1 :].decode(errors="replace").strip())
