"""Where statements go: to the server, or onto the screen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pymysql

from scripts.seed.sql import Statement


@dataclass(frozen=True)
class Result:
    """What a statement did.

    Attributes:
        affected: rows that it inserted, really changed or deleted.
        first_id: the number that the server gave to the first inserted row; 0 for none.
    """

    affected: int
    first_id: int = 0


class Target(Protocol):
    """Runs statements."""

    @property
    def id_step(self) -> int:
        """What the server adds from one automatic number to the next."""

    def execute(self, statement: Statement) -> Result:
        """Runs a statement."""

    def commit(self) -> None:
        """Ends the transaction."""

    def rollback(self) -> None:
        """Takes the transaction back."""


class Server:
    """A database server.

    Args:
        connection: an open connection.
    """

    def __init__(self, connection: pymysql.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self.id_step = int(self.query("SELECT @@auto_increment_increment", ())[0][0])

    def query(self, text: str, values: tuple[str, ...]) -> Sequence[tuple[Any, ...]]:
        """Runs a query and returns its rows."""
        self._cursor.execute(text, values or None)  # with no values a `%` is a `%`
        return self._cursor.fetchall()

    def execute(self, statement: Statement) -> Result:
        """Runs a statement."""
        affected = self._cursor.execute(statement.text)
        return Result(int(affected), int(self._cursor.lastrowid or 0))

    @property
    def allows_local_infile(self) -> bool:
        """Whether LOAD DATA LOCAL may be used."""
        return bool(self.query("SELECT @@GLOBAL.local_infile", ())[0][0])

    def first_warning(self) -> tuple[int, str] | None:
        """The first thing that the last statement changed or left out, other than rows that exist already."""
        rows = self.query("SHOW WARNINGS LIMIT 100", ())
        return next(((int(code), str(text)) for _, code, text in rows if int(code) != pymysql.constants.ER.DUP_ENTRY), None)

    def commit(self) -> None:
        """Ends the transaction."""
        self._connection.commit()

    def rollback(self) -> None:
        """Takes the transaction back."""
        self._connection.rollback()

    def close(self) -> None:
        """Ends the session; the server takes back what was not committed."""
        with contextlib.suppress(pymysql.MySQLError, OSError):
            self._connection.close()


class DryRun:
    """Shows statements and runs none; automatic numbers start at 1.

    Args:
        show: takes each statement's text.
    """

    id_step = 1

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._next_id: dict[str, int] = {}

    def execute(self, statement: Statement) -> Result:
        """Shows a statement and takes all its rows for written."""
        self._show(statement.text)
        first = self._next_id.get(statement.into, 1)
        self._next_id[statement.into] = first + statement.rows
        return Result(statement.rows, first)

    def commit(self) -> None:
        """Shows the end of the transaction."""
        self._show("COMMIT")

    def rollback(self) -> None:
        """Nothing was done."""
