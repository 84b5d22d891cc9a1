"""The full load: every row of the selected tables as of one moment, and the place in the log where that moment is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pymysql
from pymysql.constants import COMMAND

from scripts.local.source.binlog import LogPosition, current_position
from scripts.local.source.columns import Column, Kind, SourceTable
from scripts.local.source.errors import server_failure
from scripts.local.source.text_values import column_reader
from scripts.local.source.types import TypeRules
from scripts.local.source.wire import END, Connect, Session, ask, drop, packet_blocks, packets, widen
from scripts.quoting import mysql_name, mysql_table

_LOCK_SECONDS = 30
_NULL = 251
_LENGTH_BYTES = {252: 2, 253: 3, 254: 8}


def visible(table: SourceTable) -> SourceTable:
    """A table without the columns that DMS does not migrate."""
    return replace(table, columns=tuple(column for column in table.columns if column.name not in table.hidden))


class Snapshot:
    """The source as of one moment, seen by one session.

    Writes wait while the moment is taken, not while rows are read: a global read lock holds for two statements.

    Args:
        connect: opens a session.

    Attributes:
        position: the moment's place in the log: what is committed before it is in the snapshot, and nothing else.
        open_xa: XA transactions that were prepared then: their rows lie before the place, and are not in the snapshot.

    Raises:
        CaptureError: the server refuses, or a statement that runs there does not let the lock in within 30 seconds.
        ConnectionLostError: the connection broke.
    """

    def __init__(self, connect: Connect) -> None:
        try:
            self._connection = connect()
            with closing(connect()) as locker, locker.cursor() as lock, self._connection.cursor() as session:
                session.execute("SET time_zone = '+00:00', net_write_timeout = 86400")
                session.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                lock.execute("SET lock_wait_timeout = %s", (_LOCK_SECONDS,))
                lock.execute("FLUSH TABLES WITH READ LOCK")
                session.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
                self.position: LogPosition = current_position(locker)
                self.open_xa = _open_xa(locker)
                lock.execute("UNLOCK TABLES")
        except (pymysql.err.OperationalError, OSError) as error:
            raise server_failure(error) from None

    def close(self) -> None:
        """Ends the session."""
        drop(self._connection)

    def rows(self, table: SourceTable, rules: TypeRules) -> Iterator[list[tuple[str, ...]]]:
        """The rows of a table as JSON texts of its columns, some hundred at a time, read as they are needed.

        Args:
            table: the table, without hidden columns.
            rules: how the task writes values.
        """
        readers = [column_reader(column, rules) for column in table.columns]
        query = f"SELECT {', '.join(map(_expression, table.columns))} FROM {mysql_table(table.schema, table.name)}"  # noqa: S608 quoted names
        widen(self._connection)
        ask(self._connection, COMMAND.COM_QUERY, query)
        results = packets(self._connection)
        for _ in range(len(table.columns) + 2):  # how many columns, each column, and the end of them
            next(results)
        for block in packet_blocks(self._connection):
            is_last = block[-1][0] == END and len(block[-1]) < 9
            contents = zip(*[_contents(packet, len(readers)) for packet in (block[:-1] if is_last else block)], strict=True)
            yield list(zip(*[read(values) for read, values in zip(readers, contents, strict=False)], strict=True))
            if is_last:
                return


def current(connect: Connect) -> LogPosition:
    """Where the server writes next.

    Raises:
        CaptureError: it keeps no binary log.
        ConnectionLostError: it cannot be reached.
    """
    try:
        with closing(connect()) as connection:
            return current_position(connection)
    except (pymysql.err.OperationalError, OSError) as error:
        raise server_failure(error) from None


def _open_xa(connection: Session) -> int:
    """How many XA transactions are prepared; 0 where the user may not know."""
    with connection.cursor() as cursor:
        try:
            return int(cursor.execute("XA RECOVER"))
        except pymysql.MySQLError:
            return 0


def _contents(packet: bytes, columns: int) -> list[bytes | None]:
    row: list[bytes | None] = []
    at = 0
    for _ in range(columns):
        start = at + 1
        at = start + packet[at]
        if at >= start + _NULL:
            if at == start + _NULL:
                row.append(None)
                at = start
                continue
            size = _LENGTH_BYTES[at - start]
            start, length = start + size, int.from_bytes(packet[start : start + size], "little")
            at = start + length
        row.append(packet[start:at])
    return row


def _expression(column: Column) -> str:
    name = mysql_name(column.name)
    return f"CAST({name} AS DOUBLE)" if column.kind is Kind.FLOAT else name
