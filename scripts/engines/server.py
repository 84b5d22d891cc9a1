"""A server that runs as long as a `with` block: it ends with whoever started it, however that ends."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from scripts.engines.errors import EngineError

_STOP_SECONDS = 20.0

_KEEPER = """\
exec 3<&0
"$@" < /dev/null 3<&- & server=$!
(cat <&3 > /dev/null; kill "$server") 2> /dev/null &
exec 3<&-
wait "$server"
"""
"""Ends the server when its own input is closed, which a process that is killed does, too; ends itself when the server does."""


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], *, name: str, folder: Path, log: Path, is_ready: Callable[[], bool], seconds: float
) -> Iterator[None]:
    """Runs a server for the length of a `with` block.

    Args:
        command: program and its words.
        name: what messages call it.
        folder: its working folder.
        log: takes what it prints.
        is_ready: asked again and again until it says yes.
        seconds: how long that may take.

    Raises:
        EngineError: it ended by itself, or was not ready in time; says its last words.
    """
    with log.open("ab") as output:
        # A session of its own: Ctrl-C in the terminal reaches us, not the server that we are still talking to.
        process = subprocess.Popen(
            ["sh", "-c", _KEEPER, "sh", *command], cwd=folder, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(process, name, log, is_ready, seconds)
        yield
    finally:
        _stop(process)


def _wait(process: subprocess.Popen[bytes], name: str, log: Path, is_ready: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise EngineError(f"{name} ended while it started: {_last_words(log)} (see {log})")
        if is_ready():
            return
        time.sleep(0.1)
    raise EngineError(f"{name} was not ready within {seconds:g} seconds: {_last_words(log)} (see {log})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _last_words(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    return (errors or lines or ["it said nothing"])[-1][:500]
