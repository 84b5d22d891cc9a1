"""The private server itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.local import mariadb as module
from scripts.local.mariadb import MariaDb, MariaDbError, find_server, mariadb
from tests.seed.conftest import admin_session

ROOT = Path(__file__).resolve().parents[2]


def ask(server: MariaDb, text: str) -> tuple[object, ...]:
    session = admin_session(server)
    try:
        cursor = session.cursor()
        cursor.execute(text)
        return tuple(row[0] for row in cursor.fetchall())
    finally:
        session.close()


def is_running(pid: int) -> bool:
    try:
        return b"mariadbd" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_its_binlog_is_what_capture_needs(server: MariaDb) -> None:
    wanted = {"log_bin": 1, "binlog_format": "ROW", "binlog_row_image": "FULL", "binlog_row_metadata": "FULL", "local_infile": 1}
    for name, value in wanted.items():
        assert ask(server, f"SELECT @@GLOBAL.{name}") == (value,)
    assert ask(server, "SELECT @@bind_address") == ("127.0.0.1",)


def test_a_folder_keeps_its_data_and_a_left_over_server_is_ended(server: MariaDb, tmp_path: Path) -> None:
    folder = tmp_path / "data folder"
    script = f"""
import time
from pathlib import Path
from scripts.local.mariadb import mariadb
with mariadb(Path({str(folder)!r})) as server:
    print(server.port, server.pid, flush=True)
    time.sleep(60)
"""
    child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    port, left_over = map(int, child.stdout.readline().split())
    first = MariaDb("127.0.0.1", port, "root", folder, folder, left_over)
    admin_session(first).cursor().execute("CREATE DATABASE kept")
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert is_running(left_over)
    with mariadb(folder) as second:
        assert not is_running(left_over)
        assert "kept" in ask(second, "SHOW DATABASES")
    assert not is_running(second.pid)


def test_it_stops_when_the_block_fails(server: MariaDb) -> None:
    with pytest.raises(RuntimeError, match="ours"), mariadb() as running:
        raise RuntimeError("ours")
    assert not is_running(running.pid)
    assert not running.directory.exists()


def test_fails_when_an_option_is_wrong_and_says_what_the_server_said(server: MariaDb) -> None:
    with pytest.raises(MariaDbError, match=r"MariaDB stopped while starting: .*no-such-option"), mariadb(options=["--no-such-option"]):
        pass


def test_fails_when_it_is_not_installed_and_says_how(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "_BESIDE_PATH", str(tmp_path))
    with pytest.raises(MariaDbError, match=r"MariaDB is not installed: .*apt-get install -y --no-install-recommends mariadb-server-core"):
        find_server()
    other = tmp_path / "mysqld"
    other.write_text("#!/bin/sh\necho 'mysqld  Ver 8.0.36 for Linux on x86_64 (MySQL Community Server - GPL)'\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    with pytest.raises(MariaDbError, match=r"is not MariaDB but: mysqld  Ver 8\.0\.36"):
        find_server()


def test_it_starts_within_seconds(server: MariaDb) -> None:
    started = time.monotonic()
    with mariadb():
        assert time.monotonic() - started < 20
