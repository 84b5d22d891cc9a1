"""Ctrl-C and SIGTERM: what arrived is committed, and the next run goes on."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local.mariadb import MariaDb, mariadb
from tests.local.processes import LocalRun, finished, local_run, url
from tests.local.support import DATABASE, LAKE, lose_every_race, win_again

INTERRUPTED = 130


@pytest.fixture
def server(needs_mariadb: None) -> Iterator[MariaDb]:
    with mariadb() as running:
        yield running


def test_a_stopped_local_lake_goes_on_and_ends_equal(server: MariaDb, tmp_path: Path) -> None:
    lake, data = tmp_path / "lake.yaml", tmp_path / "data"
    lake.write_text(LAKE)
    always = ("--source", url(server), "--rows", "300", "--speed-up", "600")
    endless = (*always, "--seconds", "600", "--rate", "300")

    with local_run(lake, data, *endless) as run:
        run.wait_until_committed()
        run.send(signal.SIGINT)
        assert_stopped(run)
        assert "stopping at the next commit" in run.err
        assert "everything up to here is committed" in run.out
        assert "\x1b" not in run.out + run.err  # on a pipe nothing is drawn

    with local_run(lake, data, *endless, "--output", "json") as run:
        run.wait_until_committed()
        run.send(signal.SIGTERM)
        assert_stopped(run)
        assert (run.json["interrupted"], run.json["resumed"], run.json["accounting"]) == (True, True, [])
        stopped_at = run.state

    # The first Ctrl-C waits for a commit that does not come; the second does not.
    catalog, files = data / "warehouse" / "catalog.db", data / "warehouse" / DATABASE / "lines" / "data"
    lose_every_race(catalog, "lines")
    written = len(list(files.glob("*.parquet")))
    with local_run(lake, data, *always[:-1], "20", "--seconds", "600", "--rate", "300") as run:
        run.wait_until(lambda: len(list(files.glob("*.parquet"))) > written + 2, "attempts to commit")
        run.send(signal.SIGINT)
        run.wait_until(lambda: "stopping" in run.err, "an answer to the first Ctrl-C")
        time.sleep(0.5)
        assert run.process.poll() is None
        asked = time.monotonic()
        run.send(signal.SIGINT)
        assert_stopped(run)
        assert time.monotonic() - asked < 30  # the retry duration is three minutes
    win_again(catalog)

    last = finished(lake, data, *always, "--changes", "50", "--output", "json")
    assert last.process.returncode == 0, last.out + last.err
    assert (last.json["equal"], last.json["resumed"], last.json["accounting"]) == (True, True, [])
    assert last.state != stopped_at


def assert_stopped(run: LocalRun) -> None:
    assert run.end() == INTERRUPTED, run.out + run.err
    assert "Traceback" not in run.out + run.err
