"""What the source's catalog says against a lake, as `moulin local` and `moulin verify` tell it, and what the comparison says without it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
import pytest

from constructs_lib.config.load import parse_lake
from scripts.local.mariadb import MariaDb, mariadb
from scripts.source_checks.lake_tables import checked_tables
from scripts.source_checks.run import check_source
from tests.local.commands import Result, invoke, query, url

pytestmark = [pytest.mark.end_to_end, pytest.mark.usefixtures("needs_mariadb")]

HEAD = "name: checks\nregion: us-east-1\nstate: {backend: local}\ntables:\n"
LINES = (
    "CREATE TABLE shop.order_lines (order_id BIGINT, line INT, sku VARCHAR(20), PRIMARY KEY (order_id, line))",
    "INSERT INTO shop.order_lines VALUES (1, 1, 'pen'), (1, 2, 'pen'), (1, 3, 'pen'), (2, 1, 'cup')",
)
LINES_LAKE = "  - {source: shop.order_lines, mode: mirror, keys: [order_id], columns: {order_id: long, sku: string}}\n"
NOT_UNIQUE = (
    "tables[0].keys are not unique in shop.order_lines: its primary key is order_id, line, and all rows that share them would become one"
    " (list line among the columns and write keys: [order_id, line], or mode: history, where every change is a row)"
)

Command = Callable[..., Result]


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with mariadb() as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, server: MariaDb) -> Command:
    """Runs a command on a lake file over the server; its tables are taken as they are."""

    def command(name: str, tables: str, *more: str) -> Result:
        lake = tmp_path / "lake.yaml"
        lake.write_text(HEAD + tables)
        quiet = ("--changes", "0") if name == "local" else ()
        return invoke(name, str(lake), "--data", str(tmp_path / "data"), "--source", url(server), *quiet, *more)

    return command


def make(server: MariaDb, *statements: str) -> None:
    query(server, "DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop", *statements)


def test_keys_that_are_not_the_tables_are_refused_and_a_history_is_warned_of(server: MariaDb, run: Command, tmp_path: Path) -> None:
    make(server, *LINES)
    refused = run("local", LINES_LAKE)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.splitlines()[-1] == f"{tmp_path}/lake.yaml:5: {NOT_UNIQUE}"
    assert not (tmp_path / "data" / "warehouse").exists()
    assert [one["path"] for one in run("local", LINES_LAKE, "--output", "json").json] == ["tables[0].keys"]
    history = LINES_LAKE.replace("mirror", "history")
    warned = run("local", history)
    assert "lake.yaml:5: warning: tables[0].keys are not unique in shop.order_lines" in warned.err
    assert warned.code == 1
    assert "1 more than once in the source: these keys are not the table's" in warned.out
    assert "order_id=1: more than once in the source: these keys are not the table's (3 times there, once in the lake)" in warned.out


def test_keys_that_stop_being_unique_are_a_difference(server: MariaDb, run: Command) -> None:
    """With equal rows too: nothing else tells that two rows are missing."""
    make(
        server,
        *(statement.replace("(order_id, line))", "(order_id))") for statement in LINES[:1]),
        "INSERT INTO shop.order_lines VALUES (1, 1, 'pen')",
    )
    assert run("local", LINES_LAKE).code == 0
    query(server, "ALTER TABLE shop.order_lines DROP PRIMARY KEY", "INSERT INTO shop.order_lines VALUES (1, 2, 'pen'), (1, 3, 'pen')")
    shown = run("verify", LINES_LAKE)
    assert shown.code == 1
    assert "1 more than once in the source: these keys are not the table's, refused: keys-not-unique" in shown.out
    assert "warning: tables[0].keys are not unique in shop.order_lines: it has no primary key" in shown.err
    (table,) = run("verify", LINES_LAKE, "--output", "json").json
    assert (table["equal"], table["source_rows"], table["lake_rows"]) == (False, 3, 1)
    assert table["differences"] == {"more than once in the source: these keys are not the table's": 1}
    (example,) = table["examples"]
    assert (example["key"], example["source_rows"], example["lake_rows"]) == ({"order_id": "1"}, 3, 1)
    assert [finding["check"] for finding in table["findings"]] == ["keys-not-unique"]


def test_rows_that_are_still_equal_are_not_proved_by_keys_that_are_not_unique(server: MariaDb, run: Command) -> None:
    make(server, LINES[0].replace("(order_id, line))", "(order_id))"), "INSERT INTO shop.order_lines VALUES (1, 1, 'pen')")
    assert run("local", LINES_LAKE).code == 0
    query(server, "ALTER TABLE shop.order_lines DROP PRIMARY KEY")
    shown = run("verify", LINES_LAKE)
    assert shown.code == 1
    assert "refused: keys-not-unique" in shown.out
    assert "equal" not in shown.out.replace("not unique", "")


def test_a_cascade_is_named_at_the_start_and_beside_the_difference(server: MariaDb, run: Command) -> None:
    make(
        server,
        "CREATE TABLE shop.orders (id INT PRIMARY KEY, note VARCHAR(9))",
        "CREATE TABLE shop.`lines` (id INT PRIMARY KEY, order_id INT, FOREIGN KEY (order_id) REFERENCES orders (id) ON DELETE CASCADE)",
        "INSERT INTO shop.orders VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO shop.`lines` VALUES (1, 1), (2, 1), (3, 2)",
    )
    tables = (
        "  - {source: shop.orders, mode: mirror, keys: [id], columns: {id: int, note: string}}\n"
        "  - {source: shop.lines, mode: mirror, keys: [id], columns: {id: int, order_id: int}}\n"
    )
    loaded = run("local", tables)
    assert loaded.code == 0
    words = "changes outside the source's log: its foreign key lines_ibfk_1 (order_id) refers to shop.orders ON DELETE CASCADE"
    assert f"lake.yaml:6: warning: tables[1] {words}" in loaded.err
    assert words not in loaded.out  # nothing differs yet
    query(server, "DELETE FROM shop.orders WHERE id = 1")
    differs = run("local", tables)
    assert differs.code == 1
    assert "2 only in the lake" in differs.out
    assert f"checks_dev.lines: the table {words}, and the lake keeps the rows that go with it" in differs.out
    findings = {one["source"]: [each["check"] for each in one["findings"]] for one in run("verify", tables, "--output", "json").json}
    assert findings == {"shop.orders": [], "shop.lines": ["cascade"]}


def test_generated_columns_are_refused_until_the_lake_does_without(server: MariaDb, run: Command, tmp_path: Path) -> None:
    make(
        server,
        "CREATE TABLE shop.items (id INT PRIMARY KEY, q INT, total INT GENERATED ALWAYS AS (q * 2) STORED, vt INT AS (q * 3) VIRTUAL,"
        " unseen INT INVISIBLE DEFAULT 5)",
        "INSERT INTO shop.items (id, q) VALUES (1, 1), (2, 2)",
    )
    whole = "  - source: shop.items\n    mode: mirror\n    keys: [id]\n    columns:\n      id: int\n      q: int\n"
    refused = run("local", f"{whole}      total: int\n      vt: int\n      unseen: int\n")
    assert refused.code == 2
    told = [line for line in refused.err.splitlines() if "lake.yaml:" in line]
    assert [line.partition(": DMS")[0] for line in told] == [
        f"{tmp_path}/lake.yaml:{line}: tables[0].columns.{name} is {kind} in shop.items"
        for line, name, kind in ((11, "total", "generated"), (12, "vt", "generated"), (13, "unseen", "invisible"))
    ]
    assert run("local", whole).code == 0
    query(server, "ALTER TABLE shop.items DROP COLUMN total, DROP COLUMN vt, MODIFY q INT AS (id) STORED")
    assert "refused: column-generated" in run("verify", whole).out


@pytest.mark.parametrize("mode", ["mirror", "history"])
def test_verify_of_another_lake_file_than_ran_says_so(server: MariaDb, run: Command, mode: str) -> None:
    make(server, "CREATE TABLE shop.items (id INT PRIMARY KEY, q INT)", "INSERT INTO shop.items VALUES (1, 1)")
    lake = f"  - {{source: shop.items, mode: {mode}, keys: [id], columns: {{id: int}}}}\n"
    assert run("local", lake).code == 0
    changed = run("verify", lake.replace("id: int", "id: int, q: int"))
    assert changed.code == 2
    assert "checks_dev.items has no column q: the lake file has changed since (run moulin local first)" in changed.err


def test_keys_beyond_the_primary_key_run_with_a_warning(server: MariaDb, run: Command) -> None:
    make(
        server,
        "CREATE TABLE shop.stores (store_id INT PRIMARY KEY, country VARCHAR(2) NOT NULL, city VARCHAR(20))",
        "INSERT INTO shop.stores VALUES (1, 'DE', 'Ulm'), (2, 'FR', 'Lyon')",
    )
    columns = "columns: {country: string, store_id: int, city: string}"
    tables = (
        f"  - {{source: shop.stores, mode: mirror, create: false, keys: [country, store_id], partition_by: [country],\n     {columns}}}\n"
    )
    loaded = run("local", tables)
    assert loaded.code == 0, loaded.err
    assert "warning: tables[0].keys are more than the primary key of shop.stores, which is store_id" in loaded.err
    query(server, "UPDATE shop.stores SET country = 'AT', city = 'Linz' WHERE store_id = 1")
    moved = run("local", tables)
    assert moved.code == 1
    assert "1 missing in the lake, 1 only in the lake" in moved.out
    assert "1 records: key_changed" in moved.out


def test_a_user_that_may_only_read_is_told_as_much(server: MariaDb) -> None:
    """What the replication user of the documentation may see."""
    make(
        server,
        *LINES,
        "CREATE TABLE shop.parents (id INT PRIMARY KEY)",
        "CREATE TABLE shop.`we.ird %s` (id INT PRIMARY KEY, p INT, q INT, g INT AS (q) STORED,"
        " FOREIGN KEY (p) REFERENCES parents (id) ON DELETE SET NULL)",
        "CREATE OR REPLACE USER reader IDENTIFIED BY 'secret'",
        "GRANT SELECT ON shop.* TO reader",
    )
    tables = checked_tables(
        parse_lake(
            HEAD
            + LINES_LAKE
            + "  - {source: {schema: shop, table: we.ird %s}, target: w, mode: history, keys: [id], columns: {id: int, g: int}}\n"
            + "  - {source: shop.not_there, mode: mirror, keys: [id], columns: {id: int}}\n"
        )
    )
    found = []
    for user, password in ((server.user, ""), ("reader", "secret")):
        with contextlib.closing(pymysql.connect(host=server.host, port=server.port, user=user, password=password)) as session:
            cursor = session.cursor()

            def ask(text: str, values: tuple[str, ...]) -> tuple[tuple[object, ...], ...]:
                cursor.execute(text, values or None)  # noqa: B023 - asked before the next one is made
                return cursor.fetchall()  # noqa: B023

            found.append([(finding.table.name, finding.check) for finding in check_source(ask, tables)])
    assert found[0] == [("order_lines", "keys-not-unique"), ("we.ird %s", "column-generated"), ("we.ird %s", "cascade")]
    assert found[1] == found[0]
