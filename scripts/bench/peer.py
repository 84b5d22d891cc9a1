"""The local lake beside dlt's SQL source into Iceberg: the same table, the same changes, one run.

dlt (https://dlthub.com) copies a database into Iceberg tables on disk, as the local lake does. It reads no binlog: it asks for rows whose
cursor column is later than at the last load, so it sees of each row the last version only and no deletes, and it makes no message and runs
no function on the way. It gets its best: the load is an append, changes are merged by primary key, and imports are not counted on either
side.

    python -m scripts.bench.peer
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.bench.local import measure, synthesised
from scripts.bench.local_source import Table, source
from scripts.bench.measure import ROOT
from scripts.console import open_console
from scripts.local.mariadb import MariaDb

ROWS, CHANGES = 50_000, 5_000
ROUNDS = 3
REQUIREMENTS = (
    "dlt==1.31.0",
    "pyiceberg[sql-sqlite]==0.12.0",
    "pyarrow==26.0.1",
    "SQLAlchemy==2.1.9",
    "PyMySQL==1.2.4",
    "connectorx==0.4.6",
)
"""Never in our lock: an environment of their own holds them, made by the first run."""
_HOME = ROOT / ".moulin" / "bench" / "dlt"
_BACKENDS = ("sqlalchemy", "pyarrow", "connectorx")
"""Ways in which dlt reads a database; the first is its default."""
_INSTALL_SECONDS, _LOAD_SECONDS = 600, 300


class PeerError(Exception):
    """The peer is not to be had, or did not do its work; the text says why."""


def run() -> list[dict[str, object]]:
    """One row per way: the best time of each step, how many times ours it is, and the deleted rows that its table still has."""
    with tempfile.TemporaryDirectory() as folder, source() as server:
        out = synthesised(Path(folder))
        table = Table(server, ROWS)
        try:
            python = _installed()
        except PeerError as error:
            open_console(errors=True).print(f"dlt is not measured: {error}", markup=False)
            python = None
        backends = _BACKENDS if python else ()
        ways: dict[str, Callable[[str, Path], dict[str, Any]]] = {"moulin": lambda _, lake: measure(out, lake, server)}
        for name in backends:
            ways[f"dlt {name}"] = lambda how, lake, name=name: _dlt(python, lake, server, name, how)  # type: ignore[misc]
        found: dict[str, dict[str, list[dict[str, Any]]]] = {way: {"append": [], "merge": []} for way in ways}
        for how in ("append", "merge"):
            if how == "merge":
                table.change(CHANGES)
            for number in range(ROUNDS):
                for way, load in list(ways.items()):
                    try:
                        found[way][how].append(load(how, Path(folder, f"{way}-{number}".replace(" ", "-"))))
                    except PeerError as error:
                        open_console(errors=True).print(f"{way} is not measured: {error}", markup=False)
                        del ways[way], found[way]
    best = {way: [min(one["seconds"] for one in steps) for steps in both.values()] for way, both in found.items()}
    return [_row(way, seconds, best["moulin"], found[way]["merge"][0]["rows"] - table.rows) for way, seconds in best.items()]


def _row(way: str, seconds: list[float], ours: list[float], more: int) -> dict[str, object]:
    load, changes = seconds
    return {
        "way": way,
        f"load {ROWS:,}": f"{load:.2f} s",
        f"change {CHANGES:,}": f"{changes:.2f} s",
        "load ratio": round(load / ours[0], 2),
        "change ratio": round(changes / ours[1], 2),
        "both": round((load + changes) / sum(ours), 2),
        "rows too many": more,
    }


def _installed() -> Path:
    """The interpreter of the environment that has the peer, made where it is not there.

    Raises:
        PeerError: it cannot be installed.
    """
    python, stamp = _HOME / "bin" / "python", _HOME / "requirements.txt"
    wanted = "\n".join(REQUIREMENTS)
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    for command in ([sys.executable, "-m", "venv", "--clear", str(_HOME)], [str(python), "-m", "pip", "install", "--quiet", *REQUIREMENTS]):
        _words_of(command, seconds=_INSTALL_SECONDS)
    stamp.write_text(wanted)
    return python


def _dlt(python: Path | None, folder: Path, server: MariaDb, backend: str, disposition: str) -> dict[str, Any]:
    script = Path(__file__).with_name("dlt_pipeline.py")
    said = _words_of([str(python), str(script), str(folder), str(server.port), backend, disposition], seconds=_LOAD_SECONDS)
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


def _words_of(command: list[str], *, seconds: float) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise PeerError(f"{command[1]} did not end within {seconds:g} seconds") from None
    if done.returncode:
        raise PeerError(f"{' '.join(command[1:4])}: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    return done.stdout


if __name__ == "__main__":
    from scripts.bench.report import print_rows

    print_rows("local lake beside dlt", run())
