"""A database that goes away while it is captured and written: connections cut, a restart, a crash."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from scripts.local.mariadb import MariaDb, free_port, mariadb
from scripts.local.template import load_template
from tests.local.processes import LocalRun, connect, finished, local_run, query, url
from tests.local.support import DATABASE, LAKE, lake_rows

pytestmark = pytest.mark.usefixtures("needs_mariadb")
BROKE = "the connection to the source broke"


class Writer:
    """An application that changes two tables without a pause, and comes back when its database does.

    `moulin seed` would end with its connection; this one does not. What it was not told is committed it does again: its statements may be
    repeated.
    """

    def __init__(self, port: int) -> None:
        self.committed = 0
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            with contextlib.suppress(pymysql.MySQLError, OSError):
                session = pymysql.connect(host="127.0.0.1", port=self._port, user="root", connect_timeout=5)
                with contextlib.closing(session), session.cursor() as cursor:
                    while not self._stop.wait(0.002):
                        for statement in self._statements(number):
                            cursor.execute(statement)
                        session.commit()
                        number += 1
                        self.committed += 1
            self._stop.wait(0.05)

    @staticmethod
    def _statements(number: int) -> Iterator[str]:
        key = number % 70
        if number % 5 == 4:
            yield f"DELETE FROM shop.lines WHERE order_id = {key} AND line = 1 AND sku = 'w'"
        else:
            row = f"order_id = {key}, line = 1, sku = 'w', amount = {number}"
            yield f"INSERT INTO shop.lines SET {row} ON DUPLICATE KEY UPDATE amount = {number}"
        yield f"INSERT INTO shop.stock SET sku = 'w{key}', store = 1, amount = {number} ON DUPLICATE KEY UPDATE amount = {number}"


def test_a_run_survives_cut_connections_a_restart_and_a_crash(tmp_path: Path) -> None:
    lake, data, port = tmp_path / "lake.yaml", tmp_path / "data", free_port()
    lake.write_text(LAKE)
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(mariadb(tmp_path / "db", port=port))
        always = ("--source", url(server), "--changes", "0", "--speed-up", "600", "--output", "json")
        assert finished(lake, data, *always, "--rows", "100").process.returncode == 0
        run = stack.enter_context(local_run(lake, data, *always[:-2], "--seconds", "600"))
        with Writer(port) as writer:
            for cut in range(1, 4):
                run.wait_until_committed()
                cut_readers(server, run)
                run.wait_until(lambda cut=cut: run.err.count(BROKE) >= cut, "a word about the cut connection")
            for number in (signal.SIGTERM, signal.SIGKILL):
                run.wait_until_committed()
                told = run.err.count(BROKE)
                os.kill(server.pid, number)
                run.wait_until(lambda told=told: run.err.count(BROKE) > told, "a word about the lost server")
                server = stack.enter_context(mariadb(tmp_path / "db", port=port))
                run.wait_until_committed()
        assert run.process.poll() is None
        run.send(signal.SIGINT)
        assert run.end() == 130, run.out + run.err
        assert "Traceback" not in run.err
        assert "times reconnected to the source" in run.out
        last = finished(lake, data, *always)
        assert last.process.returncode == 0, last.out + last.err
        assert (last.json["equal"], last.json["resumed"], last.json["accounting"]) == (True, True, [])
        changes = query(server, "SELECT COUNT(*) FROM shop.lines WHERE sku = 'w'")[0][0]
        assert 0 < changes <= 70
    rows = [row["_position"] for row in lake_rows(load_template(data / "cdktf.out"), data, DATABASE, "stock") if row["_op"] != "load"]
    assert len(rows) == len(set(rows)) >= writer.committed - 5  # a commit whose answer was lost is made again, and may change nothing


def cut_readers(server: MariaDb, run: LocalRun) -> None:
    """Ends the connection that reads the log, as an administrator or a network would."""
    with contextlib.closing(connect(server)) as session, session.cursor() as cursor:
        found: list[int] = []

        def reading() -> bool:
            cursor.execute("SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Binlog Dump'")
            found[:] = [one for (one,) in cursor.fetchall()]
            return bool(found)

        run.wait_until(reading, "a connection that reads the log")
        for one in found:
            with contextlib.suppress(pymysql.MySQLError):
                cursor.execute(f"KILL {one}")
