"""A server ends with whoever started it, and says what is wrong when it does not start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.engines.errors import EngineError
from scripts.engines.server import running
from tests.conftest import ROOT

SERVER = "import pathlib, sys, time\ntry:\n  pathlib.Path('up').touch(); time.sleep(60)\nfinally: pathlib.Path('down').touch()"
SOFT = f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); exec({SERVER!r})"


def soon(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return is_so()


def test_runs_as_long_as_the_block_and_is_asked_to_end(tmp_path: Path) -> None:
    up, down = tmp_path / "up", tmp_path / "down"
    with running([sys.executable, "-c", SOFT], name="it", folder=tmp_path, log=tmp_path / "log", is_ready=up.exists, seconds=20):
        assert (up.exists(), down.exists()) == (True, False)
    assert down.exists()


def test_ends_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time; from scripts.engines.server import running\n"
        "here = pathlib.Path(sys.argv[1])\n"
        "with running([sys.executable, '-c', sys.argv[2]], name='it', folder=here, log=here / 'log', is_ready=(here / 'up').exists,"
        " seconds=20): print('up', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path), SOFT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        assert not (tmp_path / "down").exists()
        starter.kill()
    assert soon((tmp_path / "down").exists)


def test_fails_when_it_ends_while_it_starts(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('ERROR: port is taken'); print('bye'); raise SystemExit(3)"]
    with (
        pytest.raises(EngineError, match=r"^it ended while it started: ERROR: port is taken \(see .*log\)$"),
        running(command, name="it", folder=tmp_path, log=tmp_path / "log", is_ready=lambda: False, seconds=20),
    ):
        pass


def test_fails_when_it_is_not_ready_in_time(tmp_path: Path) -> None:
    with (
        pytest.raises(EngineError, match=r"^it was not ready within 0.5 seconds: it said nothing"),
        running([sys.executable, "-c", SOFT], name="it", folder=tmp_path, log=tmp_path / "log", is_ready=lambda: False, seconds=0.5),
    ):
        pass
    assert soon(lambda: (tmp_path / "down").exists() or not (tmp_path / "up").exists())
