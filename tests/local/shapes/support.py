"""A lake that has every source table twice, as a mirror and as a history, and a run of it over a database that tests write to by SQL."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pymysql
from pydantic import SecretStr

from scripts.local.counts import RunCounts
from scripts.local.faults import Faults
from scripts.local.mariadb import MariaDb
from scripts.local.runner import Progress
from scripts.local.session import Outcome, Plan, run_session
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from scripts.local.verify import compared_tables
from scripts.seed.credentials import Login
from tests.local.support import error_lines, lake_rows

HEAD = """\
name: shapes
region: us-east-1
state: {backend: local}
deliveries:
  - {name: mirrors, database: mirrors, transform: {buffering_size_mib: 0.2, retries: 0}}
  - {name: histories, database: histories, transform: {buffering_size_mib: 0.2, retries: 0}}
tables:
"""


def lake_of(tables: Iterable[tuple[str, str, str]]) -> str:
    """A lake file with each table, given as (name, keys, columns), in both modes."""
    return HEAD + "".join(
        f"  - {{source: shop.{name}, mode: {mode}, deliveries: [{delivery}], keys: [{keys}], columns: {{{columns}}}}}\n"
        for name, keys, columns in tables
        for mode, delivery in (("mirror", "mirrors"), ("history", "histories"))
    )


TABLES = [
    ("items", "id", 'id: long, name: string, amount: "decimal(12,2)"'),
    ("pairs", "a, b", "a: int, b: string, v: int"),
    ("children", "id", "id: int, item: long, note: string"),
]
BOTH_MODES = lake_of(TABLES)
ITEMS = "CREATE TABLE items (id BIGINT PRIMARY KEY, name VARCHAR(40), amount DECIMAL(12,2))"
PAIRS = "CREATE TABLE pairs (a INT, b VARCHAR(10), v INT, PRIMARY KEY (a, b))"
CHILDREN = "CREATE TABLE children (id INT PRIMARY KEY, item BIGINT, note VARCHAR(20))"

Differences = dict[str, dict[str, int]]


class Sql:
    """A session that runs statements."""

    def __init__(self, session: pymysql.Connection[Any]) -> None:
        self._session = session

    def __call__(self, *statements: str) -> Sequence[tuple[Any, ...]]:
        """Runs statements; returns the rows of the last."""
        with self._session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def close(self) -> None:
        self._session.close()


def sql(server: MariaDb, database: str | None = None) -> Sql:
    """A session on a server."""
    return Sql(
        pymysql.connect(
            host=server.host, port=server.port, user=server.user, database=database, charset="utf8mb4", autocommit=True, local_infile=True
        )
    )


@dataclass
class ShapeRun:
    """A lake over a database, run as `moulin local --source` runs it, as often as a story asks.

    Attributes:
        server: holds the database `shop`.
        template: the lake as synthesised.
        root: folder of the lake.
        sql: a session in the database.
        outcome: of the last run.
        counts: of all runs, for each delivery and table: what became of the records.
        skipped: what DMS does not capture, over all runs.
    """

    server: MariaDb
    template: LocalTemplate
    root: Path
    sql: Sql
    outcome: Outcome = field(default_factory=lambda: Outcome(RunCounts()))
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    skipped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def capture(self, *statements: str, faults: Faults | None = None, speed_up: float = 60.0) -> Differences:
        """Captures what is there, then statements that are made while it runs, until all of it has arrived.

        Every record must be accounted for.

        Returns:
            What the comparison found: for each lake table that is not equal, how many keys differ how.
        """
        waiting = list(statements)
        rows = self._source_rows()

        def write(counts: RunCounts) -> None:
            delivery = next(iter(counts.deliveries.values()))
            if waiting and sum(table.captured["load"] for table in delivery.tables.values()) >= rows:
                self.sql(*waiting)
                waiting.clear()

        self._run(faults or Faults(), speed_up=speed_up, on_progress=write)
        assert not waiting
        return self.differences

    def capture_beside(self, *writers: Callable[[Sql], None]) -> Differences:
        """Captures while others write, each in a session of its own, and goes on until all they did has arrived."""
        failures: list[BaseException] = []
        threads = [threading.Thread(target=self._write, args=(one, failures)) for one in writers]

        def say(text: str) -> None:
            if text.startswith("capturing"):
                for thread in threads:
                    if thread.ident is None:
                        thread.start()

        complete = False
        while not complete:
            complete = all(thread.ident is not None and not thread.is_alive() for thread in threads)
            self._run(Faults(), say=say)
        assert not failures, failures
        return self.differences

    @property
    def differences(self) -> Differences:
        """For each lake table that is not equal, how many keys differ how, and what the source no longer has."""
        return {
            result.table.label: {**{str(kind): count for kind, count in result.counts.items()}, **dict.fromkeys(result.missing, 0)}
            for result in self.outcome.tables
            if not result.equal
        }

    def keys(self, label: str) -> set[tuple[Any, ...]]:
        """The keys that differ, of those shown."""
        return {example.key for result in self.outcome.tables if result.table.label == label for example in result.examples}

    def rows(self, label: str) -> list[dict[str, Any]]:
        """The rows of a lake table."""
        database, table = label.split(".")
        return lake_rows(self.template, self.root, database, table)

    def errors(self) -> list[dict[str, Any]]:
        """The error path of all deliveries."""
        return [line for number in range(len(self.template.deliveries)) for line in error_lines(self.template, self.root, number)]

    def total(self, kind: str, delivery: str = "", table: str = "", what: str = "") -> int:
        """Records of a kind, such as `failed`, over all runs."""
        return sum(
            count
            for (name, source, one, operation), count in self.counts.items()
            if one == kind and name.endswith(delivery) and source.endswith(table) and what in operation
        )

    def _source_rows(self) -> int:
        if LakeFolder(self.root).fingerprint is not None:  # loaded by an earlier run
            return 0
        tables = {table.source for table in compared_tables(self.template)}
        return sum(int(self.sql(f"SELECT COUNT(*) FROM {table}")[0][0]) for table in tables)

    def _run(
        self, faults: Faults, *, speed_up: float = 60.0, say: Callable[[str], None] = lambda _: None, on_progress: Progress | None = None
    ) -> None:
        login = Login(self.server.host, self.server.port, self.server.user, SecretStr(""))
        plan = Plan(self.root, rows=0, changes=0, faults=faults, speed_up=speed_up, examples=50)
        self.outcome = run_session(plan, self.template, LakeFolder(self.root), login, say=say, on_progress=on_progress)
        assert self.outcome.accounting == []
        assert len(self.outcome.tables) == len(compared_tables(self.template))
        self.skipped.update(self.outcome.skipped)
        for name, delivery in self.outcome.counts.deliveries.items():
            for source, counts in delivery.tables.items():
                for kind in ("captured", "duplicated", "skipped", "delivered", "dropped", "failed"):
                    for operation, count in getattr(counts, kind).items():
                        self.counts[name, source, kind, operation] += count

    def _write(self, work: Callable[[Sql], None], failures: list[BaseException]) -> None:
        session = sql(self.server, "shop")
        try:
            work(session)
        except BaseException as error:
            failures.append(error)
        finally:
            session.close()
