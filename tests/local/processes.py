"""`moulin local` as a process of its own, for what cannot be shown inside of one: signals, crashes, terminals, lost servers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pymysql

from scripts.local.mariadb import MariaDb
from tests.local.support import ROOT

PATIENCE_SECONDS = 90.0


class LocalRun:
    """A run of `moulin local`, with what it says in files.

    Args:
        lake: lake file.
        data: its data folder.
        arguments: further arguments.
    """

    def __init__(self, lake: Path, data: Path, *arguments: str) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.data = data
        name = f"run-{time.monotonic_ns()}"
        self._out, self._err = data.parent / f"{name}.out", data.parent / f"{name}.err"
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                command(lake, data, *arguments), cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    @property
    def state(self) -> str:
        """What state.json holds now."""
        path = self.data / "state.json"
        return path.read_text() if path.exists() else ""

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Waits for something that happens while it runs."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert self.process.poll() is None, f"it ended before {what}: {self.out}{self.err}"
            assert time.monotonic() < deadline, f"it runs without {what}: {self.err}"
            time.sleep(0.01)

    def wait_until_committed(self) -> None:
        """Waits until its position moves."""
        before = self.state
        self.wait_until(lambda: self.state != before, "a commit")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Waits for its end; returns the exit code."""
        return self.process.wait(PATIENCE_SECONDS)


def command(lake: Path, data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "scripts.cli", "local", str(lake), "--data", str(data), *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "MOULIN_DB_PASSWORD": "", "COLUMNS": "160"}


@contextlib.contextmanager
def local_run(lake: Path, data: Path, *arguments: str) -> Iterator[LocalRun]:
    """A run that does not outlive its test."""
    run = LocalRun(lake, data, *arguments)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


def finished(lake: Path, data: Path, *arguments: str) -> LocalRun:
    """A run to its end."""
    with local_run(lake, data, *arguments) as run:
        run.end()
    return run


def url(server: MariaDb) -> str:
    return f"mysql://{server.user}@{server.host}:{server.port}"


def connect(server: MariaDb) -> pymysql.Connection[Any]:
    return pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True, connect_timeout=5)


def query(server: MariaDb, *statements: str) -> list[tuple[Any, ...]]:
    """Runs statements; returns the rows of the last."""
    with contextlib.closing(connect(server)) as session, session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return list(cursor.fetchall())
