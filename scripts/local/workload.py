"""Who writes into the source while it is captured: `moulin seed`, in a process of its own, as an application would be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from scripts.seed.credentials import PASSWORD_VARIABLE, Login
from scripts.seed.errors import SeedError

ROOT = Path(__file__).resolve().parents[2]
_STOP_SECONDS = 60.0


class Workload:
    """A run of `moulin seed` beside this process.

    Args:
        lake: lake file whose tables are written.
        login: of the source.
        arguments: further options of `moulin seed`.
    """

    def __init__(self, lake: Path, login: Login, arguments: Sequence[str]) -> None:
        command = [sys.executable, "-m", "scripts.local.workload", "--lake", str(lake.resolve()), "--output", "json"]
        where = ["--host", login.host, "--port", str(login.port), "--user", login.user]
        theirs, self._alive = os.pipe()  # the process sees its end when we end, however that happens
        self._process = subprocess.Popen(
            [*command, *where, *arguments],
            cwd=ROOT,
            env={**os.environ, PASSWORD_VARIABLE: login.password.get_secret_value()},
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: we end it at a transaction's end
        )
        os.close(theirs)

    @property
    def running(self) -> bool:
        """Whether it still writes."""
        return self._process.poll() is None

    def finish(self) -> dict[str, Any]:
        """Waits for its end and returns what it reports.

        Raises:
            SeedError: it could not do its work.
        """
        out, errors = self._process.communicate()
        os.close(self._alive)
        report: dict[str, Any] = json.loads(out) if out.startswith("{") else {}
        if self._process.returncode not in (0, -signal.SIGTERM):
            text = report.get("error") or (errors.strip().splitlines() or [f"exit code {self._process.returncode}"])[-1]
            raise SeedError(f"the source could not be written: {text}")
        return report

    def stop(self) -> None:
        """Ends it after its transaction."""
        if self.running:
            self._process.terminate()
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()


def main() -> None:
    """`moulin seed`, until the process that started it is gone: nobody would stop it, and the next run compares with a source at rest."""
    from scripts.commands.seed import seed

    threading.Thread(target=_stop_with_parent, daemon=True).start()
    typer.run(seed)


def _stop_with_parent() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
