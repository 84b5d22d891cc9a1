"""What a run shows while it runs: a view that is drawn anew on a terminal, lines on a pipe, JSON alone for programs."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

import pytest

from tests.local.processes import PATIENCE_SECONDS, command, environment
from tests.local.support import LAKE, ROOT

pytestmark = pytest.mark.usefixtures("needs_mariadb")

ERASES = "\x1b[2K"
"""What a view that is drawn anew begins with."""


COLUMNS = ("load", "insert", "update", "delete", "delivered", "dropped", "failed")


class Terminal:
    """A terminal of 160 columns, and what was drawn on it when."""

    def __init__(self) -> None:
        ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
        self._parts: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(ours,), daemon=True)
        self._thread.start()

    def _read(self, ours: int) -> None:
        while True:
            try:
                part = os.read(ours, 65_536)
            except OSError:  # the last process that drew is gone
                return
            self._parts.append(part.decode(errors="replace"))

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def end(self) -> str:
        os.close(self.theirs)
        self._thread.join(5)
        return self.text


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")


def rows_of(text: str, table: str) -> list[list[str]]:
    """The numbers of a source table, each time that they were drawn."""
    lines = [line for line in plain(text).splitlines() if re.match(rf"\W+{re.escape(table)}\s", line)]
    return [[cell.strip() for cell in re.split("[│┃]", line)[2:-1]] for line in lines]


def test_a_terminal_shows_the_run_as_it_goes_and_its_summary(tmp_path: Path) -> None:
    lake, terminal = tmp_path / "lake.yaml", Terminal()
    lake.write_text(LAKE)
    arguments = ("--rows", "200", "--seconds", "600", "--rate", "200", "--speed-up", "3000", "--fault", "batch-failure=50%")
    process = subprocess.Popen(
        command(lake, tmp_path / "data", *arguments),
        cwd=ROOT,
        env={**environment(), "TERM": "xterm"},
        stdin=terminal.theirs,
        stdout=terminal.theirs,
        stderr=terminal.theirs,
    )

    def drawn() -> list[dict[str, str]]:
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows_of(terminal.text, "shop.stock")]

    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        # Each column has a number. The control record is in the first batch, which begins with one record always and is not drawn to fail.
        while not (drawn() and all(drawn()[-1].values())):
            assert process.poll() is None, plain(terminal.text)
            assert time.monotonic() < deadline, plain(terminal.text)
            time.sleep(0.1)
        while_it_ran = terminal.text
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait()
    everything = terminal.end()
    assert process.returncode == 130, plain(everything)
    assert ERASES in while_it_ran
    header = next(line for line in plain(while_it_ran).splitlines() if "┃" in line)
    assert tuple(cell.strip() for cell in re.split("[│┃]", header)[2:-1]) == COLUMNS
    assert len({tuple(row.values()) for row in drawn()}) > 3, "the numbers did not move"
    progress = r"\d commits, lag \d+\.\d s at the last one, \d+ invocations of the function \(\d+ of them retries\)"
    assert re.search(progress, plain(while_it_ran))
    stock = {column: int(number or 0) for column, number in drawn()[-1].items()}  # of the summary
    captured = 1 + sum(stock[operation] for operation in ("load", "insert", "update", "delete"))  # and the control record
    assert captured == stock["delivered"] + stock["dropped"] + stock["failed"]
    assert plain(everything).rstrip().endswith("stopped; everything up to here is committed, and the next run goes on from there")


def test_a_pipe_gets_lines_and_json_gets_json(tmp_path: Path) -> None:
    lake, terminal = tmp_path / "lake.yaml", Terminal()
    lake.write_text(LAKE)
    data = tmp_path / "data"
    arguments = ("--rows", "20", "--changes", "20", "--speed-up", "600")
    for_programs = subprocess.run(
        command(lake, data, *arguments, "--output", "json"),
        cwd=ROOT,
        env={**environment(), "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=terminal.theirs,  # a terminal even: programs are told nothing but JSON
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert for_programs.returncode == 0, for_programs.stdout + terminal.text
    told = json.loads(for_programs.stdout)
    assert told["equal"] is True
    assert told["deliveries"][0].keys() >= {"commits", "lag_ms", "conflicts", "invocations", "retries", "error_objects"}
    assert terminal.end() == ""
    piped = subprocess.run(
        command(lake, data, *arguments), cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert piped.returncode == 0, piped.stdout + piped.stderr
    assert "\x1b" not in piped.stdout + piped.stderr
    assert "source table" not in piped.stderr
    assert "capturing from log file" in piped.stderr
    assert re.search(r"shop\.stock +│ bench_dev\.stock_current .* equal", piped.stdout)  # the summary
