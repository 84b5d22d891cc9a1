"""The view of a history's current state, run on DuckDB against a model that is a plain dictionary."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pytest

from constructs_lib.config.lake_table import athena_ddl, current_state_view_sql, lake_table_columns
from constructs_lib.config.table import ColumnConfig, TableConfig, TableMode
from functions.firehose_transform.position import Positions

Key = tuple[int, str]

POSITIONS = Positions(epoch=0)

TABLE = TableConfig(
    source="shop.stock",
    mode=TableMode.HISTORY,
    keys=("sku", "store"),
    columns={"store": ColumnConfig(type="string"), "amount": ColumnConfig(type="int"), "sku": ColumnConfig(type="long")},
)


@dataclass(frozen=True)
class Change:
    """One record of the history table."""

    operation: str
    position: str
    key: Key
    amount: int | None
    previous: tuple[int | None, str | None] = (None, None)


class Source:
    """A source table that keeps the log of its changes."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.rows: dict[Key, int | None] = {}
        self.log: list[Change] = []

    def load(self) -> None:
        for key in self._keys(5):
            self.rows[key] = self.chance.randrange(100)
            self.log.append(Change("load", POSITIONS.load, key, self.rows[key]))

    def change(self) -> None:
        step = POSITIONS.in_log("7", str(len(self.log) + 1), "1")
        key = self._keys(1)[0]
        if key not in self.rows:
            self.rows[key] = self.chance.randrange(100)
            self.log.append(Change("insert", step, key, self.rows[key]))
        elif self.chance.random() < 0.3:
            self.log.append(Change("delete", step, key, self.rows.pop(key)))
        else:
            self._update(step, key)

    def _update(self, step: str, key: Key) -> None:
        free = [other for other in self._keys(12) if other not in self.rows]
        if free and self.chance.random() < 0.5:
            self.rows[free[0]] = self.rows.pop(key)
            self.log.append(Change("update", step, free[0], self.rows[free[0]], self._previous(key, free[0])))
        else:
            self.rows[key] = self.chance.choice([None, 1, 2, 3])
            self.log.append(Change("update", step, key, self.rows[key]))

    def _previous(self, old: Key, new: Key) -> tuple[int | None, str | None]:
        """The before image: all of the old key, or the changed parts of it only. Both are seen."""
        if self.chance.random() < 0.5:
            return old
        return (old[0] if old[0] != new[0] else None, old[1] if old[1] != new[1] else None)

    def _keys(self, count: int) -> list[Key]:
        return list(dict.fromkeys((self.chance.randrange(3), self.chance.choice("ab")) for _ in range(count)))


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("CREATE SCHEMA lake")
    columns = ", ".join(f'"{name}" {kind}' for name, kind, _ in lake_table_columns(TABLE))
    connection.execute(f"CREATE TABLE lake.stock ({columns})")
    yield connection
    connection.close()


def deliver(database: duckdb.DuckDBPyConnection, log: list[Change], chance: random.Random) -> None:
    """Writes the log as Firehose might: in any order, some records more than once."""
    records = log + [change for change in log if chance.random() < 0.3]
    chance.shuffle(records)
    database.execute("DELETE FROM lake.stock")
    for number, change in enumerate(records):
        ingested = datetime(2024, 1, 1) + timedelta(seconds=number)
        row = [change.key[1], change.amount, change.key[0], change.operation, None, change.position, None, None, ingested, *change.previous]
        database.execute(f"INSERT INTO lake.stock VALUES ({', '.join('?' * len(row))})", row)


@pytest.mark.parametrize("seed", range(40))
def test_current_state_equals_the_source_whatever_the_order_and_however_often_a_record_comes(
    database: duckdb.DuckDBPyConnection, seed: int
) -> None:
    chance = random.Random(seed)
    source = Source(chance)
    source.load()
    for _ in range(chance.randrange(25)):
        source.change()
    deliver(database, source.log, chance)
    rows = database.execute(current_state_view_sql("lake", "stock", TABLE)).fetchall()
    assert len(rows) == len(source.rows), source.log
    assert {(sku, store): amount for store, amount, sku in rows} == source.rows, source.log


