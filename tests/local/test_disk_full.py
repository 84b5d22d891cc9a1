"""A full disk, wherever it is full: one line, and once there is space again the next run goes on as if nothing had been."""

from __future__ import annotations

import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local.runner import Runner
from scripts.local.state import LakeFolder
from scripts.local.storage import StorageError
from scripts.local.template import LocalTemplate
from tests.local.processes import finished, local_run
from tests.local.sources import LINES, ORDERS, RandomSource
from tests.local.support import DATABASE, LAKE, deliver, error_lines, errors_of, lake_rows

PLACES = {
    "data files": (f"warehouse/{DATABASE}/lines/data", rf"table {DATABASE}\.lines cannot be written in .*/lines: the disk is full"),
    "metadata": (f"warehouse/{DATABASE}/lines/metadata", rf"table {DATABASE}\.lines cannot be written in .*/lines: the disk is full"),
    "catalog": ("warehouse", rf"table {DATABASE}\.lines cannot be written in .*/lines: the disk is full"),
    "error objects": ("errors", r"an error object cannot be written in .*/errors/.*: the disk is full"),
    "state.json": ("", r"state\.json cannot be written in .*: the disk is full"),
}
"""What lies on a small disk of its own, and what is said when that is full."""


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A real file system of two megabytes; only root may mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "moulin-test", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(path: Path) -> None:
    """Writes into a file until nothing more fits."""
    for size in (65_536, 1):
        with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * size)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fills a disk to its last byte; deletes what filled it."""
    fill(folder / "filler")
    yield
    (folder / "filler").unlink()


@pytest.mark.parametrize("place", PLACES)
def test_a_full_disk_loses_nothing(shop: LocalTemplate, tmp_path: Path, place: str) -> None:
    data, source = tmp_path / "data", RandomSource(LINES, 41)
    where, said = PLACES[place]
    with contextlib.ExitStack() as disks:
        # Each on a disk of its own, so that only one thing finds no space.
        for folder in ("", "warehouse", "errors", f"warehouse/{DATABASE}/lines/data", f"warehouse/{DATABASE}/lines/metadata"):
            disks.enter_context(small_disk(data / folder))
        deliver(shop, data, [*source.load(40), *source.changes(30)])
        state = (data / "state.json").read_text()
        refused = ORDERS.change("insert", {"status": "no key"}, source.at + 1)
        source.at += 1
        records = [refused, *source.changes(200)]
        with full(data / where):
            with Runner(shop, LakeFolder(data)) as runner, pytest.raises(StorageError, match=said) as caught:
                runner.run(records)
            assert "\n" not in str(caught.value)
            assert "free some space and run again: it goes on from the last commit, nothing is lost" in str(caught.value)
            assert (data / "state.json").read_text() == state
        assert list(data.rglob("*.tmp")) == []
        counts = deliver(shop, data, records)
        assert counts.deliveries[shop.deliveries[0].name].total("captured") == 201
        assert lake_rows(shop, data, DATABASE, "lines") == source.sorted()
        assert len(error_lines(shop, data)) == 1
        assert len(errors_of(shop, data).open_objects()) == 1


def test_a_function_does_not_fail_for_its_log(shop: LocalTemplate, tmp_path: Path) -> None:
    source = RandomSource(LINES, 42)
    with small_disk(tmp_path / "logs"):
        deliver(shop, tmp_path, source.changes(10))
        (log,) = (tmp_path / "logs").iterdir()
        with full(tmp_path / "logs"):
            fill(log)  # the rest of its last block
            said = ORDERS.change("insert", {"status": "no key"}, source.at + 1)  # the function logs that
            source.at += 1
            counts = deliver(shop, tmp_path, [said, *source.changes(50)])
    delivery = counts.deliveries[shop.deliveries[0].name]
    assert (delivery.total("delivered"), delivery.total("failed")) == (50, 1)
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == source.sorted()


@pytest.mark.usefixtures("needs_mariadb")
def test_the_command_says_it_in_one_line_and_goes_on_later(tmp_path: Path) -> None:
    lake, data = tmp_path / "lake.yaml", tmp_path / "data"
    lake.write_text(LAKE)
    always = ("--rows", "300", "--changes", "100", "--speed-up", "600")
    with local_run(lake, data, *always, "--seconds", "600", "--rate", "200") as run:
        run.wait_until_committed()
        resource.prlimit(run.process.pid, resource.RLIMIT_FSIZE, (4_000, resource.RLIM_INFINITY))  # no metadata file is that small
        assert run.end() == 1, run.out + run.err
    lines = run.err.strip().splitlines()
    assert "cannot be written in" in lines[-1], run.err
    assert "the disk is full (free some space and run again" in lines[-1]
    assert "Traceback" not in run.out + run.err
    last = finished(lake, data, *always, "--output", "json")
    assert last.process.returncode == 0, last.out + last.err
    assert (last.json["equal"], last.json["resumed"], last.json["accounting"]) == (True, True, [])
