"""The binary log off the wire: events in order, from any position.

The protocol is small, and reading it here rather than through mysql-replication has reasons that were measured: after a lost connection
that library goes on behind the last event, which may be inside of a transaction; its Python values would have to become text again, some of
them without the digits or zeros that the source has; and its decoding alone takes more than twice as long as ours with the message.

https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_replication_binlog_event.html
https://mariadb.com/kb/en/com_binlog_dump/
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pymysql
from pymysql.constants import COMMAND

from scripts.local.source.errors import CaptureError, ConnectionLostError, server_failure
from scripts.local.source.wire import END, Connect, Session, ask, drop, packets

QUERY, STOP, ROTATE, FORMAT, XID, TABLE_MAP, HEARTBEAT = 2, 3, 4, 15, 16, 19, 27
GTID, ANONYMOUS_GTID, XA_PREPARE, MARIADB_GTID = 33, 34, 38, 162
ROWS = {23: "insert", 24: "update", 25: "delete", 30: "insert", 31: "update", 32: "delete"}
UNREADABLE = {
    26: "an incident: the server lost changes",
    39: "a partial update of JSON (set binlog_row_value_options to nothing)",
    40: "a compressed transaction, which DMS cannot read either (set binlog_transaction_compression to OFF)",
    **dict.fromkeys((165, 166, 167, 168), "a compressed event (set log_bin_compress to OFF)"),
}
_ALL_GTID_EVENTS = 4  # MariaDB: without it the server hides its GTID events, and with them where a transaction begins
_CHECKSUM_BYTES = 4
_HEARTBEAT_SECONDS = 0.2
_SILENCE_SECONDS = 15
_HEADER = struct.Struct("<IBIIIH")


class Event(NamedTuple):
    """One event.

    Attributes:
        kind: its type number.
        seconds: when it happened, seconds since 1970.
        end: where the next one starts in the file; 0 for what the server makes up.
        size: its bytes in the file.
        body: what follows the header.
    """

    kind: int
    seconds: int
    end: int
    size: int
    body: bytes


@dataclass(frozen=True)
class LogPosition:
    """A place between two events of the log.

    Attributes:
        file: name, such as `binlog.000003`.
        offset: bytes from its beginning.
    """

    file: str
    offset: int

    @property
    def number(self) -> int:
        """The number in the file's name."""
        return file_number(self.file)


def file_number(name: str) -> int:
    """The number at the end of a log file's name."""
    return int(name.rpartition(".")[2])


def current_position(connection: Session) -> LogPosition:
    """Where the server writes next.

    Raises:
        CaptureError: it keeps no binary log.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute("SHOW MASTER STATUS")
        except pymysql.err.ProgrammingError:
            cursor.execute("SHOW BINARY LOG STATUS")  # MySQL 8.4
        row = cursor.fetchone()
    if not row:
        raise CaptureError("the server keeps no binary log (start it with --log-bin --binlog-format=ROW)")
    return LogPosition(str(row[0]), int(row[1]))


def check_settings(connection: Session) -> None:
    """Refuses a server whose log does not hold whole rows.

    Raises:
        CaptureError: says which setting must be what.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', 'binlog_row_image', 'binlog_row_metadata')"
        )
        found = {str(name).lower(): str(value).upper() for name, value in cursor.fetchall()}
    needed = {"log_bin": "ON", "binlog_format": "ROW", "binlog_row_image": "FULL", "binlog_row_metadata": "FULL"}
    wrong = [f"{name} must be {value}, is {found.get(name, 'missing')}" for name, value in needed.items() if found.get(name) != value]
    if wrong:
        raise CaptureError(f"the server's binary log cannot be captured: {'; '.join(wrong)}")


def read_events(connect: Connect, start: LogPosition) -> Iterator[Event]:
    """Events from a position on, without end; a heartbeat comes whenever there is nothing else for a while.

    Raises:
        CaptureError: the server refuses, because the file is gone or the user may not replicate.
        ConnectionLostError: the connection broke, or could not be made.
    """
    try:
        connection = connect()
    except (pymysql.err.OperationalError, OSError) as error:
        raise server_failure(error) from None
    try:
        checksum = _ask_for_log(connection, start)
        for packet in packets(connection):
            if packet[0] == END:
                raise ConnectionLostError("the server ended the log")
            seconds, kind, _, size, end, _ = _HEADER.unpack_from(packet, 1)
            if kind == FORMAT:  # each file says of itself whether its events end with a checksum
                checksum = _CHECKSUM_BYTES if packet[-_CHECKSUM_BYTES - 1] == 1 else 0
            yield Event(kind, seconds, end, size, packet[20 : len(packet) - checksum])
    finally:
        drop(connection)


def _ask_for_log(connection: Session, start: LogPosition) -> int:
    """Asks for events; returns how many bytes of checksum are at the end of the first."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum")
            cursor.execute("SELECT @@global.binlog_checksum")
            (checksum,) = cursor.fetchone() or ("NONE",)
            cursor.execute("SET @master_heartbeat_period = %s, @source_heartbeat_period = %s", (int(_HEARTBEAT_SECONDS * 1e9),) * 2)
            cursor.execute("SET @mariadb_slave_capability = %s", (_ALL_GTID_EVENTS,))
            cursor.execute("SET net_write_timeout = 3600")  # a reader that waits for its sink is not gone
    except (pymysql.err.OperationalError, pymysql.err.InterfaceError, OSError) as error:
        raise server_failure(error) from None
    # Two readers of one server id would throw each other out.
    request = struct.pack("<IHI", start.offset, 0, random.randrange(1 << 16, 1 << 31)) + start.file.encode()  # noqa: S311 no secret
    ask(connection, COMMAND.COM_BINLOG_DUMP, request, silence_seconds=_SILENCE_SECONDS)
    return 0 if checksum == "NONE" else _CHECKSUM_BYTES
