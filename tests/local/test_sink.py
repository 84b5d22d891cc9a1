"""Iceberg tables written as Firehose writes them."""

from __future__ import annotations

import contextlib
import json
from base64 import b64encode
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.local.iceberg_sink import IcebergTable, SinkRow, SinkTable, Warehouse
from scripts.local.lake_types import lake_type
from tests.local.support import at

MIRROR = SinkTable("db", "mirror", (("id", "bigint"), ("name", "string")), ("id",))
COMPOSITE = SinkTable("db", "composite", (("a", "int"), ("b", "string"), ("c", "decimal(20,0)"), ("v", "int")), ("a", "b", "c"))
HISTORY = SinkTable("db", "history", (("id", "bigint"), ("name", "string")), ())


def row(operation: str, **values: Any) -> SinkRow:
    return SinkRow(json.dumps(values).encode(), operation)


def write(table: IcebergTable, *rows: SinkRow, position: int = 1) -> list[tuple[int, str]]:
    staged = table.stage(rows)
    table.commit([staged], at(position))
    return [(rejected.index, rejected.message) for rejected in staged.rejected]


def read(table: IcebergTable) -> list[tuple[Any, ...]]:
    return sorted(tuple(found.values()) for found in table.iceberg.scan().to_arrow().to_pylist())


def test_insert_appends_even_what_is_there(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("insert", id=1, name="a"))
    write(table, row("insert", id=1, name="a"))
    assert read(table) == [(1, "a"), (1, "a")]


def test_update_replaces_or_adds(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("insert", id=1, name="a"), row("insert", id=2, name="b"))
    write(table, row("update", id=1, name="A"), row("update", id=3, name="c"))
    assert read(table) == [(1, "A"), (2, "b"), (3, "c")]


def test_update_replaces_every_row_of_its_key(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("insert", id=1, name="a"), row("insert", id=1, name="b"))
    write(table, row("update", id=1, name="c"))
    assert read(table) == [(1, "c")]


def test_delete_removes_and_does_not_mind_a_missing_row(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("insert", id=1, name="a"), row("insert", id=2, name="b"))
    write(table, row("delete", id=1, name=None), row("delete", id=9, name=None))
    assert read(table) == [(2, "b")]


def test_the_last_image_of_a_key_wins_within_a_commit(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("update", id=1, name="a"), row("delete", id=1), row("update", id=1, name="b"), row("update", id=2, name="x"))
    write(table, row("update", id=2, name="y"), row("delete", id=2), position=2)
    assert read(table) == [(1, "b")]


def test_an_insert_after_a_delete_stays(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("insert", id=1, name="a"), row("delete", id=1), row("insert", id=1, name="b"), row("insert", id=1, name="c"))
    assert read(table) == [(1, "b"), (1, "c")]


