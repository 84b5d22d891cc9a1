"""Files of a local lake: written whole or not at all, and what to say when they cannot be.

A run that cannot write ends. Nothing needs mending then: what it had not committed is read again by the next run.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_BUSY = ("database is locked", "database table is locked")


class StorageError(Exception):
    """Something of the local lake cannot be written; the text says what, where, and what to do."""


class FolderBusyError(Exception):
    """Another command works in the folder."""


@contextlib.contextmanager
def storing(what: str, where: Path) -> Iterator[None]:
    """Turns what a disk refuses into one line.

    Args:
        what: is written, such as `state.json`.
        where: it is written.

    Raises:
        StorageError: it could not be.
    """
    try:
        yield
    except StorageError:
        raise
    except (OSError, DBAPIError) as error:
        full = isinstance(error, OSError) and error.errno in _FULL
        # Arrow tells the number in its text alone.
        full = full or any(sign in str(error) for sign in ("database or disk is full", *(f"errno {number}]" for number in _FULL)))
        reason = "the disk is full" if full else _reason(error)
        todo = "free some space" if full else "mend that"
        raise StorageError(
            f"{what} cannot be written in {where}: {reason} ({todo} and run again: it goes on from the last commit, nothing is lost)"
        ) from error


def is_busy(error: Exception) -> bool:
    """Whether SQLite refused because another process writes."""
    return isinstance(error, DBAPIError) and isinstance(error.orig, sqlite3.OperationalError) and str(error.orig) in _BUSY


def write_whole(path: Path, content: str) -> None:
    """Writes a file under another name first, so that it is never there in part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        temporary.write_text(content)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


@contextlib.contextmanager
def only_user(folder: Path) -> Iterator[None]:
    """Keeps other commands out of a folder. The lock goes with the process, however that ends.

    Raises:
        FolderBusyError: one is in there; says which.
    """
    path = folder / "lock"
    with storing("the local lake", folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = path.open("a")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = path.read_text().strip() or "unknown"
            raise FolderBusyError(
                f"{folder} is in use by another command, process {holder} (wait for its end, or give this one a folder of its own: --data)"
            ) from None
        with contextlib.suppress(OSError):  # the number is a courtesy: a full disk must not keep out who wants to empty it
            path.write_text(str(os.getpid()))
        yield


def _reason(error: OSError | DBAPIError) -> str:
    if isinstance(error, DBAPIError):
        return str(error.orig)
    return error.strerror or str(error)
