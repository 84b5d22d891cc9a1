"""A queue of one transaction's events that stays small in memory."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from typing import IO

_IN_MEMORY_BYTES = 16 * 1024 * 1024
_HEADER = struct.Struct("<BI")


class Spool:
    """Keeps events until it is known whether their transaction commits; from 16 MiB on in a temporary file."""

    def __init__(self, in_memory_bytes: int = _IN_MEMORY_BYTES) -> None:
        self._limit = in_memory_bytes
        self._items: list[tuple[int, bytes]] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._in_file = 0

    def __len__(self) -> int:
        return self._in_file + len(self._items)

    def append(self, kind: int, body: bytes) -> None:
        """Adds an event."""
        self._items.append((kind, body))
        self._bytes += len(body)
        if self._bytes > self._limit:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="moulin-transaction-")  # noqa: SIM115 lives as long as the transaction
            for item_kind, item in self._items:
                self._file.write(_HEADER.pack(item_kind, len(item)) + item)
            self._in_file += len(self._items)
            self._items, self._bytes = [], 0

    def cut(self, length: int) -> None:
        """Forgets all events but the first so many."""
        whole, kept = self, Spool(self._limit)
        for _, (kind, body) in zip(range(length), whole, strict=False):
            kept.append(kind, body)
        self.clear()
        self._items, self._bytes, self._file, self._in_file = kept._items, kept._bytes, kept._file, kept._in_file

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        if self._file is not None:
            self._file.seek(0)
            for _ in range(self._in_file):
                kind, size = _HEADER.unpack(self._file.read(_HEADER.size))
                yield kind, self._file.read(size)
            self._file.seek(0, 2)
        yield from self._items

    def clear(self) -> None:
        """Forgets everything."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._items, self._bytes, self._in_file = [], 0, 0
