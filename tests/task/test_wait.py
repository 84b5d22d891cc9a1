"""`moulin task wait`: until it is so, until it cannot become so, or until the time is over."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.task.pauses import looks
from tests.conftest import ROOT
from tests.task.conftest import Deploy
from tests.task.deployed import Deployed

Change = Callable[..., Path]


def started(lake: Deployed) -> Deployed:
    assert lake.run("start").exit_code == 0
    return lake


@pytest.mark.parametrize("kind", ["minimal", "serverless"])
def test_waits_for_the_full_load(deploy: Deploy, kind: str) -> None:
    lake = started(deploy(kind))
    result = lake.run("wait", "--output", "json", "--timeout", "60")
    assert (result.exit_code, result.stderr) == (0, "")
    answer = json.loads(result.stdout)
    assert (answer["reached"], answer["state"], set(answer)) == ("full-load", "running", {"task", "state", "reached", "seconds"})


def test_waits_until_it_runs_and_until_it_has_stopped(deploy: Deploy) -> None:
    lake = started(deploy())
    assert lake.run("wait", "--for", "running").stdout.startswith("minimal-dev-capture: running (")
    lake.run("stop", "--no-wait")
    assert lake.run("wait", "--for", "stopped").stdout.startswith("minimal-dev-capture: stopped (")


def test_a_task_that_only_loads_is_complete_when_it_stops(deploy: Deploy, changed: Change) -> None:
    lake = started(deploy(file=changed(("account_roles: create", "account_roles: create, mode: full-load")), mode="full-load"))
    assert lake.run("wait").stdout.startswith("minimal-dev-capture: full load complete, 1 tables (")


def test_fails_when_the_time_is_over(deploy: Deploy) -> None:
    lake = started(deploy())
    lake.say(lake.arn, task={"Status": "starting"})
    began = time.monotonic()
    result = lake.run("wait", "--timeout", "0.7")
    assert result.exit_code == 1
    assert re.fullmatch(r"not full-load after 0\.7 seconds: it is starting, \d+ % loaded \(it goes on; .* --timeout\)\n", result.stderr)
    assert 0.7 <= time.monotonic() - began < 20


@pytest.mark.parametrize("goal", ["full-load", "running", "stopped"])
def test_fails_when_the_task_fails(deploy: Deploy, goal: str) -> None:
    lake = started(deploy())
    lake.say(lake.arn, task={"Status": "failed", "LastFailureMessage": "Out of memory"})
    result = lake.run("wait", "--for", goal)
    assert (result.exit_code, result.stderr) == (1, "task minimal-dev-capture has failed: Out of memory\n")


def test_fails_when_a_table_fails(deploy: Deploy) -> None:
    lake = started(deploy("many-tables"))
    lake.say(lake.arn, tables={"shop.products": {"TableState": "Table error"}})
    result = lake.run("wait")
    assert (result.exit_code, result.stderr) == (
        1,
        "task webshop-capture has given up on shop.products (Table error) (read the task's log)\n",
    )


@pytest.mark.parametrize("goal", ["full-load", "running", "stopped"])
def test_fails_when_nobody_has_started_it(deploy: Deploy, goal: str) -> None:
    result = deploy().run("wait", "--for", goal)
    assert (result.exit_code, result.stderr) == (1, "task minimal-dev-capture is ready: nobody has started it (moulin task start)\n")


def test_fails_when_it_stops_before(deploy: Deploy) -> None:
    lake = started(deploy())
    lake.say(lake.arn, task={"Status": "stopped", "StopReason": "Stop Reason NORMAL"})
    result = lake.run("wait", "--for", "running")
    assert (result.exit_code, result.stderr) == (1, "task minimal-dev-capture has stopped before that: Stop Reason NORMAL\n")


def test_fails_when_there_is_no_full_load(deploy: Deploy, changed: Change) -> None:
    lake = deploy(file=changed(("account_roles: create", "account_roles: create, mode: cdc")), mode="cdc")
    result = lake.run("wait")
    assert (result.exit_code, result.stderr) == (
        2,
        "capture.mode is cdc: there is no full load to wait for (use --for running)\n",
    )


def test_pauses_grow_and_end_with_a_last_look() -> None:
    began = time.monotonic()
    assert len(list(looks(timeout_seconds=1.5))) == 4  # at 0, 0.5, 1.25 and 1.5 seconds
    assert time.monotonic() - began < 5


def test_bars_on_a_terminal(deploy: Deploy) -> None:
    lake = started(deploy("many-tables"))
    seen, ended = on_a_terminal(str(lake.file))
    assert ended == 0
    assert "full load" in seen
    assert "shop.products" in seen
    assert "1,000 rows, Table completed" in seen


def on_a_terminal(file: str) -> tuple[str, int]:
    """`moulin task wait` with a terminal for its standard error."""
    here, there = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "160", "LINES": "40"}
    with subprocess.Popen(
        [sys.executable, "-m", "scripts.cli", "task", "wait", file], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=there
    ) as process:
        os.close(there)
        said = bytearray()

        def read() -> None:
            while True:
                try:
                    chunk = os.read(here, 65536)
                except OSError:  # the terminal's other end is closed
                    return
                if not chunk:
                    return
                said.extend(chunk)

        reader = threading.Thread(target=read)
        reader.start()
        code = process.wait(timeout=60)
        reader.join(timeout=10)
    os.close(here)
    return said.decode(errors="replace"), code