def test_places_count_across_the_parts_of_a_commit(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    parts = [table.stage([row("update", id=1, name=name)], first=place) for place, name in enumerate("abc")]
    table.commit(parts, at(1))
    assert read(table) == [(1, "c")]


def test_composite_keys_match_as_a_whole(warehouse: Warehouse) -> None:
    table = warehouse.open(COMPOSITE)
    write(table, *(row("insert", a=a, b=b, c=str(c), v=0) for a in (1, 2) for b in "xy" for c in (2**64 - 1, 7)))
    write(table, row("update", a=1, b="x", c=str(2**64 - 1), v=1), row("delete", a=2, b="y", c="7"))
    expected = {(a, b, Decimal(c)): 0 for a in (1, 2) for b in "xy" for c in (2**64 - 1, 7)}
    expected[1, "x", Decimal(2**64 - 1)] = 1
    del expected[2, "y", Decimal(7)]
    assert read(table) == sorted((*key, value) for key, value in expected.items())


def test_untouched_files_are_not_rewritten(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, *(row("update", id=number, name="a") for number in range(100)))
    write(table, *(row("update", id=number, name="b") for number in range(100, 200)))
    before = {task.file.file_path for task in table.iceberg.scan().plan_files()}
    write(table, row("update", id=150, name="c"))
    after = {task.file.file_path for task in table.iceberg.scan().plan_files()}
    assert len(before & after) == 1
    assert len(read(table)) == 200


def test_no_data_file_grows_beyond_what_a_commit_may_hold(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, *(row("insert", id=key, name="a") for key in range(130_000)))
    for first in range(130_000, 160_000, 10_000):  # each touches all files, and brings new rows
        write(table, *(row("update", id=key, name="b") for key in [0, 60_000, 120_000, *range(first, first + 10_000)]))
    sizes = [task.file.record_count for task in table.iceberg.scan().plan_files()]
    assert sum(sizes) == 160_000
    assert max(sizes) <= 100_000
    assert len(sizes) <= 3
    assert len({key for key, _ in read(table)}) == 160_000


def test_wide_rows_make_smaller_files(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, *(row("insert", id=key, name="x" * 100_000) for key in range(1_000)))
    assert sorted(task.file.record_count for task in table.iceberg.scan().plan_files()) == [329, 671]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["insert", "update", "delete"]), st.integers(1, 3), st.sampled_from("pq")), max_size=8),
        min_size=1,
        max_size=4,
    )
)
def test_any_changes_give_what_a_list_gives(tmp_path_factory: pytest.TempPathFactory, commits: list[list[tuple[str, int, str]]]) -> None:
    definition = SinkTable("db", "t", (("a", "int"), ("b", "string"), ("v", "int")), ("a", "b"))
    model: list[tuple[int, str, int]] = []
    number = 0
    with contextlib.closing(Warehouse(tmp_path_factory.mktemp("model"))) as warehouse:
        table = warehouse.open(definition)
        for place, commit in enumerate(commits):
            rows = []
            for operation, a, b in commit:
                number += 1
                if operation != "insert":
                    model = [held for held in model if held[:2] != (a, b)]
                if operation != "delete":
                    model.append((a, b, number))
                rows.append(row(operation, a=a, b=b, v=number))
            write(table, *rows, position=place)
            assert read(table) == sorted(model)


NULLABLE = ("boolean", "int", "bigint", "float", "double", "decimal(5,2)", "date", "timestamp", "string", "binary")
MICROS = 1_705_314_598_123_456


@pytest.mark.parametrize(
    ("glue", "value", "expected"),
    [
        ("boolean", True, True),
        ("int", -(2**31), -(2**31)),
        ("bigint", 2**63 - 1, 2**63 - 1),
        ("float", 0.5, 0.5),
        ("double", 0.1, 0.1),
        ("double", 3, 3.0),
        ("decimal(38,10)", "-1234567890123456789012345678.0123456789", Decimal("-1234567890123456789012345678.0123456789")),
        ("decimal(20,0)", str(2**64 - 1), Decimal(2**64 - 1)),
        ("decimal(12,2)", 7, Decimal("7.00")),
        ("date", "0001-02-03", date(1, 2, 3)),
        ("timestamp", MICROS, datetime(2024, 1, 15, 10, 29, 58, 123456)),
        ("timestamp", -62_135_596_800_000_000, datetime(1, 1, 1)),
        ("string", 'é😀"\\\n', 'é😀"\\\n'),
        ("string", "", ""),
        ("binary", b64encode(bytes(range(256))).decode(), bytes(range(256))),
        ("binary", "", b""),
        *((glue, None, None) for glue in NULLABLE),
    ],
)
def test_a_value_arrives_exactly(warehouse: Warehouse, glue: str, value: object, expected: object) -> None:
    table = warehouse.open(SinkTable("db", "typed", (("id", "bigint"), ("v", glue)), ("id",)))
    assert write(table, row("update", id=1, v=value)) == []
    assert read(table) == [(1, expected)]


