"""A plan or a rehearsal that a signal ends leaves no folder and no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.plan.provider import ReadyProvider
from tests.conftest import ROOT

pytestmark = [pytest.mark.plan, pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks for processes in /proc")]

PATIENCE_SECONDS = 120


def processes(word: str) -> list[str]:
    """Command lines of all processes that work in a folder, or name it."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode() if process.name.isdigit() else ""
            if words and word in f"{words} {(process / 'cwd').readlink()}":
                found.append(words)
        except OSError:  # it has ended, or is another user's
            continue
    return found


def wait_until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def works_on_a_stack(temporary: Path) -> bool:
    """Whether terraform and its provider run in a stack's folder."""
    return any("terraform-provider-aws" in words for words in processes(f"{temporary}/"))


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("plan", signal.SIGTERM),
        ("plan", signal.SIGHUP),
        ("deploy-emulated", signal.SIGTERM),
        ("deploy-emulated", signal.SIGINT),
        ("make plan", signal.SIGINT),
    ],
)
def test_nothing_is_left_behind(
    command: str, number: signal.Signals, provider: ReadyProvider, synthesise_lake: Callable[[str], Path], tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    words = {
        "plan": [sys.executable, "-m", "scripts.cli", "plan", "--out", str(synthesise_lake("minimal"))],
        "deploy-emulated": [sys.executable, "-m", "scripts.cli", "deploy-emulated", "lakes/minimal.yaml"],
        "make plan": ["make", "--silent", "plan", f"OUT={tmp_path / 'out'}"],
    }[command]
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(temporary), "LAKE": "lakes/minimal.yaml"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # of a test that runs under nohup, too
    )
    try:
        wait_until(lambda: works_on_a_stack(temporary), process)
        asked = time.monotonic()
        os.killpg(process.pid, number) if command == "make plan" else process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
        assert time.monotonic() - asked < 20
    finally:
        process.kill()
        process.wait()
    assert process.returncode in ((2, -number) if command == "make plan" else (128 + number,))
    assert "Traceback" not in errors
    assert list(temporary.iterdir()) == []
    assert processes(str(tmp_path)) == []
