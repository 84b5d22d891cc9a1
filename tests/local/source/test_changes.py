"""What is captured, in which order, and that nothing is lost or invented however the reading is interrupted."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.local.mariadb import free_port, mariadb
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.source.errors import CaptureError
from scripts.local.source.positions import boundary
from scripts.local.source.source import SourceReader, to_server
from scripts.local.source.spool import Spool
from tests.local.source.support import NOW, Database, applied, messages, operations, selection, template

TABLE = "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20), n INT DEFAULT 0)"


@pytest.fixture
def table(database: Database) -> Database:
    database(TABLE, "INSERT INTO t (id, v) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    return database


def rows(database: Database, name: str = "t") -> dict[Any, dict[str, Any]]:
    return {row[0]: {"id": row[0], "v": row[1], "n": row[2]} for row in database(f"SELECT id, v, n FROM {name}")}


def test_a_rolled_back_transaction_gives_nothing(table: Database) -> None:
    start = table.here()
    table("BEGIN", "INSERT INTO t (id) VALUES (9)", "ROLLBACK")
    table("BEGIN", "DELETE FROM t", "ROLLBACK", "INSERT INTO t (id) VALUES (10)")
    assert [message["data"]["id"] for message in table.changes(start)] == [10]


def test_a_transaction_that_is_open_gives_nothing_until_it_commits(table: Database) -> None:
    start = table.here()
    table("BEGIN", "INSERT INTO t (id) VALUES (9)")
    with contextlib.closing(to_server(table.server)()) as other:
        other.cursor().execute(f"INSERT INTO {table.name}.t (id) VALUES (10)")
    assert [message["data"]["id"] for message in table.changes(start)] == [10]
    table("COMMIT")
    assert [message["data"]["id"] for message in table.changes(start)] == [10, 9]


def test_what_a_savepoint_took_back_is_not_captured(table: Database) -> None:
    table("CREATE TABLE plain (id INT PRIMARY KEY) ENGINE=MyISAM")
    start = table.here()
    table("BEGIN", "INSERT INTO t (id) VALUES (9)", "SAVEPOINT `a b`", "INSERT INTO t (id) VALUES (10)", "ROLLBACK TO `a b`", "COMMIT")
    table("BEGIN", "INSERT INTO t (id) VALUES (11)", "SAVEPOINT s", "INSERT INTO t (id) VALUES (12)", "INSERT INTO plain VALUES (1)")
    with contextlib.suppress(Exception):
        table("ROLLBACK TO s")
    table("INSERT INTO t (id) VALUES (13)", "COMMIT")
    state = applied(table.records(start))
    assert {key for key in state if key != 1} == {9, 11, 13}


def test_tables_without_transactions_are_captured_too(database: Database) -> None:
    start = database.here()
    database("CREATE TABLE plain (id INT PRIMARY KEY) ENGINE=MyISAM", "INSERT INTO plain VALUES (1), (2)", "DELETE FROM plain WHERE id = 1")
    assert operations(database.changes(start)) == ["insert", "insert", "delete"]


def test_a_changed_key_shows_the_old_one(table: Database) -> None:
    start = table.here()
    table("UPDATE t SET id = id + 10 ORDER BY id", "UPDATE t SET v = 'z' WHERE id = 11")
    assert [message["before-image"]["id"] for message in table.changes(start)] == [1, 2, 3, 11]


def test_an_alter_in_the_middle_changes_the_rows_after_it_only(table: Database) -> None:
    """The reader lags: when it sees the first row, the table has long become another."""
    start = table.here()
    table("INSERT INTO t (id) VALUES (10)", "ALTER TABLE t ADD COLUMN w INT FIRST", "INSERT INTO t (id, w) VALUES (11, 5)")
    table("ALTER TABLE t DROP COLUMN n, MODIFY id BIGINT UNSIGNED", "INSERT INTO t (id) VALUES (18446744073709551615)")
    table("RENAME TABLE t TO u", "INSERT INTO u (id) VALUES (12)")
    found = messages(table.records(start, table.lake(selection(table.name, "t"))))
    assert operations(found) == ["insert", "add-column", "insert", "drop-column", "column-type-change", "insert"]
    assert [list(message["data"]) for message in found if "data" in message] == [["id", "v", "n"], ["w", "id", "v", "n"], ["w", "id", "v"]]


def test_what_dms_does_not_capture_is_counted(table: Database) -> None:
    table("CREATE TABLE child (id INT PRIMARY KEY, t_id INT, FOREIGN KEY (t_id) REFERENCES t (id) ON DELETE CASCADE)")
    table("INSERT INTO child VALUES (1, 1), (2, 2)", "CREATE TABLE old (id INT PRIMARY KEY)")
    reader = table.reader()
    start = table.here()
    table("DELETE FROM t WHERE id = 1", "TRUNCATE TABLE child", "RENAME TABLE old TO older", "DROP TABLE older")
    found = [record for record in reader.records(start, until_caught_up=True) if b'"data":' in record.data]
    assert [(record.table, operations(messages([record]))) for record in found] == [("t", ["delete"])]
    assert {key: count for (key, _), count in reader.skipped.items()} == {"cascade": 1, "truncate": 1, "drop-table": 1, "rename-table": 1}


def test_create_table_as_select_brings_its_rows(table: Database) -> None:
    start = table.here()
    table("CREATE TABLE copy (PRIMARY KEY (id)) AS SELECT * FROM t")
    found = messages(table.records(start))
    assert operations(found) == ["create-table", "insert", "insert", "insert"]


def test_other_tables_move_the_boundary_and_nothing_else(table: Database) -> None:
    lake = table.lake(selection(table.name, "t"))
    start = table.here()
    table("CREATE TABLE other (id INT)", "INSERT INTO other VALUES (1)")
    reader = table.reader(lake)
    assert list(reader.records(start, until_caught_up=True)) == []
    assert reader.boundary == table.here() > start


@pytest.mark.parametrize("size", [64 * 1024, 1024 * 1024, 17 * 1024 * 1024])
def test_large_rows(size: int, database: Database) -> None:
    """17 MiB is more than one packet of the protocol."""
    database("SET GLOBAL max_allowed_packet = 64 * 1024 * 1024")
    with contextlib.closing(to_server(database.server)()) as session:
        session.cursor().execute(f"CREATE TABLE {database.name}.large (id INT PRIMARY KEY, v LONGTEXT)")
        start = database.here()
        session.cursor().execute(f"INSERT INTO {database.name}.large VALUES (1, REPEAT('x', {size}))")
    lake = database.lake(selection(database.name, "large"), LobMaxSize=0)
    for found in (database.changes(start, lake), messages(database.records(None, lake))[-1:]):
        assert found[0]["data"]["v"] == "x" * size


def test_a_huge_transaction_is_spooled(table: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.local.source.transactions.Spool", lambda: Spool(in_memory_bytes=2_000))
    start = table.here()
    table("BEGIN", *(f"INSERT INTO t (id, v) VALUES ({n}, 'spooled')" for n in range(100, 400)), "COMMIT")
    table("INSERT INTO t (id) VALUES (1000)")
    assert [message["data"]["id"] for message in table.changes(start)] == [*range(100, 400), 1000]


def test_a_spool_forgets_its_end() -> None:
    for limit in (1, 10_000):
        spool = Spool(in_memory_bytes=limit)
        for number in range(10):
            spool.append(number, bytes(number))
        spool.cut(4)
        spool.append(99, b"x")
        assert [kind for kind, _ in spool] == [kind for kind, _ in spool] == [0, 1, 2, 3, 99]
        assert len(spool) == 5


def test_five_hundred_tables(database: Database) -> None:
    database(*(f"CREATE TABLE t{number} (id INT PRIMARY KEY)" for number in range(500)))
    start = database.here()
    database("BEGIN", *(f"INSERT INTO t{number} VALUES (1)" for number in range(500)), "COMMIT")
    reader = database.reader(database.lake(selection(database.name, "t%"), migration_type="cdc"), cdc_start=start)
    found = list(reader.records(None, until_caught_up=True))
    assert [record.table for record in found[501:]] == [f"t{number}" for number in range(500)]
    assert len(found) == 1001  # announcements: one for each table and DMS's own


def test_resuming_anywhere_gives_exactly_the_rest(table: Database) -> None:
    start = table.here()
    table("INSERT INTO t (id) VALUES (10), (11), (12)", "UPDATE t SET n = n + 1", "FLUSH BINARY LOGS", "DELETE FROM t WHERE id > 9")
    table("ALTER TABLE t ADD COLUMN w INT", "INSERT INTO t (id) VALUES (13)")
    everything = table.records(start)
    data = [record for record in everything if b'"data":' in record.data]
    assert len(data) == 13
    for number, record in enumerate(everything):
        rest = [later for later in table.records(record.position) if b'"data":' in later.data]
        assert rest == [later for later in everything[number + 1 :] if b'"data":' in later.data]
    assert table.records(table.here()) == []


def test_positions_rise(table: Database) -> None:
    start = table.here()
    table("INSERT INTO t (id) VALUES (10), (11)", "FLUSH BINARY LOGS", "DELETE FROM t")
    positions = [record.position for record in table.records(start)]
    assert positions == sorted(set(positions))
    assert [position.index for position in positions] == [1, 2, 1, 2, 3, 4, 5]


def kill_readers(database: Database) -> int:
    """Cuts every connection that reads the log, as an administrator or a network would."""
    found = database("SELECT ID FROM information_schema.PROCESSLIST WHERE COMMAND = 'Binlog Dump'")
    for (session,) in found:
        with contextlib.suppress(Exception):
            database(f"KILL {session}")
    return len(found)


def test_a_killed_connection_loses_and_repeats_nothing(table: Database) -> None:
    table("ALTER TABLE t MODIFY v TEXT")
    start = table.here()
    for number in range(200):  # more than fits into the buffers of a connection
        table(f"INSERT INTO t (id, v) VALUES {', '.join(f'({1000 + number * 10 + k}, REPEAT(0, 9000))' for k in range(10))}")
    stop = table.here()
    reader = table.reader()
    found, killed = [], 0
    for record in reader.records(start, until_caught_up=True):
        found.append(record.position)
        if len(found) % 301 == 7:
            killed += kill_readers(table)
    assert killed > 3
    assert found == [record.position for record in table.records(start)]
    assert len(found) == 2000
    assert reader.boundary == stop


def test_a_connection_killed_while_waiting_is_made_again(table: Database) -> None:
    start = table.here()
    reader = table.reader()
    found: list[CapturedRecord] = []
    thread = threading.Thread(target=lambda: found.extend(reader.records(start, until_caught_up=False)))
    thread.start()
    try:
        for number in range(3):
            wait_for(lambda: kill_readers(table) > 0)
            table(f"INSERT INTO t (id) VALUES ({100 + number})")
        wait_for(lambda: len(found) == 3)
    finally:
        reader.stop()
        thread.join(10)
    assert [message["data"]["id"] for message in messages(found)] == [100, 101, 102]


def wait_for(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_idle_is_told_and_stop_ends(table: Database) -> None:
    calls = 0

    def idle() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            reader.stop()

    reader = table.reader(on_idle=idle)
    assert list(reader.records(table.here(), until_caught_up=False)) == []
    assert calls == 2


@pytest.mark.parametrize("how", ["restart", "crash"])
def test_a_server_restart_loses_and_repeats_nothing(how: str, tmp_path: Path, needs_mariadb: None) -> None:
    """Table ids start over, so that the old ones mean other tables."""
    port = free_port()
    lake = template(selection("shop", "%"), migration_type="cdc")

    def write(statements: Iterator[str] | list[str]) -> None:
        with contextlib.closing(to_server(server)()) as session:
            for statement in statements:
                session.cursor().execute(statement)

    with mariadb(tmp_path / "db", port=port) as server:
        write(["CREATE DATABASE shop", "CREATE TABLE shop.a (id INT PRIMARY KEY)", "CREATE TABLE shop.b (v TEXT, id INT PRIMARY KEY)"])
        reader = SourceReader(lake, to_server(server), micros=lambda: NOW)
        records = reader.records(None, until_caught_up=False)
        for _ in range(3):
            next(records)
        write(["INSERT INTO shop.a VALUES (1)", "INSERT INTO shop.b VALUES ('x', 2)"])
        found = [next(records), next(records)]
        if how == "crash":
            import os
            import signal

            os.kill(server.pid, signal.SIGKILL)
    with mariadb(tmp_path / "db", port=port) as server:
        write(["INSERT INTO shop.b VALUES ('y', 3)", "INSERT INTO shop.a VALUES (4)"])
        found += [next(records), next(records)]
        assert [(record.table, message["data"]["id"]) for record, message in zip(found, messages(found), strict=True)] == [
            ("a", 1), ("b", 2), ("b", 3), ("a", 4),
        ]  # fmt: skip
        reader.stop()


def test_fails_when_the_server_stays_away(tmp_path: Path, needs_mariadb: None) -> None:
    lake = template(selection("shop", "%"), migration_type="cdc")
    with mariadb(tmp_path / "db") as server:
        with contextlib.closing(to_server(server)()) as session:
            session.cursor().execute("CREATE DATABASE shop")
            session.cursor().execute("CREATE TABLE shop.a (id INT PRIMARY KEY)")
        records = SourceReader(lake, to_server(server), patience_seconds=0.5).records(None, until_caught_up=False)
        next(records), next(records)
    with pytest.raises(CaptureError, match=r"out of reach for 0\.5 seconds"):
        next(records)


def test_fails_when_the_log_is_gone(table: Database) -> None:
    start = table.here()
    table("FLUSH BINARY LOGS")
    newest = table("SHOW MASTER STATUS")[0][0]
    deadline = time.monotonic() + 20
    while table("SHOW BINARY LOGS")[0][0] != newest:  # the server keeps a log while a connection that has just ended still reads it
        assert time.monotonic() < deadline
        table(f"PURGE BINARY LOGS TO '{newest}'")
    table("INSERT INTO t (id) VALUES (50)")
    with pytest.raises(CaptureError, match=r"the server refuses: .*\(1236\)"):
        table.records(start)


def test_fails_when_the_position_is_another_servers(table: Database) -> None:
    with pytest.raises(CaptureError, match=r"position 900000:4:0 lies after the end of the source's log"):
        table.records(SourcePosition(900_000, 4, 0))


def test_fails_when_a_session_logs_statements(table: Database) -> None:
    start = table.here()
    table("SET SESSION binlog_format = 'STATEMENT'", "INSERT INTO t (id) VALUES (50)")
    with pytest.raises(CaptureError, match="as a statement"):
        table.records(start)


def test_fails_when_a_session_logs_half_rows(table: Database) -> None:
    start = table.here()
    table("SET SESSION binlog_row_image = 'MINIMAL'", "UPDATE t SET n = 7")
    with pytest.raises(CaptureError, match="rows without all columns"):
        table.records(start)


def test_fails_when_the_server_leaves_out_what_is_needed(table: Database) -> None:
    table("SET GLOBAL binlog_row_metadata = 'MINIMAL'")
    try:
        with pytest.raises(CaptureError, match="binlog_row_metadata must be FULL, is MINIMAL"):
            table.records(table.here())
    finally:
        table("SET GLOBAL binlog_row_metadata = 'FULL'")


KEYS = st.integers(1, 6)
STATEMENT = st.one_of(
    st.builds(
        "INSERT IGNORE INTO t (id, v) VALUES ({}, '{}')".format,
        KEYS,
        st.sampled_from(["", "é", "x'"]).map(lambda text: text.replace("'", "''")),
    ),
    st.builds("REPLACE INTO t (id, n) VALUES ({}, {})".format, KEYS, st.integers(-5, 5)),
    st.builds("INSERT INTO t (id) VALUES ({}), ({}) ON DUPLICATE KEY UPDATE n = n + 1".format, KEYS, KEYS),
    st.builds("UPDATE t SET v = 'u', n = n * 2 WHERE id >= {}".format, KEYS),
    st.builds("UPDATE IGNORE t SET id = {} WHERE id = {}".format, KEYS, KEYS),
    st.builds("DELETE FROM t WHERE id <= {}".format, KEYS),
    st.sampled_from(["BEGIN", "COMMIT", "ROLLBACK"]),
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(statements=st.lists(STATEMENT, min_size=1, max_size=12))
def test_applying_the_records_gives_the_table(database: Database, statements: list[str]) -> None:
    database("DROP TABLE IF EXISTS t", TABLE)
    start = boundary(database.here().file, database.here().offset)
    database(*statements, "COMMIT")
    assert applied(database.records(start)) == rows(database)
