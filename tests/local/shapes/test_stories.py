"""What applications do to a source, captured while it happens: mirror and history end equal, or the run says what does not."""

from __future__ import annotations

import contextlib
import random
import time
from pathlib import Path

import pymysql
import pytest

from scripts.local.replay import replay_local
from scripts.local.show import print_outcome
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from tests.local.conftest import Synthesise
from tests.local.shapes.conftest import Begin
from tests.local.shapes.support import CHILDREN, ITEMS, PAIRS, ShapeRun, Sql, lake_of

pytestmark = pytest.mark.end_to_end

ROWS = "INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4)"


@pytest.fixture
def shop(begin: Begin, both_modes: LocalTemplate) -> ShapeRun:
    """Four items, two pairs and no child."""
    return begin(both_modes, ITEMS, PAIRS, CHILDREN, ROWS, "INSERT INTO pairs VALUES (1, 'x', 1), (1, 'y', 2)")


def test_transactions_arrive_whole_or_not_at_all(shop: ShapeRun) -> None:
    assert (
        shop.capture(
            "BEGIN",
            "INSERT INTO items VALUES (10, 'kept', 1)",
            "SAVEPOINT s",
            "INSERT INTO items VALUES (11, 'taken back', 1)",
            "UPDATE items SET name = 'taken back'",
            "ROLLBACK TO s",
            "UPDATE items SET amount = 9 WHERE id = 10",
            "COMMIT",
            "BEGIN",
            "DELETE FROM items",
            "ROLLBACK",
        )
        == {}
    )
    assert {row["name"] for row in shop.rows("mirrors.items")} == {"a", "b", "c", "d", "kept"}
    assert [row["_op"] for row in shop.rows("histories.items") if row["_op"] != "load"] == ["insert", "update"]


def test_statements_of_many_rows(shop: ShapeRun) -> None:
    assert (
        shop.capture(
            "INSERT INTO items VALUES (10, 'k', 1), (11, 'l', 1), (12, NULL, NULL)",
            "INSERT INTO items SELECT id + 100, name, amount FROM items",
            "UPDATE items SET amount = amount * 2, name = CONCAT(name, '!') WHERE id > 2",
            "DELETE FROM items WHERE id % 2 = 0",
            "INSERT INTO pairs SELECT a + 1, b, v FROM pairs",
        )
        == {}
    )
    assert shop.total("captured", "mirrors", "items", "update") == 10


def test_replace_on_duplicate_key_and_ignore(shop: ShapeRun) -> None:
    assert (
        shop.capture(
            "REPLACE INTO items VALUES (1, 'replaced', 1), (10, 'new', 1)",
            "INSERT INTO items VALUES (2, 'x', 1), (11, 'y', 1) ON DUPLICATE KEY UPDATE name = 'updated', amount = amount + 1",
            "INSERT IGNORE INTO items VALUES (3, 'ignored', 1), (12, 'z', 1)",
            "REPLACE INTO pairs VALUES (1, 'x', 7), (2, 'x', 8)",
        )
        == {}
    )
    names = {row["id"]: row["name"] for row in shop.rows("mirrors.items")}
    assert names == {1: "replaced", 2: "updated", 3: "c", 4: "d", 10: "new", 11: "y", 12: "z"}


def test_load_data(shop: ShapeRun, tmp_path: Path) -> None:
    file = tmp_path / "rows.tsv"
    file.write_text("".join(f"{number}\tname {number}\t{number}.25\n" for number in range(1000, 1500)) + "1\treplaced\t\\N\n")
    assert shop.capture(f"LOAD DATA LOCAL INFILE '{file}' REPLACE INTO TABLE items") == {}
    assert len(shop.rows("mirrors.items")) == 504


