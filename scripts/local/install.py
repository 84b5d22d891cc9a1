"""Installs the database that a local lake captures from, where that needs no question; `make` calls it before tests.

python -m scripts.local.install
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from scripts.local.mariadb import PACKAGES, MariaDbError, find_server

_LONGEST_SECONDS = 600


def ensure_server(say: Callable[[str], None]) -> None:
    """Sees to it that there is a MariaDB: Debian's packages, by root or by a sudo that asks for no password.

    Args:
        say: takes a line before anything is installed.

    Raises:
        MariaDbError: there is none, and it cannot be installed; says how to.
    """
    try:
        find_server()
    except MariaDbError:
        rights = _rights()
        if rights is None:
            raise
    else:
        return
    say(f"installing {' '.join(PACKAGES)}")
    for words in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", *PACKAGES]):
        command = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_LONGEST_SECONDS, stdin=subprocess.DEVNULL)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise MariaDbError(f"{' '.join(command)} failed: {reason}")
    find_server()


def _rights() -> list[str] | None:
    """What goes before apt-get; None where it cannot be run without a question."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n"]
    return None


if __name__ == "__main__":
    try:
        ensure_server(print)
    except MariaDbError as missing:
        print(f"{missing}\nwithout it, what needs a database is skipped", file=sys.stderr)
