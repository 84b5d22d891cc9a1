"""XA transactions in the log: prepared in one place, committed or rolled back in another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from scripts.local.source.errors import CaptureError
from scripts.local.state import ANY_TABLE
from tests.local.source.support import Database, operations, selection


@pytest.fixture
def table(database: Database) -> Iterator[Database]:
    database("CREATE TABLE t (id INT PRIMARY KEY)", "CREATE TABLE beside (id INT PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    yield database
    for word in ("END", "ROLLBACK"):
        with contextlib.suppress(Exception):
            database(f"XA {word} 'x'")


def prepared(table: str) -> list[str]:
    return ["XA START 'x'", f"INSERT INTO {table} VALUES (10)", "XA END 'x'", "XA PREPARE 'x'"]


@pytest.mark.parametrize("end", ["XA COMMIT 'x'", "XA ROLLBACK 'x'", None])
def test_one_on_other_tables_passes(table: Database, end: str | None) -> None:
    lake = table.lake(selection(table.name, "t"))
    start = table.here()
    table("INSERT INTO t VALUES (2)", *prepared("beside"))
    if end:
        table(end, "INSERT INTO t VALUES (3)")
    assert operations(table.changes(start, lake)) == ["insert"] * (2 if end else 1)


@pytest.mark.parametrize("end", ["XA COMMIT 'x'", "XA ROLLBACK 'x'"])
def test_fails_when_one_changed_a_captured_table_and_says_how_to_go_on(table: Database, end: str) -> None:
    lake = table.lake(selection(table.name, "t"))
    start = table.here()
    table(*prepared("t"), end)
    with pytest.raises(CaptureError, match=r"XA transaction that was prepared, .* run again with --fresh") as refused:
        table.changes(start, lake)
    assert f"rows of {table.name}.t " in str(refused.value)
    loaded = table.records(None, lake)  # anew
    assert len([record for record in loaded if b'"load"' in record.data]) == (2 if "COMMIT" in end else 1)


def test_one_that_commits_in_one_phase_is_a_transaction(table: Database) -> None:
    start = table.here()
    table(*prepared("t")[:-1], "XA COMMIT 'x' ONE PHASE", "INSERT INTO t VALUES (11)")
    assert operations(table.changes(start)) == ["insert", "insert"]


def test_one_that_is_open_when_the_load_begins_is_said(table: Database) -> None:
    table(*prepared("t"))
    reader = table.reader()
    list(reader.records(None, until_caught_up=True))
    assert reader.skipped == {("an XA transaction that was prepared before the load", ANY_TABLE): 1}
