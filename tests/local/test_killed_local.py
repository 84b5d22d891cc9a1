"""The whole of `moulin local`, killed again and again while it loads and captures."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local.mariadb import MariaDb, mariadb
from scripts.local.template import load_template
from tests.local.processes import finished, local_run, query, url
from tests.local.support import DATABASE, LAKE, lake_rows

KILLS_IN_CHANGES = 3


@pytest.fixture
def server(needs_mariadb: None) -> Iterator[MariaDb]:
    with mariadb() as running:
        yield running


def test_a_killed_local_lake_goes_on_and_ends_equal(server: MariaDb, tmp_path: Path) -> None:
    lake, data, chance = tmp_path / "lake.yaml", tmp_path / "data", random.Random(8)
    lake.write_text(LAKE)
    always = ("--source", url(server), "--speed-up", "600", "--rows", "2000")
    with local_run(lake, data, *always, "--seconds", "600", "--rate", "1") as run:
        run.wait_until(lambda: any((data / "warehouse").rglob("*.parquet")), "rows of the full load")
        run.send(signal.SIGKILL)
        assert run.end() == -signal.SIGKILL
    for _ in range(KILLS_IN_CHANGES):
        with local_run(lake, data, *always, "--seconds", "600", "--rate", "500") as run:
            run.wait_until_committed()
            time.sleep(chance.uniform(0.0, 0.5))
            run.send(signal.SIGKILL)
            assert run.end() == -signal.SIGKILL
        wait_until_nobody_writes(server)
    last = finished(lake, data, *always, "--changes", "100", "--output", "json")
    assert last.process.returncode == 0, last.out + last.err
    assert (last.json["equal"], last.json["resumed"], last.json["accounting"]) == (True, True, [])
    assert all(one["source_rows"] == one["lake_rows"] >= 2000 for one in last.json["verified"])
    positions = [row["_position"] for row in lake_rows(load_template(data / "cdktf.out"), data, DATABASE, "stock") if row["_op"] != "load"]
    assert len(positions) == len(set(positions)) > 100


def wait_until_nobody_writes(server: MariaDb, seconds: float = 20.0) -> None:
    """Who wrote for a run ends with it, even if nobody could tell it to."""
    deadline = time.monotonic() + seconds
    others = "SELECT ID, COMMAND, INFO FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID() AND USER = 'root'"
    while found := query(server, others):
        assert time.monotonic() < deadline, f"still connected: {found}"
        time.sleep(0.05)
