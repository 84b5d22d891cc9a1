"""Commands that do not outlive this process's wish: each in a process group of its own, which can be ended with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path


class BrokenOffError(Exception):
    """The command was ended, or not begun, because this process ends."""


class Children:
    """The commands that run now.

    No signal reaches a thread that waits for one of them. So who catches it calls `end`: every command ends at once, and no other begins.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._ended = False

    def run(self, words: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end; the caller judges the exit code.

        Raises:
            BrokenOffError: `end` was called.
        """
        with self._started(words, cwd=cwd, environment=environment) as process:
            try:
                out, errors = process.communicate()
            except BaseException:  # this very thread is interrupted
                _kill(process)
                raise
            finally:
                with self._lock:
                    self._running.discard(process)
        if self._ended:
            raise BrokenOffError(f"{words[0]} was broken off")
        return subprocess.CompletedProcess(list(words), process.returncode, out, errors)

    def end(self) -> None:
        """Ends every command with all that it started, and refuses to run another."""
        with self._lock:
            self._ended = True
            for process in self._running:
                _kill(process)

    def _started(self, words: Sequence[str], *, cwd: Path, environment: Mapping[str, str]) -> subprocess.Popen[str]:
        with self._lock:
            if self._ended:
                raise BrokenOffError(f"{words[0]} was not begun")
            process = subprocess.Popen(
                list(words),
                cwd=cwd,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            self._running.add(process)
            return process


def _kill(process: subprocess.Popen[str]) -> None:
    """A terraform that is only asked waits for what its provider is doing, and there is no state here worth that."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


CHILDREN = Children()
"""Of this process."""
