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
from scripts.local.install import ensure_server
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


def test_a_server_that_starts_leaves_the_temporary_tables_of_its_neighbour_alone(needs_mariadb: None) -> None:
    with mariadb() as first:
        session = admin_session(first)
        cursor = session.cursor()
        cursor.execute("CREATE DATABASE kept")
        cursor.execute("CREATE TEMPORARY TABLE kept.rows (id int) ENGINE=Aria")
        with mariadb():
            pass
        assert cursor.execute("INSERT INTO kept.rows VALUES (1)") == 1
        cursor.execute("DROP TEMPORARY TABLE kept.rows")  # an error where its files are gone
        assert cursor.execute("SHOW WARNINGS") == 0
        session.close()


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


def program(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(["#!/bin/sh", *lines, ""]))
    (folder / name).chmod(0o755)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder first on a PATH without a database."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    monkeypatch.setattr(module, "_BESIDE_PATH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("user", "asks"), [(0, False), (1000, False), (1000, True)], ids=["root", "sudo", "sudo that asks"])
def test_it_is_installed_where_that_needs_no_question(monkeypatch: pytest.MonkeyPatch, bare: Path, user: int, asks: bool) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    made = f"printf '#!/bin/sh\\necho MariaDB\\n' > {bare}/mariadbd && chmod +x {bare}/mariadbd"
    program(bare, "apt-get", f'echo "$@" >> {bare}/called', made)
    program(bare, "sudo", "exit 1" if asks else 'shift; exec "$@"')
    said: list[str] = []
    if asks:
        with pytest.raises(MariaDbError, match="MariaDB is not installed"):
            ensure_server(said.append)
        assert said == []
        return
    ensure_server(said.append)
    assert (bare / "called").read_text().splitlines()[1].endswith("--no-install-recommends mariadb-server-core mariadb-client-core")
    assert said == ["installing mariadb-server-core mariadb-client-core"]


def test_fails_when_the_installation_fails_and_says_why(monkeypatch: pytest.MonkeyPatch, bare: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program(bare, "apt-get", "echo 'E: no network' >&2", "exit 100")
    with pytest.raises(MariaDbError, match=r"apt-get update -qq failed: E: no network"):
        ensure_server(print)
