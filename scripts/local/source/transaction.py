"""What records say of the transaction they are part of, and of the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from scripts.local.source.types import quote


class Clock:
    """The time of day in microseconds, from any source.

    Args:
        micros: microseconds since 1970.
    """

    def __init__(self, micros: Callable[[], int]) -> None:
        self.micros = micros

    @staticmethod
    def text(micros: int) -> str:
        """As DMS writes it: ISO in UTC with six digits of a second."""
        seconds, fraction = divmod(micros, 1_000_000)
        return f"{_second(seconds)}.{fraction:06d}Z"


@lru_cache(64)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


@dataclass(frozen=True)
class Transaction:
    """What a record says of the transaction it is part of.

    Attributes:
        file: name of the log file.
        number: number of that file.
        group: where the transaction's first event begins.
        start: where its changes begin.
        commit: where its commit begins.
        end: where its commit ends.
        seconds: when it was committed, seconds since 1970.
    """

    file: str
    number: int
    group: int
    start: int
    commit: int
    end: int
    seconds: int

    @property
    def id(self) -> int:
        """`transaction-id`."""
        return self.number << 32 | self.end

    @property
    def previous_id(self) -> int:
        """`prev-transaction-id`."""
        return self.number << 32 | self.group

    @property
    def stream_position(self) -> str:
        """`stream-position`."""
        whole = self.number << 32 | self.group
        return f"{self.file}:{self.commit}:-1:{self.end}:{whole}:{self.file}:{self.start}"


@dataclass(frozen=True)
class Details:
    """What `include_transaction_details` adds to each record of a transaction.

    Attributes:
        previous: `prev-transaction-id`.
        tail: commit time and position, alike in all records.
    """

    previous: str
    tail: str

    @classmethod
    def of(cls, transaction: Transaction, clock: Clock) -> Details:
        """The details of a transaction."""
        committed = clock.text(transaction.seconds * 1_000_000)
        return cls(
            str(transaction.previous_id), f',"commit-timestamp":"{committed}","stream-position":{quote(transaction.stream_position)}'
        )

    def text(self, operation: str, record: int) -> str:
        """The end of a record's metadata."""
        own = f',"transaction-record-id":{record}'
        if operation == "insert":
            return own + self.tail
        return f'{own},"prev-transaction-id":{self.previous},"prev-transaction-record-id":{record - 1}{self.tail}'
