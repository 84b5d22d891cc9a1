"""Row events into rows of JSON texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scripts.local.source.errors import CaptureError
from scripts.local.source.log_values import LogReader
from scripts.local.source.types import NULL

_EXTRA_DATA_FROM = 30  # events of version 2 have a part of their own after the flags
_UPDATES = (24, 31)

Row = list[str]


def table_id(body: bytes) -> int:
    """Number of the table that a table-map or row event is about, as of its transaction."""
    return int.from_bytes(body[:6], "little")


def read_rows(kind: int, body: bytes, readers: Sequence[LogReader]) -> Iterator[tuple[Row, Row | None]]:
    """The rows of an event: the new row and, of an update, the old one; of a delete the old one alone.

    Args:
        kind: number of the event's type.
        body: the event without its header.
        readers: how to read each column's values.

    Raises:
        CaptureError: the event does not hold whole rows.
    """
    at = 8
    if kind >= _EXTRA_DATA_FROM:
        at += int.from_bytes(body[8:10], "little")
    count, at = _number(body, at)
    bitmap = (count + 7) // 8
    is_update = kind in _UPDATES
    for _ in range(2 if is_update else 1):
        if int.from_bytes(body[at : at + bitmap], "little") & (1 << count) - 1 != (1 << count) - 1:
            raise CaptureError("the log holds rows without all columns: a session has set binlog_row_image")
        at += bitmap
    if count != len(readers):
        raise CaptureError(f"a row event has {count} columns, its table {len(readers)}")
    end = len(body)
    while at < end:
        row, at = _row(body, at, bitmap, readers)
        if is_update:
            old = row
            row, at = _row(body, at, bitmap, readers)
            yield row, old
        else:
            yield row, None


def _row(body: bytes, at: int, bitmap: int, readers: Sequence[LogReader]) -> tuple[Row, int]:
    nulls = int.from_bytes(body[at : at + bitmap], "little")
    at += bitmap
    row: Row = []
    add = row.append
    if not nulls:
        for read in readers:
            text, at = read(body, at)
            add(text)
        return row, at
    for read in readers:
        if nulls & 1:
            add(NULL)
        else:
            text, at = read(body, at)
            add(text)
        nulls >>= 1
    return row, at


def _number(body: bytes, at: int) -> tuple[int, int]:
    first = body[at]
    if first < 251:
        return first, at + 1
    return int.from_bytes(body[at + 1 : at + 3], "little"), at + 3
