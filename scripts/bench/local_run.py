"""One run of a local lake in a process of its own, so that its memory is its own: from where the folder is, up to where the source is now.

python -m scripts.bench.local_run SYNTHESISED FOLDER PORT
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import SecretStr

from scripts.local.records import CapturedRecord
from scripts.local.runner import Runner
from scripts.local.setup import sessions
from scripts.local.source.source import SourceReader
from scripts.local.state import LakeFolder
from scripts.local.template import load_template
from scripts.local.verify import verify_local
from scripts.seed.credentials import Login

SPEED_UP = 60.0


def main(synthesised: str, folder: str, port: str) -> None:
    """Prints what the run took, as JSON."""
    template, lake, login = load_template(Path(synthesised)), LakeFolder(Path(folder)), Login("127.0.0.1", int(port), "root", SecretStr(""))
    started, working = time.perf_counter(), time.process_time()
    with Runner(template, lake, speed_up=SPEED_UP) as runner:
        reader = SourceReader(template, sessions(login), on_idle=runner.idle)
        source = _Timed(reader.records(runner.resume, until_caught_up=True))
        counts = runner.run(source, boundary=lambda: reader.boundary)
        memory = {"reader": _memory_mib("self"), "function": _memory_mib(_child())}
        cpu = {"reader": time.process_time() - working, "function": _cpu_seconds(_child())}
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    (table,) = verify_local(template, lake, login)
    (delivery,) = counts.deliveries.values()
    print(
        json.dumps(
            {
                "records": counts.read,
                "seconds": seconds,
                "stages": {
                    "source": source.seconds,
                    "function": delivery.function_seconds,
                    "staging": getattr(delivery, "staging_seconds", 0.0),
                    "commits": delivery.commit_seconds,
                    "verify": time.perf_counter() - started,
                },
                "cpu_seconds": cpu,
                "commits": delivery.commits,
                "memory_mib": memory,
                "verify_memory_mib": _memory_mib("self"),
                "rows": table.lake_rows,
                "equal": table.equal and not list(counts.check()),
            }
        )
    )


class _Timed:
    """Records, and how long they were waited for."""

    def __init__(self, records: Iterator[CapturedRecord]) -> None:
        self._next: Callable[[], CapturedRecord] = records.__next__
        self.seconds = 0.0

    def __iter__(self) -> Iterator[CapturedRecord]:
        clock = time.perf_counter
        while True:
            started = clock()
            try:
                record = self._next()
            except StopIteration:
                return
            finally:
                self.seconds += clock() - started
            yield record


def _child() -> str:
    """The function's process, whichever thread began it."""
    (child,) = (child for task in Path("/proc/self/task").iterdir() for child in (task / "children").read_text().split())
    return child


def _cpu_seconds(process: str) -> float:
    user, system = Path("/proc", process, "stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _memory_mib(process: str) -> float:
    """The most memory that a process has held; rusage would count the process that it was forked from too."""
    lines = Path("/proc", process, "status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(*sys.argv[1:])
