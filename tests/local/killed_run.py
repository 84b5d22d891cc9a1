"""A run that the kill test kills: the same load and changes every time, read from where the last run got to."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog

from scripts.local.errors import ErrorPath
from scripts.local.faults import parse_faults
from scripts.local.iceberg_sink import IcebergTable
from scripts.local.records import CapturedRecord
from scripts.local.runner import Runner
from scripts.local.state import LakeFolder
from scripts.local.superseded import SupersededKeys
from scripts.local.template import load_template
from tests.local.sources import LINES, ORDERS, STOCK, RandomSource

LOADED = 40
CHANGES = 1600

STAGES: dict[str, tuple[type, str, bool]] = {
    "before the error objects": (ErrorPath, "write", False),
    "between error objects and tables": (SupersededKeys, "write", True),
    "in a table's commit": (IcebergTable, "commit", False),
    "before the catalog's commit": (SqlCatalog, "commit_table", False),
    "between two tables' commits": (IcebergTable, "commit", True),
    "before state.json": (LakeFolder, "write", False),
    "behind state.json": (LakeFolder, "write", True),
}
"""Where a process can die: at the call of a method, or at its return."""
FULL_LOAD = "in the full load"
ANYWHERE = "anywhere"


@dataclass(frozen=True)
class Kill:
    """When a process kills itself.

    Attributes:
        stage: one of STAGES, FULL_LOAD or ANYWHERE.
        nth: at the so-manieth time; in the full load at that row.
        after_seconds: so long after that; by then it may be anywhere.
    """

    stage: str
    nth: int
    after_seconds: float = 0.0

    def arm(self) -> None:
        """Puts the end where it belongs. What is called stays what it is."""
        if self.stage in STAGES:
            owner, name, at_return = STAGES[self.stage]
            setattr(owner, name, self._dying(getattr(owner, name), at_return))
        elif self.stage == ANYWHERE:
            self._die()

    def row(self, number: int) -> None:
        """Told each row of the full load."""
        if self.stage == FULL_LOAD and number == self.nth:
            self._die()

    def _dying(self, method: Callable[..., Any], at_return: bool) -> Callable[..., Any]:
        calls = itertools.count(1)

        def call(*arguments: Any, **options: Any) -> Any:
            number = next(calls)
            if number == self.nth and not at_return:
                self._die()
            result = method(*arguments, **options)
            if number == self.nth and at_return:
                self._die()
            return result

        return call

    def _die(self) -> None:
        if not self.after_seconds:
            os.kill(os.getpid(), signal.SIGKILL)
        timer = threading.Timer(self.after_seconds, os.kill, [os.getpid(), signal.SIGKILL])
        timer.daemon = True
        timer.start()


def kills(seed: int) -> list[Kill]:
    """Twenty ends, each stage twice, in an order and at moments that chance decides."""
    chance = random.Random(seed)
    loading = [Kill(FULL_LOAD, chance.randrange(1, 2 * LOADED)) for _ in range(3)]
    later = [Kill(stage, chance.randrange(1, 4)) for stage in STAGES for _ in range(2)]
    later += [Kill("in a table's commit", chance.randrange(1, 4), chance.uniform(0.001, 0.03)) for _ in range(2)]
    later += [Kill(ANYWHERE, 0, chance.uniform(0.1, 0.6))]
    chance.shuffle(later)
    return loading + later


def every_record() -> tuple[list[CapturedRecord], RandomSource, RandomSource]:
    """A full load, then changes of a mirror and a history in turns, some of which the function refuses; and the sources at their end."""
    lines, stock = RandomSource(LINES, 21), RandomSource(STOCK, 22)
    records = [*lines.load(LOADED), *stock.load(LOADED)]
    lines.at, stock.at = 0, 1
    for mirror, history in zip(lines.changes(CHANGES, step=4), stock.changes(CHANGES, step=4), strict=True):
        records += [mirror, history]
        if stock.at % 100 == 1:
            records.append(ORDERS.change("insert", {"status": "no key"}, stock.at + 1))
    return records, lines, stock


def main(out: Path, data: Path, faults: list[str], kill: Kill | None = None) -> None:
    kill = kill or Kill("never", 0)
    kill.arm()
    with Runner(load_template(out), LakeFolder(data), faults=parse_faults(faults), speed_up=2000) as runner:
        resume = runner.resume

        def records() -> Iterator[CapturedRecord]:
            for number, record in enumerate(every_record()[0], start=1):
                if resume is None or record.position > resume:
                    kill.row(number)
                    if number % 10 == 0:
                        time.sleep(0.005)
                    yield record

        counts = runner.run(records())
    assert list(counts.check()) == []
