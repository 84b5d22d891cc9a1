"""Faults on demand, between the reader and the function: what at-least-once delivery without order does to a table.

- `duplicate=5%`: so many records come twice, the second right after the first, as when a producer repeats a put whose answer was lost.
- `reorder=window:100`: records are shuffled within windows of so many, as shards that are read side by side do.
- `batch-failure=1%`: all invocations of so many batches fail, so that they go to the error path.
- `kill-after=10s`: the process kills itself (SIGKILL) after so long.

All are drawn from the random seed and the records' positions.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from scripts.local.function import FunctionError
from scripts.local.records import CapturedRecord, SourcePosition

FORMS = "duplicate=5%, reorder=window:100, batch-failure=1%, kill-after=10s"


class FaultError(ValueError):
    """A `--fault` that does not exist."""


@dataclass(frozen=True)
class Faults:
    """Which faults are on.

    Attributes:
        duplicate: share of records that come twice, 0 to 1.
        reorder: records that are shuffled together; 0 or 1 keeps the order.
        batch_failure: share of batches whose invocations all fail, 0 to 1.
        kill_after_seconds: when the process kills itself; None for never.
        seed: of the random choices.
    """

    duplicate: float = 0.0
    reorder: int = 0
    batch_failure: float = 0.0
    kill_after_seconds: float | None = None
    seed: int = 47


class Arrival(NamedTuple):
    """A record as it reaches a delivery.

    Attributes:
        record: the record; None at the end of the stream.
        duplicate: it came before.
        barrier: every record that the source sent before this one has arrived: only here may a batch end, so that a position can say what
            is dealt with.
        resume: where reading could start again when all up to here is dealt with; None when only from the beginning.
    """

    record: CapturedRecord | None
    duplicate: bool = False
    barrier: bool = True
    resume: SourcePosition | None = None


def parse_faults(texts: Iterable[str], *, seed: int = 47) -> Faults:
    """Reads `--fault` options.

    Raises:
        FaultError: unknown, or out of range; says what there is.
    """
    faults = Faults(seed=seed)
    for text in texts:
        name, _, value = text.partition("=")
        if name == "duplicate" and (share := _share(value)) is not None:
            faults = replace(faults, duplicate=share)
        elif name == "batch-failure" and (share := _share(value)) is not None:
            faults = replace(faults, batch_failure=share)
        elif name == "reorder" and (match := re.fullmatch(r"window:(\d{1,6})", value)):
            faults = replace(faults, reorder=int(match[1]))
        elif name == "kill-after" and (match := re.fullmatch(r"(\d{1,6}(?:\.\d+)?)s", value)):
            faults = replace(faults, kill_after_seconds=float(match[1]))
        else:
            raise FaultError(f"--fault {text} is not one of {FORMS}")
    return faults


def disturb(arrivals: Iterable[Arrival], faults: Faults) -> Iterator[Arrival]:
    """The arrivals with duplicates and in disorder."""
    repeated = _duplicated(arrivals, faults) if faults.duplicate else arrivals
    return _reordered(repeated, faults) if faults.reorder > 1 else iter(repeated)


def batch_fault(faults: Faults) -> Callable[[Sequence[CapturedRecord]], None] | None:
    """What fails invocations; None when none is to fail."""
    if not faults.batch_failure:
        return None

    def fail(batch: Sequence[CapturedRecord]) -> None:
        first = batch[0]
        chance = random.Random(f"{faults.seed}\0batch\0{first.schema}\0{first.table}\0{first.position}")  # noqa: S311 - a fault, no secret
        if chance.random() < faults.batch_failure:  # the same answer for every attempt of a batch
            raise FunctionError("Lambda.FunctionError", "fault: batch-failure")

    return fail


def kill_later(faults: Faults) -> threading.Timer | None:
    """Starts the clock that ends this process without warning; None when it is not to end."""
    if faults.kill_after_seconds is None:
        return None
    timer = threading.Timer(faults.kill_after_seconds, os.kill, [os.getpid(), signal.SIGKILL])
    timer.daemon = True
    timer.start()
    return timer


def _duplicated(arrivals: Iterable[Arrival], faults: Faults) -> Iterator[Arrival]:
    chance = random.Random(f"{faults.seed}\0duplicate")  # noqa: S311
    for arrival in arrivals:
        if arrival.record is not None and chance.random() < faults.duplicate:
            yield arrival._replace(barrier=False)
            yield arrival._replace(duplicate=True)
        else:
            yield arrival


def _reordered(arrivals: Iterable[Arrival], faults: Faults) -> Iterator[Arrival]:
    chance = random.Random(f"{faults.seed}\0reorder")  # noqa: S311
    window: list[Arrival] = []
    for arrival in arrivals:
        if arrival.record is None:
            yield from _shuffled(window, chance)
            window = []
            yield arrival
            continue
        window.append(arrival)
        if len(window) >= faults.reorder and arrival.barrier:
            yield from _shuffled(window, chance)
            window = []
    yield from _shuffled(window, chance)


def _shuffled(window: list[Arrival], chance: random.Random) -> Iterator[Arrival]:
    if not window:
        return
    resume = window[-1].resume
    chance.shuffle(window)
    for arrival in window[:-1]:
        yield arrival._replace(barrier=False)
    yield window[-1]._replace(barrier=True, resume=resume)


def _share(text: str) -> float | None:
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%", text)
    share = float(match[1]) / 100 if match else -1.0
    return share if 0.0 <= share <= 1.0 else None
