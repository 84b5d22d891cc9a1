"""How many rows of a mirror, and of a history, come out wrong when records arrive out of order.

One source, captured once, is delivered again for each window within which records are shuffled; then every row is compared with the
source. A table of many rows and one of few show what decides: how closely the changes of one row follow each other.

    python -m scripts.bench.reorder
"""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from scripts.local.compare import Difference
from scripts.local.faults import Faults
from scripts.local.mariadb import mariadb
from scripts.local.records import CapturedRecord
from scripts.local.runner import Runner
from scripts.local.setup import synthesise
from scripts.local.source.source import SourceReader, to_server
from scripts.local.source.wire import Connect
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from scripts.local.verify import verify_local
from scripts.seed.credentials import Login

WINDOWS = (1, 2, 10, 100, 1_000)
"""Records that are shuffled together; 1 keeps the order."""
ROWS = (1_000, 50)
CHANGES = 5_000
SEED = 47

_COLUMNS = "keys: [id], columns: {id: int, version: int}"
LAKE = f"""\
name: reorder
region: us-east-1
state: {{backend: local}}
deliveries: [{{name: mirrors, database: mirrors}}, {{name: histories, database: histories}}]
tables:
  - {{source: shop.items, mode: mirror, deliveries: [mirrors], {_COLUMNS}}}
  - {{source: shop.items, mode: history, deliveries: [histories], {_COLUMNS}}}
"""


def run(rows: Sequence[int] = ROWS, changes: int = CHANGES, windows: Sequence[int] = WINDOWS) -> list[dict[str, object]]:
    """Measures each window for each number of rows."""
    measured: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as folder, mariadb() as server:
        root = Path(folder)
        (root / "lake.yaml").write_text(LAKE)
        template = synthesise(root / "lake.yaml", root / "cdktf.out")
        login = Login(server.host, server.port, server.user, SecretStr(""))
        for count in rows:
            records, changed = _capture(template, to_server(server), count, changes)
            for window in windows:
                lake = LakeFolder(root / f"{count}-{window}")
                wrong = _deliver(template, lake, login, records, window)
                mirror = wrong["mirrors"]
                measured.append(
                    {
                        "window": window,
                        "changes": changes,
                        "rows changed": changed,
                        "missing": mirror.get(Difference.MISSING, 0),
                        "extra": mirror.get(Difference.UNEXPECTED, 0),
                        "different": mirror.get(Difference.CHANGED, 0),
                        "mirror wrong": f"{sum(mirror.values()) / changed:.1%}",
                        "history wrong": sum(wrong["histories"].values()),
                    }
                )
    return measured


def _capture(template: LocalTemplate, connect: Connect, rows: int, changes: int) -> tuple[list[CapturedRecord], int]:
    """Records of a full load and of changes at random, each a transaction of its own; and how many rows these concern."""
    chance = random.Random(SEED)  # noqa: S311 - the same changes in every run
    live, touched = set(range(rows)), set()
    with contextlib.closing(connect()) as session, session.cursor() as cursor:
        cursor.execute("CREATE OR REPLACE DATABASE shop")
        cursor.execute("CREATE TABLE shop.items (id INT PRIMARY KEY, version INT NOT NULL)")
        cursor.executemany("INSERT INTO shop.items VALUES (%s, 0)", [(key,) for key in live])
        reading = SourceReader(template, connect).records(None, until_caught_up=True)
        records = [next(reading)]  # the load's snapshot is taken
        for version in range(1, changes + 1):
            key = chance.randrange(rows)
            touched.add(key)
            if key not in live:
                live.add(key)
                cursor.execute("INSERT INTO shop.items VALUES (%s, %s)", (key, version))
            elif chance.random() < 0.25:
                live.discard(key)
                cursor.execute("DELETE FROM shop.items WHERE id = %s", (key,))
            else:
                cursor.execute("UPDATE shop.items SET version = %s WHERE id = %s", (version, key))
        records += reading
    return records, len(touched)


def _deliver(
    template: LocalTemplate, lake: LakeFolder, login: Login, records: Sequence[CapturedRecord], window: int
) -> dict[str, dict[Difference, int]]:
    """What differs in each database."""
    with Runner(template, lake, faults=Faults(reorder=window, seed=SEED)) as runner:
        counts = runner.run(records)
    lost = list(counts.check())
    if lost or any(delivery.total("failed") for delivery in counts.deliveries.values()):
        raise RuntimeError(f"the deliveries did more than reorder: {lost}")
    return {result.table.database: result.counts for result in verify_local(template, lake, login)}


if __name__ == "__main__":
    from scripts.bench.report import print_rows

    print_rows("rows that are wrong after reordering", run())
