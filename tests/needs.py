"""What a test needs beside Python, as marks. `make test-fast` runs what needs nothing, and such a test is held to it."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BY_FIXTURE = {
    "needs_mariadb": "database",
    "emulator": "emulator",
    "aws": "emulator",
    "provider": "plan",
    "checkov": "checkov",
    "running_trino": "engines",
}
"""The fixture that hands out what is needed, to the mark of every test that takes it, however indirectly."""

NEEDS = frozenset({*BY_FIXTURE.values(), "deploy", "end_to_end", "slow"})
"""A test with none of these marks is `fast`."""

PROGRAMS = ("mariadbd", "mysqld", "mariadb-install-db", "mysql_install_db", "terraform", "checkov", "java", "mvn", "npx")
MODULES = frozenset({"scripts.plan.emulator_server"})

_REFUSING = '#!/bin/sh\necho "$0 $*" >> "$(dirname "$0")/started"\necho "a fast test may not start $(basename "$0")" >&2\nexit 97\n'


def mark(items: list[pytest.Item]) -> None:
    """Marks each test by what it needs, or as fast."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in BY_FIXTURE:
                item.add_marker(BY_FIXTURE[fixture])
        if not any(item.get_closest_marker(need) for need in NEEDS):
            item.add_marker("fast")


def _is_the_real(program: str) -> bool:
    """Whether it is one of the programs, and not one that a test made in its folder."""
    return Path(program).name in PROGRAMS and Path(tempfile.gettempdir()) not in Path(program).parents


class Watch:
    """Fails a fast test that starts a server, terraform or another program of its own accord: it would not run where there is none.

    What this process starts fails where it is started. What its children start finds programs on PATH that refuse and leave a note.
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="moulin-refusing-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        for program in PROGRAMS:
            (self._folder / program).write_text(_REFUSING)
            (self._folder / program).chmod(0o755)
        self._notes = self._folder / "started"

    @contextmanager
    def over(self, item: pytest.Item) -> Iterator[None]:
        """Watches a test with its fixtures, if it is fast."""
        if item.get_closest_marker("fast") is None:
            yield
            return
        path, start = os.environ.get("PATH", ""), subprocess.Popen.__init__

        def start_if_allowed(process: Any, args: Any, *others: Any, **named: Any) -> None:
            words = [os.fsdecode(word) for word in ([args] if isinstance(args, str | bytes | os.PathLike) else args)]
            if _is_the_real(words[0]) or not MODULES.isdisjoint(words):
                pytest.fail(f"a fast test may not start {' '.join(words)}: mark it by what it needs ({', '.join(sorted(NEEDS))})")
            start(process, args, *others, **named)

        os.environ["PATH"] = f"{self._folder}{os.pathsep}{path}"
        subprocess.Popen.__init__ = start_if_allowed  # type: ignore[method-assign]
        try:
            yield
        finally:
            os.environ["PATH"] = path
            subprocess.Popen.__init__ = start  # type: ignore[method-assign]

    def judge(self) -> None:
        """Fails the test whose children started what they may not."""
        if self._notes.exists():
            started = self._notes.read_text()
            self._notes.unlink()
            pytest.fail(f"a fast test may not start these, through a process of its own: {started}")
