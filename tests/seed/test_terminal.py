"""On a terminal: the password is asked for and not shown, and a bar shows progress. Elsewhere neither happens."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

from scripts.local.mariadb import MariaDb
from tests.seed.conftest import CANARY, USER, Database, invoke

ROOT = Path(__file__).resolve().parents[2]


def on_terminal(*arguments: str, typed: str, variables: dict[str, str]) -> tuple[int, str, str]:
    """Runs the command with a terminal for input and errors; returns its code, what the terminal showed and its standard output."""
    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MOULIN_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "scripts.commands.seed", *arguments],
        cwd=ROOT,
        env={**clean, "TERM": "xterm", "COLUMNS": "200", **variables},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = bytearray()
    asked = threading.Event()

    def read() -> None:
        with contextlib.suppress(OSError):  # what a terminal gives when its last user is gone
            while part := os.read(ours, 4096):
                shown.extend(part)
                if b"password of" in shown and not asked.is_set():
                    asked.set()
                    os.write(ours, f"{typed}\n".encode())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    out, _ = process.communicate(timeout=60)
    reader.join(5)
    os.close(ours)
    return process.returncode, shown.decode(), out.decode()


def test_the_password_is_asked_for_and_not_shown(server: MariaDb, database: Database) -> None:
    flags = ("--user", USER, "--port", str(server.port), "--database", database.name, "--create-table")
    code, shown, out = on_terminal(*flags, typed=CANARY, variables={})
    assert (code, database.count("retail_trans")) == (0, 10)
    assert f"password of {USER}: " in shown
    assert CANARY not in shown + out
    code, shown, out = on_terminal(*flags, typed=f"{CANARY}x", variables={})
    assert (code, "access denied" in shown) == (1, True)
    assert CANARY not in shown + out


def test_a_bar_shows_progress_on_a_terminal_only(server: MariaDb, database: Database) -> None:
    flags = ("--user", USER, "--port", str(server.port), "--database", database.name, "--create-table", "--max-count", "40", "--rate", "80")
    code, shown, out = on_terminal(*flags, typed="", variables={"MOULIN_DB_PASSWORD": CANARY})
    assert code == 0
    assert "40/40" in shown
    assert "changes" not in out
    assert "\x1b" not in out
    assert invoke(*flags, MOULIN_DB_PASSWORD=CANARY).err == f"notice: {database.name}.retail_trans exists already and stays as it is\n"


def test_nobody_is_asked_where_there_is_no_terminal(server: MariaDb) -> None:
    outcome = invoke("--user", USER, "--port", str(server.port))
    assert outcome.code == 2
    assert f"no password for user {USER}: set MOULIN_DB_PASSWORD, give --secret NAME, or run on a terminal to be asked" in outcome.err
