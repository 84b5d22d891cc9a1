"""Iceberg commits against other writers: what lost its race is done anew on the table as it is then.

PyIceberg's own retries are off: they commit the same files again, and rows of our keys that the other commit brought stay beside ours.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from pyiceberg.exceptions import CommitFailedException, ValidationException
from sqlalchemy.exc import OperationalError

from scripts.local.iceberg_sink import IcebergTable, Staged, TableChangedError
from scripts.local.records import SourcePosition
from scripts.local.storage import is_busy, storing

CONFLICT: Final = "Iceberg.CommitConflict"
"""Error code of rows whose commit lost against other writers for the whole retry duration."""

MOST_ATTEMPTS: Final = 100
"""Of one commit, whatever the retry duration."""
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 120.0  # a hundred attempts outlast the 7,200 seconds that Firehose allows


class CommitConflictError(Exception):
    """Other writers won all the time.

    Args:
        message: what happened.
        attempts: how often it was tried.
    """

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts


def commit(
    table: IcebergTable, staged: Sequence[Staged], position: SourcePosition | None, *, seconds: float, replayed: Sequence[str] = ()
) -> int:
    """Commits rows and position, again and again while other writers come first. Returns how often it had to be repeated.

    Args:
        table: where to.
        staged: rows.
        position: as for `IcebergTable.commit`.
        seconds: how long to try: Firehose's retry duration. 0 tries once.
        replayed: as for `IcebergTable.commit`.

    Raises:
        CommitConflictError: the time is over; nothing of this is in the table.
        TableChangedError: another run has delivered into the table meanwhile.
        StorageError: the disk refuses.
    """
    before = (table.position, table.replayed)
    deadline = time.monotonic() + seconds
    for attempt in range(1, MOST_ATTEMPTS + 1):
        try:
            with storing(f"table {table.definition.label}", folder_of(table)):
                if attempt > 1:
                    _look_again(table, before)
                with _race():
                    table.commit(staged, position, replayed=replayed)
            return attempt - 1
        except _LostRaceError as error:
            reason = str(error)
        pause = min(_FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), _LONGEST_PAUSE_SECONDS) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        if attempt == MOST_ATTEMPTS or time.monotonic() + pause > deadline:
            raise CommitConflictError(
                f"other writers of {table.definition.label} came first, {attempt} times in {seconds:g} seconds: {reason}", attempt
            )
        time.sleep(pause)
    raise AssertionError("the last attempt returns or raises")


def folder_of(table: IcebergTable) -> Path:
    """Where a table's files lie."""
    return Path(unquote(urlsplit(table.iceberg.location()).path))


class _LostRaceError(Exception):
    """Another writer came first."""


@contextlib.contextmanager
def _race() -> Iterator[None]:
    try:
        yield
    except (CommitFailedException, ValidationException) as error:
        raise _LostRaceError(str(error)) from None
    except OperationalError as error:
        if is_busy(error):
            raise _LostRaceError("the catalog is held by another process") from None
        raise


def _look_again(table: IcebergTable, before: tuple[SourcePosition | None, frozenset[str]]) -> None:
    """The table as it is now. Rows of other writers are welcome; a position of another run means that our rows may be there already."""
    with _race():
        table.iceberg.refresh()
    if (table.position, table.replayed) != before:
        raise TableChangedError(
            f"{table.definition.label} was written by another run meanwhile: it is at {table.position}, was at {before[0]}"
            " (end the other run, then run again: this one left nothing half-written)"
        )
