"""How long to wait between two looks at AWS."""

from __future__ import annotations

import time
from collections.abc import Iterator

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 15.0
GROWTH = 1.5


def looks(*, timeout_seconds: float | None) -> Iterator[None]:
    """Yields at once and then after growing pauses, a last time when the time is over; endless without a time-out."""
    end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
    pause = FIRST_SECONDS
    while True:
        yield
        left = LONGEST_SECONDS if end is None else end - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(pause, left))
        pause = min(pause * GROWTH, LONGEST_SECONDS)
