"""Places in the source that are not a record's own."""

from __future__ import annotations

from scripts.local.records import SourcePosition

WHOLE = 2**31 - 1
"""Index of a position that stands for all records of a transaction: it sorts after each of them."""

FIRST_EVENT = 4
"""Offset of the first event in a log file."""

BEFORE_EVERYTHING = SourcePosition(0, 0, 0)
"""Position of what a task says before its first row."""


def boundary(file: int, offset: int) -> SourcePosition:
    """The place after a whole transaction: reading can go on there at once, and need not look for the transaction first."""
    return SourcePosition(file, offset, WHOLE)
