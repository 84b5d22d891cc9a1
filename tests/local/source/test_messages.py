"""The bytes of messages: one file per operation, and each switch of the endpoint on and off."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.firehose_transform.position import Positions
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.source.errors import CaptureError
from tests.local.source.support import EVERYTHING, NOTHING, Database, messages, operations, placeless, removal, selection, with_settings

FILES = Path(__file__).parent / "fixtures" / "messages"
COMMITTED = "SET timestamp = 1705314660"


@pytest.fixture
def shop(database: Database) -> Database:
    database(
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, status VARCHAR(10), total DECIMAL(12,2) NOT NULL, note TEXT)",
        "INSERT INTO orders VALUES (6, 'new', 12.50, NULL)",
        COMMITTED,
    )
    return database


STATEMENTS = {
    "insert": ["INSERT INTO orders VALUES (7, 'new', -0.05, 'a \"note\"')"],
    "update": ["UPDATE orders SET status = 'paid', note = NULL WHERE id = 6"],
    "update_of_key": ["UPDATE orders SET id = 47 WHERE id = 6"],
    "delete": ["DELETE FROM orders WHERE id = 6"],
    "replace": ["REPLACE INTO orders VALUES (6, 'again', 1, NULL)"],
    "on_duplicate_key": ["INSERT INTO orders VALUES (6, 'x', 1, NULL) ON DUPLICATE KEY UPDATE total = total + 1"],
    "multi_row": ["INSERT INTO orders VALUES (1, 'a', 1, ''), (2, 'b', 2, ''), (3, 'c', 3, '')"],
    "transaction": [
        "BEGIN",
        "INSERT INTO orders VALUES (8, 'new', 8, NULL)",
        "UPDATE orders SET total = 9 WHERE id = 8",
        "DELETE FROM orders WHERE id = 8",
        "COMMIT",
    ],
    "add_column": [
        "ALTER TABLE orders ADD COLUMN channel VARCHAR(5) DEFAULT 'web'",
        "INSERT INTO orders VALUES (9, 'new', 9, NULL, 'app')",
    ],
    "drop_column": ["ALTER TABLE orders DROP COLUMN note", "DELETE FROM orders"],
    "rename_column": ["ALTER TABLE orders CHANGE note remark TEXT", "DELETE FROM orders"],
    "change_type": ["ALTER TABLE orders MODIFY status VARCHAR(20)", "DELETE FROM orders"],
    "create_table": ["CREATE TABLE returns (id INT PRIMARY KEY) COMMENT 'new'", "INSERT INTO returns VALUES (1)"],
}  # fmt: skip


def lines(records: list[CapturedRecord], database: Database) -> str:
    return "".join(
        f"{record.partition_key.replace(database.name, 'shop')}\t{placeless(record.data, database.name).decode()}\n" for record in records
    )


def changes(database: Database, start: SourcePosition, lake: Any = None) -> list[CapturedRecord]:
    reader = database.reader(lake, cdc_start=start)
    found = list(reader.records(None, until_caught_up=True))
    return [record for record in found if record.position.file]


def test_load(shop: Database) -> None:
    assert lines(shop.records(), shop) == (FILES / "load.txt").read_text()


@pytest.mark.parametrize("name", STATEMENTS)
def test_operation(name: str, shop: Database) -> None:
    lake = shop.lake(selection(shop.name, "%"), migration_type="cdc")
    reader = shop.reader(lake)
    iterator = reader.records(None, until_caught_up=True)
    next(iterator)  # the task has begun: what follows is a change
    shop(*STATEMENTS[name])
    found = [record for record in iterator if record.position.file]
    assert lines(found, shop) == (FILES / f"{name}.txt").read_text()


def one(shop: Database, statement: str = STATEMENTS["update"][0], **settings: Any) -> Any:
    """The message of one change, under EVERYTHING but for some settings."""
    start = shop.here()
    shop(statement)
    record = shop.records(start, with_settings(shop.lake(), **settings))[-1]
    return record, json.loads(record.data)


def test_transaction_details_can_be_left_out(shop: Database) -> None:
    _, message = one(shop, include_transaction_details=False)
    assert list(message["metadata"])[-3:] == ["schema-name", "table-name", "transaction-id"]
    _, message = one(shop, "DELETE FROM orders")
    extra = ["transaction-record-id", "prev-transaction-id", "prev-transaction-record-id", "commit-timestamp", "stream-position"]
    assert list(message["metadata"])[-6:] == ["transaction-id", *extra]


def test_the_stream_position_leads_back_to_the_log(shop: Database) -> None:
    record, message = one(shop)
    file, commit, _, end, _, same_file, begin = re.fullmatch(
        r"binlog\.(\d+):(\d+):(-1):(\d+):(\d+):binlog\.(\d+):(\d+)", message["metadata"]["stream-position"]
    ).groups()  # type: ignore[union-attr]
    assert (int(file), int(end)) == (record.position.file, record.position.offset)
    assert int(begin) < int(commit) < int(end)
    assert same_file == file


def test_the_transform_function_sorts_changes_as_they_were_committed(shop: Database) -> None:
    start = shop.here()
    shop(
        "INSERT INTO orders VALUES (1, '', 1, ''), (2, '', 1, '')", "UPDATE orders SET total = 5", "FLUSH BINARY LOGS", "DELETE FROM orders"
    )
    found = [message["metadata"] for message in shop.changes(start)]
    positions = [
        Positions(epoch=0).change(metadata["stream-position"], None, None, str(metadata["transaction-record-id"])) for metadata in found
    ]
    texts = [text for text, is_fallback in positions if not is_fallback]
    assert len(texts) == len(found) == 8
    assert texts == sorted(set(texts))


def test_nulls_and_empty_texts_are_left_out_unless_asked_for(shop: Database) -> None:
    _, message = one(shop, "UPDATE orders SET status = ''", include_null_and_empty=False)
    assert message["data"] == {"id": 6, "total": 12.5}
    _, message = one(shop, "UPDATE orders SET total = 3")
    assert message["data"] == {"id": 6, "status": "", "total": 3, "note": None}


def test_partition_value_and_schema_in_it(shop: Database) -> None:
    record, message = one(shop, partition_include_schema_table=False)
    assert (record.partition_key, message["metadata"]["partition-key-value"]) == ("6", "6")
    record, message = one(shop, "UPDATE orders SET total = 1")
    assert (record.partition_key, message["metadata"]["partition-key-value"]) == (f"{shop.name}.orders.6",) * 2
    record, message = one(shop, "UPDATE orders SET total = 2", include_partition_value=False)
    assert record.partition_key == f"{shop.name}.orders.6"
    assert "partition-key-value" not in message["metadata"]


def test_without_parallel_apply_the_table_is_the_partition_key(shop: Database) -> None:
    start = shop.here()
    shop("CREATE TABLE keyless (v INT)", "INSERT INTO keyless VALUES (1)", "DELETE FROM orders")
    serial = shop.lake(selection(shop.name, "%"), ParallelApplyThreads=0)
    for lake, keys in ((serial, ["keyless", "orders"]), (shop.lake(), ["keyless", "orders.6"])):
        data = [record for record in shop.records(start, lake) if b'"data":' in record.data]
        assert [record.partition_key for record in data] == [f"{shop.name}.{key}" for key in keys]
    assert [message["metadata"]["partition-key-type"] for message in shop.changes(start)] == ["schema-table", "primary-key"]


def test_composite_keys_are_joined_and_cut_to_what_kinesis_takes(shop: Database) -> None:
    start = shop.here()
    shop("CREATE TABLE parts (a VARCHAR(200), b INT, c DATE, PRIMARY KEY (b, a, c))", "INSERT INTO parts VALUES ('x\"y', 2, '2024-01-02')")
    shop("INSERT INTO parts VALUES (REPEAT('é', 200), 2, '2024-01-02'), (REPEAT('z', 180), 12345678, '2024-01-02')")
    keys = [record.partition_key for record in shop.records(start) if b'"data":' in record.data]
    assert keys[0] == f'{shop.name}.parts.2.x"y.2024-01-02'
    assert all(len(key) <= 256 for key in keys)


def test_control_records_by_their_switches(shop: Database) -> None:
    start = shop.here()
    shop("INSERT INTO orders VALUES (1, '', 1, '')", "ALTER TABLE orders ADD COLUMN x INT", "DELETE FROM orders")
    found = messages(shop.records(start))
    assert operations(found) == ["insert", "add-column", "delete", "delete"]
    assert found[1]["control"]["table-def"]["columns"]["x"] == {"type": "INT32", "nullable": True}
    without_details = messages(shop.records(start, with_settings(shop.lake(), include_control_details=False)))
    assert list(without_details[1]) == ["metadata"]
    without_ddl = messages(shop.records(start, with_settings(shop.lake(), include_table_alter_operations=False)))
    assert operations(without_ddl) == ["insert", "delete", "delete"]


def test_everything_off_leaves_the_smallest_message(shop: Database) -> None:
    lake = replace(shop.lake(ParallelApplyThreads=0, kinesis=NOTHING), task_settings={})
    found = messages(changes_of(shop, lake))
    assert list(found[0]["metadata"]) == [
        "timestamp", "record-type", "operation", "partition-key-type", "schema-name", "table-name", "transaction-id",
    ]  # fmt: skip
    assert "before-image" not in found[0]


def changes_of(shop: Database, lake: Any) -> list[CapturedRecord]:
    start = shop.here()
    shop("UPDATE orders SET id = 5")
    return shop.records(start, lake)


def test_large_integers_in_scientific_notation(shop: Database) -> None:
    start = shop.here()
    shop("INSERT INTO orders VALUES (1234567890123456789, '', 1, '')")
    texts = [
        re.search(rb'"id":([^,]+)', shop.records(start, with_settings(shop.lake(), use_large_integer_value=value))[-1].data)[1]  # type: ignore[index]
        for value in (True, False)
    ]
    assert texts == [b"1234567890123456789", b"1.2345678901234568e+18"]


def test_the_pretty_format_keeps_every_digit(shop: Database) -> None:
    record, _ = one(shop, "UPDATE orders SET total = 10.10", message_format="json")
    assert b'\n\t"data":\t{\n\t\t"id":\t6,' in record.data
    assert b'"total":\t10.10,' in record.data


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("pk-only", {"id": 6}),
        ("non-lob", {"id": 6, "status": "new", "total": 12.5, "note": None}),
        ("all", {"id": 6, "status": "new", "total": 12.5, "note": None}),
    ],
)
def test_a_before_image_holds_the_columns_that_the_task_asks_for(shop: Database, columns: str, expected: dict[str, Any]) -> None:
    """Changed or not. MySQL's hold no large object, whatever is asked for."""
    shop("ALTER TABLE orders ADD COLUMN big LONGTEXT")
    lake = shop.lake()
    settings = {**lake.task_settings, "BeforeImageSettings": {"EnableBeforeImage": True, "FieldName": "old", "ColumnFilter": columns}}
    start = shop.here()
    shop("UPDATE orders SET total = 1")
    (message,) = messages(shop.records(start, replace(lake, task_settings=settings)))
    assert message["old"] == expected
    assert "big" in message["data"]


