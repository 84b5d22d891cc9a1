"""The full load and its handover to the log, alone and while others write."""

from __future__ import annotations

import contextlib
import json
import random
import threading
from typing import Any

import pytest

from scripts.local.records import SourcePosition
from scripts.local.source.positions import WHOLE
from scripts.local.source.source import to_server
from tests.local.source.support import Database, applied, messages, operations, selection

TABLE = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT)"


def rows(database: Database) -> dict[Any, dict[str, Any]]:
    return {row[0]: {"id": row[0], "v": row[1], "n": row[2]} for row in database("SELECT id, v, n FROM t")}


class Writer(threading.Thread):
    """Inserts, updates and deletes at random until it is told to stop."""

    def __init__(self, database: Database, seed: int) -> None:
        super().__init__()
        self._database = database
        self._random = random.Random(seed)
        self.halt = threading.Event()
        self.written = 0

    def run(self) -> None:
        chance = self._random
        with contextlib.closing(to_server(self._database.server)()) as session, session.cursor() as cursor:
            cursor.execute(f"USE {self._database.name}")
            while not self.halt.is_set():
                key = chance.randrange(5_000)
                cursor.execute("BEGIN")
                cursor.execute(f"REPLACE INTO t VALUES ({key}, 'w', {self.written})")
                cursor.execute(f"UPDATE t SET n = n + 1 WHERE id = {chance.randrange(5_000)}")
                cursor.execute(f"DELETE FROM t WHERE id = {chance.randrange(5_000)}")
                cursor.execute("COMMIT" if chance.random() < 0.9 else "ROLLBACK")
                self.written += 1


def test_nothing_is_lost_or_invented_while_others_write(database: Database) -> None:
    database(TABLE, f"INSERT INTO t VALUES {', '.join(f'({n}, 0, 0)' for n in range(3_000))}")
    writers = [Writer(database, seed) for seed in range(2)]
    for writer in writers:
        writer.start()
    reader = database.reader()
    found = []
    try:
        for number, record in enumerate(reader.records(None, until_caught_up=True)):
            found.append(record)
            if number == 200:
                threading.Event().wait(0.3)  # in the middle of the load: more is written
    finally:
        for writer in writers:
            writer.halt.set()
            writer.join()
    assert reader.boundary is not None
    assert min(writer.written for writer in writers) > 20
    found += database.records(reader.boundary)
    assert applied(found) == rows(database)
    loaded = [record for record in found if b'"load"' in record.data]
    assert len({json.loads(record.data)["data"]["id"] for record in loaded}) == len(loaded)