def test_current_state_of_a_swap_of_keys(database: duckdb.DuckDBPyConnection) -> None:
    log = [
        Change("load", "0", (1, "a"), 10),
        Change("load", "0", (2, "a"), 20),
        Change("update", "1", (9, "a"), 10, (1, "a")),
        Change("update", "2", (1, "a"), 20, (2, "a")),
        Change("update", "3", (2, "a"), 10, (9, "a")),
    ]
    for seed in range(10):
        deliver(database, log, random.Random(seed))
        rows = database.execute(current_state_view_sql("lake", "stock", TABLE)).fetchall()
        assert sorted(rows) == [("a", 10, 2), ("a", 20, 1)]


def test_a_before_image_that_repeats_an_unchanged_key_removes_nothing(database: duckdb.DuckDBPyConnection) -> None:
    deliver(database, [Change("update", "1", (1, "a"), 5, (1, "a"))], random.Random(0))
    assert database.execute(current_state_view_sql("lake", "stock", TABLE)).fetchall() == [("a", 5, 1)]


def test_a_column_may_have_the_name_that_the_view_would_use(database: duckdb.DuckDBPyConnection) -> None:
    odd = TABLE.model_copy(
        update={"columns": {**TABLE.columns, "_fact_rank": ColumnConfig(type="int"), "ranked": ColumnConfig(type="int")}}
    )
    columns = ", ".join(f'"{name}" {kind}' for name, kind, _ in lake_table_columns(odd))
    database.execute(f"CREATE OR REPLACE TABLE lake.odd ({columns})")
    assert database.execute(current_state_view_sql("lake", "odd", odd)).fetchall() == []


def test_athena_ddl_of_a_partitioned_table() -> None:
    table = TableConfig(
        source="shop.stores",
        mode=TableMode.MIRROR,
        keys=("country", "store_id"),
        create=False,
        partition_by=("country",),
        columns={
            "country": ColumnConfig(type="string"),
            "store_id": ColumnConfig(type="long", source="StoreID"),
            "email": ColumnConfig(type="string", pii="hash"),
            "fax": ColumnConfig(pii="drop"),
        },
    )
    assert athena_ddl("shop", "stores", table, "s3://lake/shop/stores/") == (
        "CREATE TABLE IF NOT EXISTS `shop`.`stores` (\n"
        "  `country` string COMMENT 'key',\n"
        "  `store_id` bigint COMMENT 'key, source column StoreID',\n"
        "  `email` string COMMENT 'keyed SHA-256 of the value'\n"
        ")\n"
        "PARTITIONED BY (`country`)\n"
        "LOCATION 's3://lake/shop/stores/'\n"
        "TBLPROPERTIES (\n"
        "  'table_type' = 'ICEBERG',\n"
        "  'format' = 'parquet',\n"
        "  'write_compression' = 'zstd'\n"
        ")\n"
    )


@pytest.mark.parametrize("name", ["back\\slash", "ends in\\"])
def test_athena_ddl_leaves_a_comment_out_that_would_end_it(name: str) -> None:
    table = TABLE.model_copy(update={"columns": {"sku": ColumnConfig(type="int", source=name), "store": ColumnConfig(type="string")}})
    assert "  `sku` int,\n" in athena_ddl("a", "b", table, "s3://c/d")


def test_fails_when_athena_cannot_create_a_type() -> None:
    table = TABLE.model_copy(update={"columns": {"sku": ColumnConfig(type="uuid"), "store": ColumnConfig(type="string")}})
    with pytest.raises(ValueError, match=r"^Athena cannot create column sku: use string: the Glue catalog has no uuid type$"):
        athena_ddl("a", "b", table, "s3://c/d")


def test_history_columns_follow_the_tables_own() -> None:
    assert [(name, kind) for name, kind, _ in lake_table_columns(TABLE)] == [
        ("store", "string"),
        ("amount", "int"),
        ("sku", "bigint"),
        ("_op", "string"),
        ("_commit_timestamp", "timestamp"),
        ("_position", "string"),
        ("_stream_position", "string"),
        ("_transaction_id", "string"),
        ("_ingested_at", "timestamp"),
        ("_previous_sku", "bigint"),
        ("_previous_store", "string"),
    ]