def test_removed_hidden_and_large_columns_do_not_come(database: Database) -> None:
    database(
        "CREATE TABLE t (id INT PRIMARY KEY, secret TEXT, big LONGTEXT, double_id INT AS (id * 2) STORED, half INT AS (id / 2) VIRTUAL,"
        " unseen INT INVISIBLE DEFAULT 5, last INT)",
        "INSERT INTO t (id, secret, big, last) VALUES (1, 's', REPEAT('b', 3000), 9)",
    )
    start = database.here()
    database("UPDATE t SET last = 10")
    rules = [selection(database.name, "t"), removal(database.name, "t", "secret")]
    reader = database.reader(database.lake(*rules))
    found = messages(list(reader.records(None, until_caught_up=True)) + database.records(start, database.lake(*rules)))
    data = [message["data"] for message in found if "data" in message]
    assert [list(row) for row in data] == [["id", "big", "last"]] * 2
    assert reader.not_captured == {f"{database.name}.t": ("double_id", "half", "unseen")}
    cut = database.changes(start, database.lake(*rules, LobMaxSize=2))
    assert len(cut[0]["data"]["big"]) == 2048
    without = database.changes(start, database.lake(*rules, SupportLobs=False))
    assert list(without[0]["data"]) == ["id", "last"]


def test_fails_when_nothing_is_selected(database: Database) -> None:
    with pytest.raises(CaptureError, match="the table mappings select no table"):
        database.records(None)


def test_everything_means_all_switches() -> None:
    assert all(value is not False for name, value in vars(EVERYTHING).items() if name != "no_hex_prefix")