def test_the_load_comes_first_and_is_numbered_by_table(database: Database) -> None:
    database("CREATE TABLE a (id INT PRIMARY KEY)", "CREATE TABLE b (id INT PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
    database("INSERT INTO b VALUES (3)", "CREATE VIEW v AS SELECT * FROM a")
    found = database.records()
    assert [(record.table, str(record.position)) for record in found] == [
        ("awsdms_apply_exceptions", "0:0:0"), ("a", "0:0:0"), ("b", "0:0:0"), ("a", "0:0:1"), ("a", "0:0:2"), ("b", "0:0:1"),
    ]  # fmt: skip


def test_values_of_every_length_arrive_whole(database: Database) -> None:
    database("CREATE TABLE t (id INT PRIMARY KEY, a LONGTEXT, b LONGTEXT)", "SET GLOBAL max_allowed_packet = 67108864")
    lengths = [0, 1, 250, 251, 252, 65_535, 65_536, 300_000]
    pairs = [(length, None) for length in lengths] + [(None, length) for length in lengths] + [(9_000_000, 8_000_000), (1, 1)]
    for number, pair in enumerate(pairs):
        a, b = ("NULL" if length is None else f"REPEAT('x', {length})" for length in pair)
        database(f"INSERT INTO t VALUES ({number}, {a}, {b})")
    found = [message["data"] for message in messages(database.records(lake=database.lake(LobMaxSize=0))) if "data" in message]
    assert [tuple(None if text is None else len(text) for text in (row["a"], row["b"])) for row in found] == pairs
    assert {*"".join((row["a"] or "") + (row["b"] or "") for row in found)} == {"x"}


def test_migration_types(database: Database) -> None:
    database(TABLE, "INSERT INTO t VALUES (1, 'a', 1)")
    found = {}
    for migration_type in ("full-load", "cdc", "full-load-and-cdc"):
        lake = database.lake(selection(database.name, "t"), migration_type=migration_type)
        iterator = database.reader(lake).records(None, until_caught_up=True)
        first = next(iterator)
        database("UPDATE t SET n = n + 1")
        found[migration_type] = [operation for operation in operations(messages([first, *iterator])) if operation != "create-table"]
    assert found == {"full-load": ["load"], "cdc": ["update"], "full-load-and-cdc": ["load", "update"]}


def test_a_finished_load_is_not_repeated(database: Database) -> None:
    database(TABLE, "INSERT INTO t VALUES (1, 'a', 1)")
    reader = database.reader()
    list(reader.records(None, until_caught_up=True))
    assert reader.boundary == reader.cdc_start
    assert reader.boundary is not None
    assert reader.boundary.index == WHOLE
    database("DELETE FROM t")
    assert operations(messages(database.records(reader.boundary))) == ["delete"]
    only_load = database.lake(selection(database.name, "t"), migration_type="full-load")
    assert database.records(reader.boundary, only_load) == []


def test_a_load_that_is_taken_up_again_repairs_what_changed_meanwhile(database: Database) -> None:
    database(TABLE, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)")
    first = database.reader()
    iterator = first.records(None, until_caught_up=True)
    kept = [next(iterator) for _ in range(4)]  # two announcements, two rows
    database("DELETE FROM t WHERE id = 1", "UPDATE t SET id = 9 WHERE id = 2", "INSERT INTO t VALUES (4, 'd', 4)")
    again = database.reader(cdc_start=first.cdc_start)
    everything = kept + list(again.records(SourcePosition(0, 0, 2), until_caught_up=True))
    assert applied(everything) == rows(database)
    assert again.cdc_start == first.cdc_start


def test_a_connection_lost_in_the_load_is_made_again(database: Database) -> None:
    database(TABLE, f"INSERT INTO t VALUES {', '.join(f'({n}, REPEAT(0, 20), 0)' for n in range(40_000))}")
    iterator = database.reader().records(None, until_caught_up=True)
    found = [next(iterator) for _ in range(100)]
    database("DELETE FROM t WHERE id < 50", "UPDATE t SET n = 1 WHERE id < 100")
    for (session,) in database("SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT `id`%' AND COMMAND = 'Query'"):
        database(f"KILL {session}")
    found += iterator
    assert len(found) > 40_050
    assert applied(found) == rows(database)


def test_the_lock_is_not_held_while_rows_are_read(database: Database) -> None:
    database(TABLE, "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2)")
    iterator = database.reader().records(None, until_caught_up=True)
    for _ in range(3):
        next(iterator)
    database("SET lock_wait_timeout = 1", "DELETE FROM t", "CREATE TABLE other (id INT)")
    assert operations(messages([record for record in iterator if b'"data":' in record.data])) == ["load", "delete", "delete"]


@pytest.mark.parametrize("name", ["back`tick", "with space", "Größe", "select", "a.b", "100%"])
def test_odd_names(name: str, database: Database) -> None:
    quoted = name.replace("`", "``")
    database(f"CREATE TABLE `{quoted}` (`{quoted}` INT PRIMARY KEY, `é%s` INT)", f"INSERT INTO `{quoted}` VALUES (1, 2)")
    found = database.records()
    start = database.here()
    database(f"UPDATE `{quoted}` SET `é%s` = 3")
    found += database.records(start)
    assert [message["data"] for message in messages(found) if "data" in message] == [{name: 1, "é%s": 2}, {name: 1, "é%s": 3}]
    assert {record.table for record in found[1:]} == {name}
