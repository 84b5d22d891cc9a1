"""A process that dies at any point, and the run that goes on after it."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from tests.local.killed_run import CHANGES, every_record, main
from tests.local.support import DATABASE, error_lines, lake_rows, view_rows

KILLS = 7


def start(out: Path, data: Path, *faults: str) -> BaseProcess:
    """A process forked from one that has everything imported: most of a process's life would go into that."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.local.killed_run"])
    process = context.Process(target=main, args=(out, data, list(faults)))
    process.start()
    return process


def out_folder(template: LocalTemplate) -> Path:
    return next(folder for folder in template.deliveries[0].function.zip_path.parents if (folder / "manifest.json").exists())


def test_a_killed_run_goes_on_with_nothing_lost_and_nothing_twice(shop: LocalTemplate, tmp_path: Path) -> None:
    out, chance = out_folder(shop), random.Random(5)
    reached: list[str | None] = []
    for _ in range(KILLS):
        before = reached[-1] if reached else None
        process = start(out, tmp_path)
        deadline = time.monotonic() + 20
        while process.is_alive() and time.monotonic() < deadline and state_of(tmp_path) in (None, before):
            time.sleep(0.005)
        time.sleep(chance.uniform(0.0, 0.5))  # several commits, and all that comes between two of them
        process.kill()
        process.join()
        reached.append(state_of(tmp_path))
        assert_no_more_than_the_source(shop, tmp_path)
    assert len(set(reached)) > 4, "the runs were killed before they got anywhere"
    last = start(out, tmp_path)
    last.join()
    assert last.exitcode == 0
    _, lines, stock = every_record()
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == lines.sorted()
    assert view_rows(shop, tmp_path, DATABASE, "stock_current") == stock.sorted()
    assert len(lake_rows(shop, tmp_path, DATABASE, "stock")) == CHANGES
    refused = [line["moulin"]["position"] for line in error_lines(shop, tmp_path)]
    assert len(refused) == len(set(refused)) == sum(record.table == "orders" for record in every_record()[0])


def state_of(data: Path) -> str | None:
    path = data / "state.json"
    return path.read_text() if path.exists() else None


def assert_no_more_than_the_source(shop: LocalTemplate, data: Path) -> None:
    positions = [row["_position"] for row in lake_rows(shop, data, DATABASE, "stock")]
    assert len(positions) == len(set(positions))


def test_the_fault_kills_the_process(shop: LocalTemplate, tmp_path: Path) -> None:
    process = start(out_folder(shop), tmp_path, "kill-after=0.2s")
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_state_file_that_cannot_be_read_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    assert LakeFolder(tmp_path).read("x") == {}
    assert LakeFolder(tmp_path).fingerprint is None
