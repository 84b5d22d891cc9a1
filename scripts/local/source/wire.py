"""Packets of the MySQL protocol, read without PyMySQL's own parsing, which costs more than all that we do with them.

The only place that reaches into PyMySQL; Pipfile.lock holds it to one version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeAlias

import pymysql
from pymysql.constants import CLIENT

from scripts.local.source.errors import ConnectionLostError, server_failure

Session: TypeAlias = "pymysql.Connection[Any]"
Connect: TypeAlias = Callable[[], Session]
"""Opens a session: with autocommit and character set utf8mb4."""

END = 0xFE
"""First byte of the packet that ends rows, when it is shorter than nine bytes."""
_ERROR = 0xFF
_WHOLE_PACKET = 0xFFFFFF
_STREAM_BYTES = 262_144


def offers_tls(session: Session) -> bool:
    """Whether the server said that it can do TLS."""
    driver: Any = session
    return bool(driver.server_capabilities & CLIENT.SSL)


def widen(session: Session) -> None:
    """Makes room for many packets at a time in a session that waits for a command."""
    driver: Any = session
    driver._rfile = driver._sock.makefile("rb", _STREAM_BYTES)


def ask(session: Session, command: int, content: bytes | str, *, silence_seconds: float | None = None) -> None:
    """Sends a command whose answer is read by `packets`.

    Args:
        session: where to.
        command: number of the command.
        content: what follows it.
        silence_seconds: the connection counts as lost when the server sends nothing for so long; None for never.

    Raises:
        ConnectionLostError: the connection broke.
    """
    driver: Any = session
    try:
        driver._execute_command(command, content)
        driver._sock.settimeout(silence_seconds)
    except (pymysql.err.OperationalError, pymysql.err.InterfaceError, OSError) as error:
        raise server_failure(error) from None


def drop(session: Session) -> None:
    """Ends a session that is in the middle of an answer."""
    driver: Any = session
    with suppress(pymysql.err.Error, OSError):
        driver._force_close()


def packets(session: Session) -> Iterator[bytes]:
    """The packets that the server sends.

    Raises:
        ConnectionLostError: the connection broke or fell silent.
        CaptureError: the server refuses what was asked for.
    """
    driver: Any = session
    read = driver._rfile.read
    while True:
        try:
            content = part = _part(read)
            while len(part) == _WHOLE_PACKET:
                part = _part(read)
                content += part
        except OSError as error:  # a time-out too
            raise ConnectionLostError(str(error) or "the server fell silent") from None
        if content[0] == _ERROR:
            raise server_failure(pymysql.err.OperationalError(int.from_bytes(content[1:3], "little"), content[9:].decode(errors="replace")))
        yield content


def packet_blocks(session: Session) -> Iterator[list[bytes]]:
    """The packets that the server sends, all at once that have come: small ones by the hundred.

    Raises:
        ConnectionLostError: the connection broke or fell silent.
        CaptureError: the server refuses what was asked for.
    """
    driver: Any = session
    stream = driver._rfile
    one_by_one = packets(session)
    while True:
        found: list[bytes] = []
        try:
            held = stream.peek()
            at, end = 0, len(held)
            while at + 4 < end:
                length = int.from_bytes(held[at : at + 3], "little")
                start = at + 4
                if start + length > end or not 0 < length < _WHOLE_PACKET or held[start] == _ERROR:
                    break
                at = start + length
                found.append(held[start:at])
            stream.read(at)
        except OSError as error:  # a time-out too
            raise ConnectionLostError(str(error) or "the server fell silent") from None
        yield found or [next(one_by_one)]


def _part(read: Callable[[int], bytes]) -> bytes:
    """One packet; a connection that breaks may end inside of one."""
    header = read(4)
    length = int.from_bytes(header[:3], "little")
    content = read(length) if len(header) == 4 else b""
    if len(header) < 4 or len(content) < length:
        raise ConnectionLostError("the server closed the connection")
    return content
