"""Ctrl-C, as a terminal sends it: to a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.local.mariadb import MariaDb
from tests.seed.conftest import CANARY, USER, Database

ROOT = Path(__file__).resolve().parents[2]


def start(server: MariaDb, database: Database, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "scripts.commands.seed", "--user", USER, "--port", str(server.port), "--database", database.name]
    return subprocess.Popen(
        [*command, "--create-table", "--output", "json", *arguments],
        cwd=ROOT,
        env={**os.environ, "MOULIN_DB_PASSWORD": CANARY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "number"),
    [
        (["--max-count", "-1", "--batch-size", "50"], signal.SIGINT),
        (["--max-count", "-1", "--rate", "2"], signal.SIGINT),
        (["--max-count", "-1", "--mix", "insert=2,update=1,delete=1", "--batch-size", "50"], signal.SIGTERM),
    ],
)
def test_an_endless_run_ends_after_its_transaction_with_its_totals(
    arguments: list[str], number: signal.Signals, server: MariaDb, database: Database
) -> None:
    process = start(server, database, *arguments)
    wait_for(lambda: bool(database("SHOW TABLES")) and database.count("retail_trans") > 0)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    report = json.loads(out)
    assert report["interrupted"] is True
    assert report["inserted"] - report["deleted"] == database.count("retail_trans") > 0
    assert ("stopping after this transaction" in err) is (number == signal.SIGINT)
    assert "Traceback" not in err


def test_a_second_interrupt_breaks_off_and_takes_the_transaction_back(server: MariaDb, database: Database) -> None:
    database("CREATE TABLE retail_trans (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)")
    database("CREATE TRIGGER slow BEFORE INSERT ON retail_trans FOR EACH ROW DO SLEEP(4)")
    process = start(server, database, "--max-count", "5")
    sleeping = "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep'"
    wait_for(lambda: bool(database(sleeping)))
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert (json.loads(out)["interrupted"], json.loads(out)["inserted"]) == (True, 0)
    assert "Traceback" not in err
    for (session,) in database(sleeping):  # the server notices the end of the session when it next speaks to it
        database(f"KILL {session}")
    wait_for(lambda: database.count("retail_trans") == 0)


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    shown = subprocess.run(
        f"{sys.executable} -m scripts.commands.seed --dry-run --max-count -1 | head -3",
        cwd=ROOT,
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert shown.stdout.startswith("INSERT INTO `testdb`.`retail_trans`")
    assert "Traceback" not in shown.stderr
    assert "Broken" not in shown.stderr
