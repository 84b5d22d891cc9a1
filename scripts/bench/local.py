"""How fast the whole local lake is, where the time goes, and whether memory stays the same as changes grow a hundredfold.

Binlog reader, function process and Iceberg run as `moulin local` runs them, in a process of their own for each step: the full load of N
rows, then N changes that wait in the binlog; then N updates of a table of 100,000 rows. A million takes some minutes, so it is asked for:

    python -m scripts.bench.local 10000 100000 1000000
    MOULIN_BENCH_CHANGES="10000 100000 1000000" make bench
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.bench.local_source import LAKE, Table, source
from scripts.bench.measure import ROOT
from scripts.local.mariadb import MariaDb
from scripts.local.setup import synthesise

SIZES = (10_000, 100_000)
CONSTANT_ROWS = 100_000
SIZES_VARIABLE = "MOULIN_BENCH_CHANGES"
_STAGES = ("source", "function", "staging", "commits", "verify")


def run(sizes: tuple[int, ...] | None = None) -> list[dict[str, object]]:
    """Three rows per size: the load, the changes, and as many updates of a table that stays as large as it is.

    Shares are of the time from the first record to the last commit. The function works beside the others, so they add up to more than all;
    `verify` comes after it. Memory is the peak of a process; `memory ratio` compares the larger of both with that at the first size.
    """
    rows: list[dict[str, object]] = []
    first: dict[str, float] = {}
    sizes = sizes or tuple(map(int, os.environ.get(SIZES_VARIABLE, "").split())) or SIZES
    with tempfile.TemporaryDirectory() as folder, source() as server:
        out = synthesised(Path(folder))
        for size in sizes:
            table = Table(server, size)
            lake = Path(folder, str(size))
            rows.append(_row("load", measure(out, lake, server), first))
            table.change(size)
            rows.append(_row("changes", measure(out, lake, server), first))
        table = Table(server, CONSTANT_ROWS)
        lake = Path(folder, "constant")
        measure(out, lake, server)
        for size in sizes:
            table.update(size)
            rows.append(_row("updates", measure(out, lake, server), first))
    return rows


def _row(step: str, found: dict[str, Any], first: dict[str, float]) -> dict[str, object]:
    memory = found["memory_mib"]
    return {
        "step": step,
        "records": found["records"],
        "records/s": round(found["records"] / found["seconds"]),
        " ".join(_STAGES) + " %": " ".join(str(round(100 * found["stages"][one] / found["seconds"])) for one in _STAGES),
        "commits": found["commits"],
        "reader + function MiB": f"{memory['reader']:.0f} + {memory['function']:.0f}",
        "memory ratio": round(sum(memory.values()) / first.setdefault(step, sum(memory.values())), 2),
        "equal": found["equal"],
    }


def synthesised(folder: Path) -> Path:
    """Where the lake that is measured is synthesised."""
    lake = folder / "lake.yaml"
    lake.write_text(LAKE)
    synthesise(lake, folder / "out")
    return folder / "out"


def measure(out: Path, lake: Path, server: MariaDb) -> dict[str, Any]:
    """Lets the lake catch up with its source, in a process of its own."""
    command = [sys.executable, "-m", "scripts.bench.local_run", str(out), str(lake), str(server.port)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the local lake ended with status {done.returncode}: {done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    from scripts.bench.report import print_rows

    print_rows("local lake", run(tuple(map(int, sys.argv[1:]))))