def test_changed_keys_are_kept_in_a_history_and_refused_by_a_mirror(shop: ShapeRun) -> None:
    """A mirror's failed updates lie in the error path, and the comparison shows each key that they concern."""
    differences = shop.capture(
        "UPDATE items SET id = 40 WHERE id = 4",
        "BEGIN",  # two rows change places
        "UPDATE items SET id = -1 WHERE id = 1",
        "UPDATE items SET id = 1 WHERE id = 2",
        "UPDATE items SET id = 2 WHERE id = -1",
        "COMMIT",
        "UPDATE pairs SET b = 'z' WHERE b = 'y'",
        "UPDATE pairs SET a = 2, v = 9 WHERE b = 'x'",
        "UPDATE items SET amount = 50 WHERE id = 40",
    )
    assert differences == {
        "mirrors.items": {"only in the lake": 1, "different": 2},  # the later update brought 40
        "mirrors.pairs": {"missing in the lake": 2, "only in the lake": 2},
    }
    assert shop.keys("mirrors.items") == {("4",), ("1",), ("2",)}
    assert {line["errorCode"] for line in shop.errors()} == {"Lambda.ProcessingFailedStatus"}
    assert (shop.total("failed", "mirrors"), shop.total("failed", "histories")) == (6, 0)
    left_out = {name: counts.left_out for name, counts in replay_local(shop.template, LakeFolder(shop.root)).items()}
    assert left_out == {"shapes-dev-mirrors": {"key_changed": 6}, "shapes-dev-histories": {}}
    assert len(shop.errors()) == 6
    changed = [row for row in shop.rows("histories.pairs") if row["_previous_b"] is not None]
    assert {(row["_previous_a"], row["_previous_b"], row["a"], row["b"]) for row in changed} == {(1, "y", 1, "z"), (1, "x", 2, "x")}


def test_columns_come_go_and_change_while_it_runs(shop: ShapeRun) -> None:
    assert (
        shop.capture(
            "ALTER TABLE items ADD COLUMN extra INT DEFAULT 7 FIRST",
            "INSERT INTO items (id, name, amount, extra) VALUES (10, 'wide', 1, 1)",
            "UPDATE items SET extra = 8",
            "ALTER TABLE items MODIFY name VARCHAR(200) CHARACTER SET latin1, MODIFY id BIGINT UNSIGNED",
            "INSERT INTO items (id, name, amount) VALUES (11, REPEAT('é', 150), 2)",
            "ALTER TABLE items DROP COLUMN extra",
            "DELETE FROM items WHERE id = 2",
            "ALTER TABLE items MODIFY amount DECIMAL(8,2) AFTER id",
            "INSERT INTO items (id, name, amount) VALUES (12, 'narrow', -1.25)",
        )
        == {}
    )
    assert shop.total("dropped", "mirrors", "items", "add-column") == 1
    assert shop.total("dropped", "mirrors", "items", "drop-column") == 1
    assert shop.total("dropped", "mirrors", "items", "column-type-change") > 0


@pytest.mark.parametrize(
    ("statement", "operation"),
    [("ALTER TABLE items DROP COLUMN name", "drop-column"), ("ALTER TABLE items RENAME COLUMN name TO title", "rename-column")],
    ids=["dropped", "renamed"],
)
def test_a_column_that_the_lake_needs_and_the_source_lost_is_shown(shop: ShapeRun, statement: str, operation: str) -> None:
    """Even where no row differs: a renamed column is empty in the lake, and compared with nothing it would pass."""
    differences = shop.capture(statement, "DELETE FROM items WHERE id < 4", "UPDATE items SET amount = 5")
    assert differences == {"mirrors.items": {"column name": 0}, "histories.items": {"column name": 0}}
    assert not shop.outcome.equal
    assert shop.total("dropped", "mirrors", "items", operation) == 1


def test_rows_that_an_alter_rewrites_without_the_log_are_shown(shop: ShapeRun) -> None:
    """Changing a type rounds values, and no row event says so."""
    shop.sql("UPDATE items SET amount = 1.25 WHERE id = 1")
    differences = shop.capture("ALTER TABLE items MODIFY amount DECIMAL(12,1)", "INSERT INTO items VALUES (10, 'n', 0.5)")
    assert differences == {"mirrors.items": {"different": 1}, "histories.items": {"different": 1}}


