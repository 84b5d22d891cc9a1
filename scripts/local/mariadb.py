"""A private MariaDB server on a loopback port, with the binlog that change data capture needs.

Debian's `-core` packages bring the server without a service or a system user, so nothing on the machine is touched but one folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("mariadb-server-core", "mariadb-client-core")
INSTALL = f"apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"
_BESIDE_PATH = "/usr/sbin:/usr/libexec:/usr/local/sbin:/usr/local/bin"
_START_SECONDS = 30.0
_STOP_SECONDS = 30.0
_OPTIONS = (
    "--bind-address=127.0.0.1",
    "--server-id=1",
    "--log-bin=binlog",
    "--binlog-format=ROW",
    "--binlog-row-image=FULL",
    "--binlog-row-metadata=FULL",
    "--gtid-strict-mode=1",
    "--max-binlog-size=64M",  # a reader that goes on inside a transaction looks for it from the beginning of its file
    "--skip-name-resolve",
    "--innodb-buffer-pool-size=128M",
    "--innodb-log-file-size=32M",
    "--character-set-server=utf8mb4",
    "--local-infile=1",
    "--performance-schema=OFF",
)


class MariaDbError(Exception):
    """The server is not installed, or did not start; the text says what to do."""


@dataclass(frozen=True)
class MariaDb:
    """A running server.

    Attributes:
        host: always 127.0.0.1.
        port: TCP port.
        user: administrator; it has no password, and only this machine reaches the port.
        socket: path of the Unix socket.
        directory: holds the data, the log and the socket.
        pid: process id of the server.
    """

    host: str
    port: int
    user: str
    socket: Path
    directory: Path
    pid: int


def find_server() -> Path:
    """The MariaDB server program.

    Raises:
        MariaDbError: there is none, or the one found is another database; says how to install it.
    """
    server = _find("mariadbd") or _find("mysqld")
    if server is None:
        raise MariaDbError(f"MariaDB is not installed: no mariadbd on PATH or in /usr/sbin (as root: apt-get update && {INSTALL})")
    version = subprocess.run([server, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if "MariaDB" not in version:
        raise MariaDbError(f"{server} is not MariaDB but: {version or 'unknown'} (as root: apt-get update && {INSTALL})")
    return server


@contextlib.contextmanager
def mariadb(directory: Path | None = None, *, port: int | None = None, options: Sequence[str] = ()) -> Iterator[MariaDb]:
    """Runs a server for the length of a `with` block.

    Args:
        directory: where its data lives; a folder that already holds data is used again. Default: a temporary one, deleted at the end.
        port: TCP port on 127.0.0.1; default: a free one.
        options: further options of the server, such as `--ssl-cert=...`.

    Raises:
        MariaDbError: the server is not installed or did not start.
    """
    with contextlib.ExitStack() as stack:
        home = directory or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="moulin-mariadb-", ignore_cleanup_errors=True)))
        process, server = _start(home.resolve(), port or free_port(), options)
        try:
            yield server
        finally:
            _stop(process)


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(home: Path, port: int, options: Sequence[str]) -> tuple[subprocess.Popen[bytes], MariaDb]:
    program = find_server()
    home.mkdir(parents=True, exist_ok=True)
    data, temporary = home / "data", home / "tmp"
    temporary.mkdir(exist_ok=True)  # of its own: a server that starts removes every temporary table in it, those of a neighbour too
    socket_path = _socket_path(home)
    pid_file = home / "server.pid"
    _stop_left_over(pid_file, data)
    user = ["--user=root"] if os.geteuid() == 0 else []  # the server refuses to run as root unless told
    if not (data / "mysql").is_dir():
        _make_data_directory(data, temporary, user)
    log = home / "server.log"
    command = [
        str(program),
        "--no-defaults",
        *user,
        f"--datadir={data}",
        f"--tmpdir={temporary}",
        f"--socket={socket_path}",
        f"--pid-file={pid_file}",
        f"--port={port}",
    ]
    with log.open("ab") as output:
        # A session of its own: Ctrl-C in the terminal reaches us, not the server that we are still reading from.
        process = subprocess.Popen([*command, *_OPTIONS, *options], stdout=output, stderr=output, start_new_session=True)
    try:
        _wait(process, port, log)
    except BaseException:
        _stop(process)
        raise
    return process, MariaDb("127.0.0.1", port, "root", socket_path, home, process.pid)


def _make_data_directory(data: Path, temporary: Path, user: list[str]) -> None:
    installer = _find("mariadb-install-db") or _find("mysql_install_db")
    if installer is None:
        raise MariaDbError(f"mariadb-install-db is not installed, which makes the data directory (as root: {INSTALL})")
    # Without the normal authentication method root could log in through the socket only.
    # It is a shell script that does not quote the folder: a relative name keeps blanks out of it.
    command = [str(installer), "--no-defaults", *user, f"--datadir=./{data.name}", "--auth-root-authentication-method=normal"]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    made = subprocess.run(
        [*command, "--skip-test-db", "--skip-name-resolve"], cwd=data.parent, env=environment, capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)  # half a data directory would be taken for a whole one next time
        raise MariaDbError(f"MariaDB could not make its data directory in {data}: {_reason(made.stdout + made.stderr)}")


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise MariaDbError(f"MariaDB stopped while starting: {_reason(log.read_text(errors='replace'))} (see {log})")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            if connection.recv(1):  # the greeting: the port alone is open before the server answers
                return
        time.sleep(0.02)
    raise MariaDbError(f"MariaDB did not answer on 127.0.0.1:{port} within {_START_SECONDS:g} seconds (see {log})")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _stop_left_over(pid_file: Path, data: Path) -> None:
    """Ends the server of an earlier run that was killed before it could do so: two servers on one data directory corrupt it."""
    try:
        pid = int(pid_file.read_text())
    except (OSError, ValueError):
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + _STOP_SECONDS
        if _serves(pid, data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while _serves(pid, data) and time.monotonic() < deadline:
            time.sleep(0.05)


def _serves(pid: int, data: Path) -> bool:
    """Whether the process is a server on this data directory: after a restart the number may belong to another process."""
    try:
        return f"--datadir={data}".encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _socket_path(home: Path) -> Path:
    """Inside the folder, unless the path is longer than the 107 bytes that a Unix socket may have."""
    path = home / "server.sock"
    return path if len(os.fsencode(path)) <= 107 else Path(tempfile.gettempdir()) / f"moulin-{os.getpid()}-{time.monotonic_ns()}.sock"


def _find(program: str) -> Path | None:
    found = shutil.which(program) or shutil.which(program, path=_BESIDE_PATH)
    return Path(found) if found else None


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "[ERROR]" in line]
    return errors[0] if errors else (lines or ["it said nothing"])[-1]
