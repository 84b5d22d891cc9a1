"""How fast `moulin seed` writes, against the obvious way: Faker for every row, and a single INSERT with autocommit for each.

All ways write the same two tables on one private MariaDB and take turns within one run; the best of each counts, so that the ratios
survive a busy machine.

    python -m scripts.bench.seed
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pymysql
from faker import Faker

from scripts.local.mariadb import MariaDb, mariadb
from scripts.quoting import mysql_names
from scripts.seed.job import run_seed
from scripts.seed.model import Column, Table
from scripts.seed.options import SeedOptions
from scripts.seed.retail import AMOUNT_EVENTS, DEVICES, EVENTS, SKU_PATTERN, retail_table
from scripts.seed.sql import create_database, create_table, quoted_table

ROUNDS = 3
NAIVE_ROWS = 1_500
INSERT_ROWS = 30_000
BULK_ROWS = 100_000
SCHEMA = "bench"

_PEOPLE: dict[str, tuple[str, Callable[[Faker], object]]] = {
    "name": ("varchar(255)", lambda fake: fake.name()),
    "email": ("varchar(255)", lambda fake: fake.email()),
    "phone": ("varchar(255)", lambda fake: fake.phone_number()),
    "street": ("varchar(255)", lambda fake: fake.street_address()),
    "city": ("varchar(255)", lambda fake: fake.city()),
    "country": ("varchar(255)", lambda fake: fake.country()),
    "company": ("varchar(255)", lambda fake: fake.company()),
    "age": ("int", lambda fake: fake.random_int(18, 90)),
    "balance": ("decimal(12,2)", lambda fake: fake.pydecimal(left_digits=4, right_digits=2)),
    "note": ("varchar(255)", lambda fake: fake.sentence()),
    "created_at": ("datetime", lambda fake: fake.date_time_this_year()),
}
_RETAIL: dict[str, Callable[[Faker], object]] = {
    "customer_id": lambda fake: fake.numerify("#" * 12),
    "event": lambda fake: fake.random_element(EVENTS),
    "sku": lambda fake: fake.bothify(SKU_PATTERN),
    "amount": lambda fake: fake.random_int(0, 100) if fake.random_element(EVENTS) in AMOUNT_EVENTS else 1,
    "device": lambda fake: fake.random_element(DEVICES),
    "trans_datetime": lambda fake: fake.date_time_between(datetime.now(UTC), "+1h"),
}


def run() -> list[dict[str, object]]:
    """Measures each way on each table; one row each, with its ratio to the naive way."""
    tables = {"people": (_people_table(), {name: make for name, (_, make) in _PEOPLE.items()}), "retail_trans": (_retail_table(), _RETAIL)}
    rows: list[dict[str, object]] = []
    with mariadb() as server:
        for name, (table, makers) in tables.items():
            _create(server, table)
            ways: dict[str, Callable[[], float]] = {
                "faker + insert": lambda table=table, makers=makers: _naive(server, table, makers),  # type: ignore[misc]
                "seed": lambda name=name: _seed(server, name, INSERT_ROWS, bulk=False),  # type: ignore[misc]
                "seed --bulk": lambda name=name: _seed(server, name, BULK_ROWS, bulk=True),  # type: ignore[misc]
            }
            best = dict.fromkeys(ways, 0.0)
            for _ in range(ROUNDS):
                for way, measure in ways.items():
                    best[way] = max(best[way], measure())
            base = best["faker + insert"]
            rows += [
                {"table": name, "way": way, "rows_per_s": round(speed), "ratio": round(speed / base, 1)} for way, speed in best.items()
            ]
    return rows


def main() -> None:
    """Prints the measurements as a table."""
    rows = run()
    columns = list(rows[0])
    widths = [max(len(column), *(len(str(row[column])) for row in rows)) for column in columns]
    for line in (columns, *([str(row[column]) for column in columns] for row in rows)):
        print("  ".join(text.rjust(width) for text, width in zip(line, widths, strict=True)))


def _people_table() -> Table:
    key = Column("id", "bigint", "bigint", nullable=False, auto_increment=True)
    columns = [Column(name, kind.split("(")[0], kind, nullable=False) for name, (kind, _) in _PEOPLE.items()]
    return Table(SCHEMA, "people", (key, *columns), keys=("id",))


def _retail_table() -> Table:
    return retail_table(SCHEMA)


def _session(server: MariaDb) -> pymysql.Connection:
    return pymysql.connect(host=server.host, port=server.port, user=server.user, password="", charset="utf8mb4", autocommit=True)


def _create(server: MariaDb, table: Table) -> None:
    with contextlib.closing(_session(server)) as session:
        for statement in (create_database(SCHEMA), create_table(table)):
            session.cursor().execute(statement.text)


def _naive(server: MariaDb, table: Table, makers: dict[str, Callable[[Faker], object]]) -> float:
    """Rows per second of Faker per row and an INSERT per row."""
    fake = Faker()
    fake.seed_instance(47)
    statement = f"INSERT INTO {quoted_table(table)} ({mysql_names(makers)}) VALUES ({', '.join(['%s'] * len(makers))})"  # noqa: S608 - quoted
    with contextlib.closing(_session(server)) as session:
        cursor = session.cursor()
        started = time.perf_counter()
        for _ in range(NAIVE_ROWS):
            cursor.execute(statement, tuple(make(fake) for make in makers.values()))
        return NAIVE_ROWS / (time.perf_counter() - started)


def _seed(server: MariaDb, table: str, rows: int, *, bulk: bool) -> float:
    """Rows per second of the whole command in this process: reading the schema and making the vocabulary included."""
    options = SeedOptions(max_count=rows, user=server.user, host=server.host, port=server.port, database=SCHEMA, tables=(table,), bulk=bulk)
    with contextlib.redirect_stdout(io.StringIO()):
        started = time.perf_counter()
        code = run_seed(options, {"MOULIN_DB_PASSWORD": ""})
    if code != 0:
        raise SystemExit(f"seed ended with {code}")
    return rows / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
