"""When Firehose hands on what it has gathered: by size, by time, or because the stream ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

MIB: Final = 1_048_576
MAX_RECORD_BYTES: Final = 1_024_000
"""Firehose takes no record above 1,000 KiB (docs.aws.amazon.com/firehose/latest/dev/limits.html)."""

Clock = Callable[[], float]

_T = TypeVar("_T")


class Buffer(Generic[_T]):
    """Gathers items until they are due.

    Args:
        size_mib: due when so much is in it.
        seconds: due when its first item has waited so long.
        clock: seconds that only ever grow.
    """

    def __init__(self, size_mib: float, seconds: float, clock: Clock) -> None:
        self._limit = size_mib * MIB
        self._seconds = seconds
        self._clock = clock
        self._items: list[_T] = []
        self._bytes = 0
        self._since = 0.0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: _T, size: int) -> None:
        """Takes an item of so many bytes."""
        if not self._items:
            self._since = self._clock()
        self._items.append(item)
        self._bytes += size

    def fits(self, size: int) -> bool:
        """Whether an item of so many bytes can be added without going over the size; always true of the first."""
        return not self._items or self._bytes + size <= self._limit

    @property
    def full(self) -> bool:
        """Whether it holds as much as it should."""
        return self._bytes >= self._limit

    @property
    def due(self) -> bool:
        """Whether it is full or has waited long enough."""
        return bool(self._items) and (self.full or self._clock() - self._since >= self._seconds)

    def take(self) -> list[_T]:
        """Everything in it; it is empty then."""
        items, self._items, self._bytes = self._items, [], 0
        return items
