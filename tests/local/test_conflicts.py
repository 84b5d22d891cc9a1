"""Other writers: who commits to a table between our read and our commit, and who would use our folder."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local.commits import CONFLICT, CommitConflictError, commit
from scripts.local.iceberg_sink import IcebergTable, SinkTable, TableChangedError, Warehouse
from scripts.local.replay import replay_local
from scripts.local.state import LakeFolder
from scripts.local.storage import FolderBusyError, only_user
from scripts.local.template import LocalTemplate
from tests.local.processes import command, environment
from tests.local.sources import LINES, STOCK, RandomSource
from tests.local.support import DATABASE, LAKE, ROOT, deliver, error_lines, lake_rows, lose_every_race, win_again
from tests.local.test_sink import COMPOSITE, HISTORY, MIRROR, at, read, row, write


@pytest.fixture
def warehouses(tmp_path: Path) -> Iterator[tuple[Warehouse, Warehouse]]:
    """One warehouse as two processes have it open."""
    with contextlib.closing(Warehouse(tmp_path / "warehouse")) as ours, contextlib.closing(Warehouse(tmp_path / "warehouse")) as theirs:
        yield ours, theirs


def both(warehouses: tuple[Warehouse, Warehouse], definition: SinkTable) -> tuple[IcebergTable, IcebergTable]:
    ours = warehouses[0].open(definition)
    write(ours, row("insert", id=1, name="a"), row("insert", id=2, name="b"))
    return ours, warehouses[1].open(definition)


def compact(table: IcebergTable) -> None:
    table.iceberg.overwrite(table.iceberg.scan().to_arrow())


def append(table: IcebergTable) -> None:
    table.commit([table.stage([row("insert", id=3, name="theirs")])], None)


@pytest.mark.parametrize("theirs_does", [compact, append])
@pytest.mark.parametrize(
    ("definition", "ours_writes", "expected"),
    [
        (HISTORY, row("insert", id=9, name="n"), [(1, "a"), (2, "b"), (9, "n")]),
        (MIRROR, row("update", id=1, name="n"), [(1, "n"), (2, "b")]),
        (MIRROR, row("delete", id=2), [(1, "a")]),
        (MIRROR, row("update", id=3, name="n"), [(1, "a"), (2, "b"), (3, "n")]),  # ours replaces the row that theirs has added meanwhile
    ],
)
def test_a_commit_that_lost_its_race_is_made_anew(
    warehouses: tuple[Warehouse, Warehouse], definition: SinkTable, ours_writes: object, expected: list[object], theirs_does: object
) -> None:
    ours, theirs = both(warehouses, definition)
    theirs_does(theirs)  # type: ignore[operator]
    staged = ours.stage([ours_writes])  # type: ignore[list-item]
    assert commit(ours, [staged], at(7), seconds=30) == 1
    added = [(3, "theirs")] if theirs_does is append and (3, "n") not in expected else []
    for table in (ours, warehouses[1].open(definition)):
        assert read(table) == sorted([*expected, *added])
        assert table.position == at(7)


def test_the_position_never_goes_without_its_rows(warehouses: tuple[Warehouse, Warehouse]) -> None:
    ours, theirs = both(warehouses, MIRROR)
    append(theirs)
    with pytest.raises(CommitConflictError, match=r"came first, 1 times in 0 seconds"):
        commit(ours, [ours.stage([row("update", id=1, name="n")])], at(7), seconds=0)
    again = warehouses[1].open(MIRROR)
    assert again.position == at(1)
    assert read(again) == [(1, "a"), (2, "b"), (3, "theirs")]


def test_fails_when_another_run_delivers_into_the_table(warehouses: tuple[Warehouse, Warehouse]) -> None:
    ours, theirs = both(warehouses, MIRROR)
    write(theirs, row("update", id=1, name="theirs"), position=5)
    with pytest.raises(TableChangedError, match=r"db\.mirror was written by another run meanwhile: it is at 1:5:1, was at 1:1:1"):
        commit(ours, [ours.stage([row("update", id=1, name="ours")])], at(4), seconds=30)
    assert read(warehouses[0].open(MIRROR)) == [(1, "theirs"), (2, "b")]


def compact_all_the_time(warehouse: Path, ready: object) -> None:
    """A maintenance job beside the lake."""
    with contextlib.closing(Warehouse(warehouse)) as opened:
        while True:
            for name in ("lines", "stock"):
                with contextlib.suppress(Exception):  # it loses races too
                    table = opened.catalog.load_table((DATABASE, name))
                    table.overwrite(table.scan().to_arrow())
            ready.set()  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_compaction_beside_the_run_costs_nothing_but_time(shop: LocalTemplate, tmp_path: Path) -> None:
    lines, stock = RandomSource(LINES, 31), RandomSource(STOCK, 32)
    deliver(shop, tmp_path, [*lines.load(40), *stock.load(40), *lines.changes(40, step=2)])
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    compaction = context.Process(target=compact_all_the_time, args=(LakeFolder(tmp_path).warehouse, ready))
    compaction.start()
    try:
        assert ready.wait(60)
        stock.at = 1001
        records = []
        for one, other in zip(lines.changes(1500, step=4), stock.changes(1500, step=4), strict=True):
            records += [one, other]
        records.sort(key=lambda record: record.position)

        def slowly() -> Iterator[object]:
            for number, record in enumerate(records):
                if number % 50 == 0:
                    time.sleep(0.02)
                yield record

        counts = deliver(shop, tmp_path, slowly(), speed_up=600)  # type: ignore[arg-type]
    finally:
        compaction.kill()
        compaction.join()
    delivery = counts.deliveries[shop.deliveries[0].name]
    assert delivery.commits > 5
    assert delivery.total("failed") == 0
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == lines.sorted()
    positions = [held["_position"] for held in lake_rows(shop, tmp_path, DATABASE, "stock") if held["_op"] != "load"]
    assert len(positions) == len(set(positions)) == 1500


def test_rows_that_lose_for_the_whole_retry_duration_go_to_the_error_path_and_back(shop: LocalTemplate, tmp_path: Path) -> None:
    lines, stock = RandomSource(LINES, 33), RandomSource(STOCK, 34)
    deliver(shop, tmp_path, [*lines.load(40), *lines.changes(50)])
    catalog = LakeFolder(tmp_path).warehouse / "catalog.db"
    lose_every_race(catalog, "lines")
    lines.at, stock.at = 100, 101
    records = sorted([*lines.changes(60, step=2), *stock.changes(60, step=2)], key=lambda record: record.position)
    assert shop.deliveries[0].retry_seconds == 3600
    started = time.monotonic()
    counts = deliver(shop, tmp_path, records, speed_up=3600)  # so that the retry duration is one second
    assert time.monotonic() - started < 30
    delivery = counts.deliveries[shop.deliveries[0].name]
    assert delivery.tables["shop.lines"].failed == {CONFLICT: 60}
    assert delivery.tables["shop.stock"].delivered.total() == 60
    found = error_lines(shop, tmp_path)
    assert {line["errorCode"] for line in found} == {CONFLICT}
    assert all(2 <= line["attemptsMade"] <= 10 for line in found)
    assert delivery.conflicts >= max(line["attemptsMade"] for line in found)
    assert "other writers of bench_dev.lines came first" in found[0]["errorMessage"]
    win_again(catalog)
    (resumed,) = deliver(shop, tmp_path, records).deliveries.values()
    assert resumed.total("skipped") == 120  # they are dealt with
    deliver(shop, tmp_path, lines.changes(20))
    replay_local(shop, LakeFolder(tmp_path))
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == lines.sorted()
    assert error_lines(shop, tmp_path) == []


def test_a_catalog_that_another_process_holds_is_waited_for(warehouses: tuple[Warehouse, Warehouse], tmp_path: Path) -> None:
    ours = warehouses[0].open(COMPOSITE)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN EXCLUSIVE');"
            " print(flush=True); time.sleep(6.5)",
            str(tmp_path / "warehouse" / "catalog.db"),
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    try:
        holder.stdout.readline()
        assert commit(ours, [ours.stage([row("insert", a=1, b="x", c=2, v=3)])], at(2), seconds=60) == 1
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert len(read(ours)) == 1


def test_a_folder_has_one_user(tmp_path: Path) -> None:
    said = rf"in use by another command, process {os.getpid()} \(wait for its end, or"
    with only_user(tmp_path / "data"), pytest.raises(FolderBusyError, match=said), only_user(tmp_path / "data"):
        pass
    with only_user(tmp_path / "data"):  # free again
        pass


def test_a_second_local_lake_in_one_folder_is_refused(tmp_path: Path) -> None:
    lake, data = tmp_path / "lake.yaml", tmp_path / "data"
    lake.write_text(LAKE)
    code = "import sys, time; from pathlib import Path; from scripts.local.storage import only_user\n"
    code += f"with only_user(Path({str(data)!r})):\n    print(flush=True)\n    time.sleep(600)"
    first = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    assert first.stdout is not None
    try:
        first.stdout.readline()
        for arguments in (command(lake, data, "--fresh"), [*command(lake, data)[:3], "replay", str(lake), "--local", "--data", str(data)]):
            second = subprocess.run(arguments, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60, check=False)
            assert second.returncode == 2
            assert second.stderr.strip() == (
                f"{data} is in use by another command, process {first.pid} (wait for its end, or give this one a folder of its own: --data)"
            )
        first.send_signal(signal.SIGKILL)  # its lock goes with it
        first.wait()
        with only_user(data):
            pass
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
