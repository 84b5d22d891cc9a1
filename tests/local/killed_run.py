"""A run that the kill test kills: the same changes every time, read from where the last run got to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from scripts.local.faults import parse_faults
from scripts.local.records import CapturedRecord
from scripts.local.runner import Runner
from scripts.local.state import LakeFolder
from scripts.local.template import load_template
from tests.local.sources import LINES, ORDERS, STOCK, RandomSource

CHANGES = 2000


def every_record() -> tuple[list[CapturedRecord], RandomSource, RandomSource]:
    """Changes of a mirror and a history in turns, some of which the function refuses, and the sources at their end."""
    lines, stock = RandomSource(LINES, 21), RandomSource(STOCK, 22)
    lines.at, stock.at = 0, 1
    records = []
    for mirror, history in zip(lines.changes(CHANGES, step=4), stock.changes(CHANGES, step=4), strict=True):
        records += [mirror, history]
        if stock.at % 100 == 1:
            records.append(ORDERS.change("insert", {"status": "no key"}, stock.at + 1))
    return records, lines, stock


def main(out: Path, data: Path, faults: list[str]) -> None:
    with Runner(load_template(out), LakeFolder(data), faults=parse_faults(faults), speed_up=600) as runner:
        resume = runner.resume

        def records() -> Iterator[CapturedRecord]:
            for number, record in enumerate(every_record()[0]):
                if resume is None or record.position > resume:
                    if number % 10 == 0:
                        time.sleep(0.01)
                    yield record

        counts = runner.run(records())
    assert list(counts.check()) == []