@pytest.mark.parametrize(
    ("glue", "value"),
    [
        ("boolean", 1),
        ("boolean", "true"),
        ("int", 2**31),
        ("int", 1.0),
        ("int", True),
        ("int", "1"),
        ("bigint", 2**63),
        ("double", "0.1"),
        ("decimal(4,2)", "100.00"),
        ("decimal(4,2)", "1.001"),
        ("decimal(4,2)", "abc"),
        ("date", "2024-02-30"),
        ("date", 19_000),
        ("timestamp", "2024-01-15T10:29:58Z"),
        ("string", 1),
        ("string", {"a": 1}),
        ("binary", "0xf"),
        ("binary", "é"),
    ],
)
def test_fails_when_a_value_does_not_fit_its_column_and_only_that_row(warehouse: Warehouse, glue: str, value: object) -> None:
    table = warehouse.open(SinkTable("db", "typed", (("id", "bigint"), ("v", glue)), ("id",)))
    rejected = write(table, row("update", id=1, v=None), row("update", id=2, v=value), row("update", id=3, v=None))
    assert [index for index, _ in rejected] == [1]
    assert rejected[0][1].startswith("column v: ")
    assert repr(value) not in rejected[0][1]
    assert read(table) == [(1, None), (3, None)]


def test_fails_when_a_key_is_null(warehouse: Warehouse) -> None:
    assert write(warehouse.open(MIRROR), row("update", id=None, name="a")) == [(0, "column id: a key is null")]


def test_fails_when_a_row_is_no_object(warehouse: Warehouse) -> None:
    table = warehouse.open(HISTORY)
    assert write(table, SinkRow(b"[1]", "insert"), SinkRow(b"{", "insert"), row("insert", id=1, name="a")) == [
        (0, "the record is not one JSON object"),
        (1, "the record is not one JSON object"),
    ]
    assert read(table) == [(1, "a")]


def test_fails_when_an_update_has_no_unique_keys_or_an_operation_does_not_exist(warehouse: Warehouse) -> None:
    rejected = write(warehouse.open(HISTORY), row("update", id=1, name="a"), row("upsert", id=1, name="a"))
    assert rejected == [
        (0, "update needs unique keys, and the destination has none"),
        (1, "operation 'upsert' is not one of insert, update, delete"),
    ]


def test_members_that_are_no_columns_are_left_out_and_columns_that_are_no_members_are_null(warehouse: Warehouse) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("update", id=1, more="x"))
    assert read(table) == [(1, None)]


def test_fails_when_a_unique_key_is_no_column(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match=r"db.t: unique key nope is not a column \(columns: id\)"):
        warehouse.open(SinkTable("db", "t", (("id", "bigint"),), ("nope",)))


def test_fails_when_a_type_is_unknown() -> None:
    with pytest.raises(ValueError, match="column type struct<a:int> is not one of"):
        lake_type("struct<a:int>")


def test_rows_and_position_are_one_commit(warehouse: Warehouse, tmp_path: Path) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("update", id=1, name="a"), position=5)
    metadata = table.iceberg.metadata_location
    write(table, row("update", id=1, name="b"), row("delete", id=2), position=9)
    assert table.position == at(9)
    assert warehouse.open(MIRROR).position == at(9)
    steps = [entry.metadata_file for entry in table.iceberg.metadata.metadata_log]
    assert steps[-1] == metadata  # one step from one state to the next: none between with rows and no position


def test_a_failed_commit_leaves_rows_and_position_as_they_were(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    table = warehouse.open(MIRROR)
    write(table, row("update", id=1, name="a"), position=5)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(warehouse.catalog, "commit_table", full)
        with pytest.raises(OSError, match="No space left"):
            write(table, row("update", id=1, name="b"), position=9)
    again = warehouse.open(MIRROR)
    assert (read(again), again.position) == ([(1, "a")], at(5))
    write(again, row("update", id=1, name="b"), position=9)
    assert (read(again), again.position) == ([(1, "b")], at(9))
