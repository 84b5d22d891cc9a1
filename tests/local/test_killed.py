"""A process that dies at any point, and the run that goes on after it."""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from tests.local.killed_run import CHANGES, FULL_LOAD, LOADED, STAGES, Kill, every_record, kills, main
from tests.local.support import DATABASE, error_lines, lake_rows, view_rows

KILLS = 20


def start(out: Path, data: Path, *faults: str, kill: Kill | None = None) -> BaseProcess:
    """A process forked from one that has everything imported: most of a process's life would go into that."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.local.killed_run"])
    process = context.Process(target=main, args=(out, data, list(faults), kill))
    process.start()
    return process


def out_folder(template: LocalTemplate) -> Path:
    return next(folder for folder in template.deliveries[0].function.zip_path.parents if (folder / "manifest.json").exists())


@pytest.mark.slow
def test_a_killed_run_goes_on_with_nothing_lost_and_nothing_twice(shop: LocalTemplate, tmp_path: Path) -> None:
    out, ends = out_folder(shop), kills(5)
    stages = Counter(end.stage for end in ends)
    assert len(ends) == KILLS
    assert stages[FULL_LOAD] == 3
    assert all(stages[stage] >= 2 for stage in STAGES)
    reached: list[str | None] = []
    for end in ends:
        process = start(out, tmp_path, kill=end)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL, f"{end} was not reached"
        reached.append(state_of(tmp_path))
        assert_no_more_than_the_source(shop, tmp_path)
    assert reached[:3] == [None] * 3  # a load that was broken off begins anew
    assert len(set(reached)) > 4, "the runs were killed before they got anywhere"
    last = start(out, tmp_path)
    last.join(60)
    assert last.exitcode == 0
    _, lines, stock = every_record()
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == lines.sorted()
    assert view_rows(shop, tmp_path, DATABASE, "stock_current") == stock.sorted()
    assert len(lake_rows(shop, tmp_path, DATABASE, "stock")) == LOADED + CHANGES
    refused = [line["moulin"]["position"] for line in error_lines(shop, tmp_path)]
    assert len(refused) == len(set(refused)) == sum(record.table == "orders" for record in every_record()[0])


def state_of(data: Path) -> str | None:
    path = data / "state.json"
    return path.read_text() if path.exists() else None


def assert_no_more_than_the_source(shop: LocalTemplate, data: Path) -> None:
    positions = [row["_position"] for row in lake_rows(shop, data, DATABASE, "stock") if row["_op"] != "load"]
    assert len(positions) == len(set(positions))


def test_the_fault_kills_the_process(shop: LocalTemplate, tmp_path: Path) -> None:
    process = start(out_folder(shop), tmp_path, "kill-after=0.2s")
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def test_a_state_file_that_cannot_be_read_starts_anew(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("{")
    assert LakeFolder(tmp_path).read("x") == {}
    assert LakeFolder(tmp_path).fingerprint is None
