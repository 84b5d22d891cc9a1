"""What the local lake and its peer both read: a retail table in a private MariaDB, filled and changed by SQL so that the source is never
what is waited for."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator

from scripts.local.mariadb import MariaDb, mariadb
from scripts.local.source.source import to_server

LAKE = """\
name: bench
region: us-east-1
state: {backend: local}
tables:
  - source: bench.retail_trans
    mode: mirror
    keys: [trans_id]
    columns:
      trans_id: long
      customer_id: {type: string, required: true}
      event: string
      sku: {type: string, required: true}
      amount: int
      device: string
      trans_datetime: timestamp
      updated_at: timestamp
"""
_TABLE = """\
CREATE TABLE retail_trans (
  trans_id bigint NOT NULL PRIMARY KEY,
  customer_id varchar(12) NOT NULL,
  event varchar(10),
  sku varchar(10) NOT NULL,
  amount int,
  device varchar(10),
  trans_datetime datetime,
  updated_at timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
  KEY (updated_at)
)"""
_INSERT = """\
INSERT INTO retail_trans (trans_id, customer_id, event, sku, amount, device, trans_datetime)
SELECT seq, lpad(crc32(seq), 12, '0'), elt(1 + crc32(seq) % 6, 'visit', 'view', 'cart', 'list', 'like', 'purchase'),
  concat('SK', lpad(crc32(seq * 7) % 1000000, 6, '0'), 'XY'), crc32(seq * 3) % 101, elt(1 + seq % 3, 'pc', 'mobile', 'tablet'),
  '2026-01-01' + INTERVAL crc32(seq) % 31536000 SECOND
FROM seq_{first}_to_{last}"""
_ROWS_AT_ONCE = 10_000
_INSERTS, _UPDATES, _DELETES = 60, 30, 10
CHANGES_OF_TRANSACTION = _INSERTS + _UPDATES + _DELETES
UPDATES_OF_TRANSACTION = 1_000
_FAST = ("--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=512M")

Execute = Callable[[str], object]


@contextlib.contextmanager
def source() -> Iterator[MariaDb]:
    """A server that need not survive a crash, so that writing into it takes little of the benchmark's time."""
    with mariadb(options=_FAST) as server:
        yield server


class Table:
    """The table, made anew with so many rows.

    Args:
        server: where.
        rows: how many.
    """

    def __init__(self, server: MariaDb, rows: int) -> None:
        self._connect = to_server(server)
        self._chance = random.Random(47)  # noqa: S311 - the same changes in every run
        self._live = list(range(1, rows + 1))
        self._next = rows + 1
        with self._session() as execute:
            execute("DROP DATABASE IF EXISTS bench")
            execute("CREATE DATABASE bench")
            execute("USE bench")
            execute(_TABLE)
            for first in range(1, rows + 1, _ROWS_AT_ONCE):
                execute(_INSERT.format(first=first, last=min(first + _ROWS_AT_ONCE - 1, rows)))

    @property
    def rows(self) -> int:
        """How many there are now."""
        return len(self._live)

    def change(self, changes: int) -> None:
        """Inserts, updates and deletes 60 to 30 to 10, in transactions of a hundred; the keys are drawn among all rows."""
        with self._session() as execute:
            execute("USE bench")
            for _ in range(changes // CHANGES_OF_TRANSACTION):
                execute("BEGIN")
                last = self._next + _INSERTS - 1
                execute(_INSERT.format(first=self._next, last=last))
                updated = _listed(self._chance.sample(self._live, _UPDATES))
                execute(f"UPDATE retail_trans SET amount = amount + 101, event = 'purchase' WHERE trans_id IN ({updated})")  # noqa: S608
                execute(f"DELETE FROM retail_trans WHERE trans_id IN ({_listed(self._removed(_DELETES))})")  # noqa: S608
                execute("COMMIT")
                self._live += range(self._next, last + 1)
                self._next = last + 1

    def update(self, changes: int) -> None:
        """Updates alone, a thousand rows in a transaction, so that the table stays as large as it is."""
        with self._session() as execute:
            execute("USE bench")
            for _ in range(changes // UPDATES_OF_TRANSACTION):
                updated = _listed(self._chance.sample(self._live, UPDATES_OF_TRANSACTION))
                execute(f"UPDATE retail_trans SET amount = amount + 101, event = 'purchase' WHERE trans_id IN ({updated})")  # noqa: S608

    def _removed(self, count: int) -> list[int]:
        removed = []
        for _ in range(count):
            place = self._chance.randrange(len(self._live))
            removed.append(self._live[place])
            self._live[place] = self._live[-1]
            self._live.pop()
        return removed

    @contextlib.contextmanager
    def _session(self) -> Iterator[Execute]:
        with contextlib.closing(self._connect()) as session, session.cursor() as cursor:
            yield cursor.execute


def _listed(keys: list[int]) -> str:
    return ",".join(map(str, keys))
