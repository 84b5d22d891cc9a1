"""What a signal does to a process of ours and to the commands that it runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts.children import BrokenOffError, Children
from tests.conftest import ROOT

SLOW_TO_CLEAN_UP = """
import tempfile, time
from scripts.stopping import unwound_by_signals
with unwound_by_signals(), tempfile.TemporaryDirectory() as folder:
    try:
        print(folder, flush=True)
        time.sleep(60)
    finally:
        print("cleaning up", flush=True)
        time.sleep(0.5)
"""


def run(children: Children, folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    return children.run(["sh", "-c", script], cwd=folder, environment=os.environ)


def test_command_runs_to_its_end(tmp_path: Path) -> None:
    done = run(Children(), tmp_path, "pwd; echo no >&2; exit 3")
    assert (done.returncode, done.stdout, done.stderr) == (3, f"{tmp_path}\n", "no\n")


def test_end_reaches_what_a_command_has_started_and_lets_no_other_begin(tmp_path: Path) -> None:
    children, grandchild = Children(), tmp_path / "pid"
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run, children, tmp_path, "trap '' TERM INT; sleep 60 & echo $! > pid.new; mv pid.new pid; wait")
        while not grandchild.exists():
            time.sleep(0.01)
        children.end()
        with pytest.raises(BrokenOffError, match="was broken off"):
            waiting.result(timeout=10)
    deadline = time.monotonic() + 10
    while Path(f"/proc/{grandchild.read_text().strip()}/cwd").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(BrokenOffError, match="was not begun"):
        run(children, tmp_path, "true")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_second_signal_does_not_break_off_the_cleaning_up(number: signal.Signals) -> None:
    words = [sys.executable, "-c", SLOW_TO_CLEAN_UP]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        process.send_signal(number)
        assert process.stdout.readline() == "cleaning up\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 128 + number
    assert "Traceback" not in errors
    assert not folder.exists()