def test_truncate_and_rename_are_reported_and_shown(
    shop: ShapeRun, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    differences = shop.capture(
        "TRUNCATE TABLE items", "INSERT INTO items VALUES (50, 'after', 1)", "RENAME TABLE pairs TO couples", "UPDATE couples SET v = 0"
    )
    assert differences == {
        "mirrors.items": {"only in the lake": 4},
        "histories.items": {"only in the lake": 4},
        "mirrors.pairs": {"only in the lake": 2, "table shop.pairs": 0},
        "histories.pairs": {"only in the lake": 2, "table shop.pairs": 0},
    }
    assert shop.skipped == {("truncate", "shop.items"): 1, ("rename-table", "shop.pairs"): 1}
    monkeypatch.setenv("COLUMNS", "200")
    print_outcome(shop.outcome, shop.template, LakeFolder(shop.root))
    shown = capsys.readouterr().out
    assert "the source has no table shop.pairs" in shown
    assert "not captured, as by DMS: truncate of shop.items, 1 times" in shown


PARTITIONED = ITEMS + " PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN MAXVALUE)"


@pytest.mark.parametrize(
    ("statements", "table", "cause", "found"),
    [
        (["ALTER TABLE items EXCHANGE PARTITION p0 WITH TABLE spare"], "items", "exchange-partition", {"only in the lake": 2}),
        (
            ["CREATE OR REPLACE TABLE pairs (a INT, b VARCHAR(10), v INT, PRIMARY KEY (a, b))"],
            "pairs",
            "replace-table",
            {"only in the lake": 1},
        ),
        (["CREATE TABLE _new LIKE pairs", "RENAME TABLE pairs TO _old, _new TO pairs"], "pairs", "rename-table", {"only in the lake": 1}),
        (["DROP DATABASE shop"], "pairs", "drop-database", {"only in the lake": 1, "table shop.pairs": 0}),
    ],
    ids=["exchanged partition", "replaced", "swapped", "dropped database"],
)
def test_what_changes_rows_without_row_events_is_named_beside_the_difference(
    begin: Begin,
    both_modes: LocalTemplate,
    capsys: pytest.CaptureFixture[str],
    statements: list[str],
    table: str,
    cause: str,
    found: dict[str, int],
) -> None:
    spare = ITEMS.replace("TABLE items", "TABLE spare")
    rows = ["INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)", "INSERT INTO pairs VALUES (1, 'x', 5)"]
    run = begin(both_modes, PARTITIONED, PAIRS, CHILDREN, spare, *rows)
    run.capture(*statements)
    differences = run.capture()  # this run does not see the statement again, and still knows why
    assert differences[f"mirrors.{table}"] == found
    (result,) = (result for result in run.outcome.tables if result.table.label == f"mirrors.{table}")
    assert result.causes == (cause,)
    print_outcome(run.outcome, run.template, LakeFolder(run.root))
    named = f"shop.{table} was changed without row events, which DMS does not capture either: {cause} (docs/guarantees.md)"
    assert named in capsys.readouterr().out


def test_what_leaves_rows_alone_is_not_named(shop: ShapeRun) -> None:
    parts = [
        "ADD COLUMN note TEXT",
        "ADD INDEX (name)",
        "ENGINE=InnoDB",
        "COMMENT 'drop partition p, modify x'",
        "ALTER amount SET DEFAULT 5",
    ]
    others = ["CREATE INDEX by_amount ON items (amount)", "OPTIMIZE TABLE items", "CREATE VIEW seen AS SELECT * FROM items"]
    assert shop.capture(*(f"ALTER TABLE items {part}" for part in parts), *others, "UPDATE items SET amount = 7") == {}
    assert shop.skipped == {}


def test_a_key_of_bytes_is_a_text_in_the_lake(begin: Begin, synthesise_text: Synthesise) -> None:
    """BINARY(16), as a UUID is kept: zeros at its end included, which the log leaves out."""
    lake = synthesise_text(lake_of([("tokens", "id", "id: string, v: int"), ("tags", "id", "id: string, v: int")]))
    keys = [f"UNHEX('{text}')" for text in ("00" * 16, "ff" * 16, "00112233445566778899aabbccddee00", "27" * 16)]
    rows = ", ".join(f"({key}, {number})" for number, key in enumerate(keys))
    run = begin(
        lake,
        "CREATE TABLE tokens (id BINARY(16) PRIMARY KEY, v INT)",
        "CREATE TABLE tags (id VARBINARY(16) PRIMARY KEY, v INT)",
        *(f"INSERT INTO {table} VALUES {rows}" for table in ("tokens", "tags")),
    )
    changes = [
        f"UPDATE {{0}} SET v = v + 10 WHERE id = {keys[2]}",
        f"DELETE FROM {{0}} WHERE id = {keys[3]}",
        "INSERT INTO {0} VALUES ('a', 9)",
    ]
    assert run.capture(*(change.format(table) for table in ("tokens", "tags") for change in changes)) == {}
    assert {row["id"] for row in run.rows("mirrors.tokens")} >= {"0x" + "00" * 16, "0x61" + "00" * 15}


def test_cascades_are_reported_and_shown(shop: ShapeRun) -> None:
    shop.sql(
        "ALTER TABLE children ADD FOREIGN KEY (item) REFERENCES items (id) ON DELETE CASCADE ON UPDATE SET NULL",
        "INSERT INTO children VALUES (1, 1, 'goes'), (2, 2, 'stays'), (3, 1, 'goes')",
    )
    differences = shop.capture("DELETE FROM items WHERE id = 1", "UPDATE children SET note = 'changed' WHERE id = 2")
    assert differences == {"mirrors.children": {"only in the lake": 2}, "histories.children": {"only in the lake": 2}}
    assert shop.keys("mirrors.children") == {("1",), ("3",)}
    assert shop.skipped["cascade", "shop.items"] == 1


def test_generated_columns_are_reported_and_shown(begin: Begin, both_modes: LocalTemplate) -> None:
    generated = ITEMS.replace("name VARCHAR(40)", "name VARCHAR(40) GENERATED ALWAYS AS (CONCAT('n', id)) STORED")
    run = begin(both_modes, generated, PAIRS, CHILDREN, "INSERT INTO items (id, amount) VALUES (1, 1), (2, 2)")
    differences = run.capture("INSERT INTO items (id, amount) VALUES (3, 3)", "UPDATE items SET amount = 4 WHERE id = 1")
    assert differences == {"mirrors.items": {"different": 3}, "histories.items": {"different": 3}}
    assert run.outcome.not_captured == {"shop.items": ("name",)}


def test_nothing_is_lost_or_invented_while_others_write_during_the_load(begin: Begin, both_modes: LocalTemplate) -> None:
    many = "INSERT INTO items SELECT seq, CONCAT('row ', seq), seq FROM shop_numbers"
    numbers = "CREATE TABLE shop_numbers AS SELECT seq FROM seq_1_to_3000"
    run = begin(both_modes, ITEMS, PAIRS, CHILDREN, numbers, many)
    written: list[int] = []

    def writer(seed: int, session: Sql) -> None:
        chance = random.Random(seed)
        end = time.monotonic() + 1.0
        number = 0
        while time.monotonic() < end or number < 40:
            number += 1
            keys = [chance.randrange(3_300) for _ in range(3)]
            with contextlib.suppress(pymysql.OperationalError):  # a deadlock: the server has rolled one of the two back
                session(
                    "BEGIN",
                    f"REPLACE INTO items VALUES ({keys[0]}, 'w{seed}', {number})",
                    f"UPDATE items SET amount = amount + 1 WHERE id = {keys[1]}",
                    f"DELETE FROM items WHERE id = {keys[2]}",
                    "COMMIT" if chance.random() < 0.8 else "ROLLBACK",
                )
        written.append(number)

    assert run.capture_beside(lambda session: writer(0, session), lambda session: writer(1, session)) == {}
    assert len(written) == 2
    assert run.total("captured", "mirrors", "items", "load") >= 2_500
    assert run.total("captured", "mirrors", "items", "delete") > 0
