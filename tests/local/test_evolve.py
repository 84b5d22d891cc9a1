"""Columns that the source has and the lake file does not know: each of the three contracts, from records to tables."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from scripts.local.evolution import EVOLVED_PROPERTY
from scripts.local.faults import Faults
from scripts.local.grown import unlisted
from scripts.local.iceberg_sink import IcebergTable, SinkRow, SinkTable, TableChangedError, Warehouse
from scripts.local.replay import replay_local
from scripts.local.runner import Runner
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from tests.local.conftest import Synthesise
from tests.local.sources import LINES, ORDERS, STOCK, order
from tests.local.support import DATABASE, LAKE, at, deliver, error_lines, lake_rows, view_rows

EVOLVING = SinkTable("db", "mirror", (("id", "bigint"), ("name", "string")), ("id",), evolves=True, source="s.mirror")


def with_contract(contract: str) -> str:
    """The lake of `support.LAKE`, all of its tables with one contract."""
    return LAKE.replace("    mode:", f"    unknown_columns: {contract}\n    mode:")


@pytest.fixture
def evolving(synthesise_text: Synthesise) -> LocalTemplate:
    return synthesise_text(with_contract("evolve"))


def line(**more: Any) -> dict[str, Any]:
    return {"order_id": 1, "line": 1, "sku": "a", "amount": 1} | more


def stock(**more: Any) -> dict[str, Any]:
    return {"sku": "a", "store": 1, "amount": 1} | more


# --- through the runner -----------------------------------------------------------------------------------------------------------------


def test_freeze_fails_the_record_with_its_reason_and_counts_it(synthesise_text: Synthesise, tmp_path: Path) -> None:
    frozen = synthesise_text(with_contract("freeze"))
    counts = deliver(frozen, tmp_path, [LINES.change("insert", line(), 1), LINES.change("insert", line(line=2, colour="red"), 2)])
    delivery = counts.deliveries[frozen.deliveries[0].name]
    assert [row["line"] for row in lake_rows(frozen, tmp_path, DATABASE, "lines")] == [1]
    (failed,) = error_lines(frozen, tmp_path)
    assert (failed["errorCode"], failed["moulin"]["position"]) == ("Lambda.ProcessingFailedStatus", "1:200:1")
    assert delivery.tables["shop.lines"].failed == {"Lambda.ProcessingFailedStatus": 1}
    assert delivery.refused == {"unknown_column": 1}
    assert delivery.unknown == {}


def test_discard_drops_the_value_and_counts_it_by_table(shop: LocalTemplate, tmp_path: Path) -> None:
    records = [
        LINES.change("insert", line(colour="red", size=2), 1),
        LINES.change("insert", line(line=2), 2),
        STOCK.change("insert", stock(colour="red"), 3),
    ]
    delivery = deliver(shop, tmp_path, records).deliveries[shop.deliveries[0].name]
    assert delivery.unknown == {f"{DATABASE}.lines": 2, f"{DATABASE}.stock": 1}
    assert delivery.total("failed") == 0
    assert all("colour" not in row for table in ("lines", "stock") for row in lake_rows(shop, tmp_path, DATABASE, table))


def test_evolve_grows_a_mirror_and_a_history(evolving: LocalTemplate, tmp_path: Path) -> None:
    records = [
        LINES.load(line()),
        LINES.change("insert", line(line=2, colour="red", Weight_Kg=1.5), 1),
        LINES.change("update", line(colour="blue"), 2),
        STOCK.change("insert", stock(), 3),
        STOCK.change("update", stock(amount=2, colour="red"), 4),
    ]
    delivery = deliver(evolving, tmp_path, records).deliveries[evolving.deliveries[0].name]
    assert lake_rows(evolving, tmp_path, DATABASE, "lines") == [
        line(colour="blue", weight_kg=None),
        line(line=2, colour="red", weight_kg=1.5),
    ]
    assert [row["colour"] for row in lake_rows(evolving, tmp_path, DATABASE, "stock")] == [None, "red"]
    assert view_rows(evolving, tmp_path, DATABASE, "stock_current") == [stock(amount=2)]  # as deployed: without the column, and right
    assert delivery.unknown == {f"{DATABASE}.lines": 3, f"{DATABASE}.stock": 1}
    grown = {name: [(one.name, one.type) for one in columns] for name, columns in unlisted(evolving, LakeFolder(tmp_path)).items()}
    assert grown == {(DATABASE, "lines"): [("colour", "string"), ("weight_kg", "double")], (DATABASE, "stock"): [("colour", "string")]}


def test_a_delete_from_a_grown_mirror_removes_the_row(evolving: LocalTemplate, tmp_path: Path) -> None:
    deliver(evolving, tmp_path, [LINES.change("insert", line(colour="red"), 1), LINES.change("delete", line(colour="red"), 2)])
    assert lake_rows(evolving, tmp_path, DATABASE, "lines") == []


def test_a_grown_table_goes_on_after_a_restart(evolving: LocalTemplate, tmp_path: Path) -> None:
    deliver(evolving, tmp_path, [STOCK.change("insert", stock(colour="red"), 1)])
    with Runner(evolving, LakeFolder(tmp_path)) as runner:
        assert runner.resume == at(100)
        runner.run([STOCK.change("insert", stock(store=2, colour="blue"), 2)])
    assert [row["colour"] for row in lake_rows(evolving, tmp_path, DATABASE, "stock")] == ["red", "blue"]


@pytest.mark.parametrize(
    ("columns", "goes_on"),
    [
        ("colour: string", True),
        ("colour: string, size: long", True),
        ("colour: int", False),
        ("colour: {type: string, pii: hash}", False),
        ("colour: {type: string, source: Color}", False),
        ("more: string", False),
    ],
)
def test_a_lake_file_that_takes_the_columns_over_goes_on(
    synthesise_text: Synthesise, evolving: LocalTemplate, tmp_path: Path, columns: str, goes_on: bool
) -> None:
    deliver(evolving, tmp_path, [STOCK.change("insert", stock(colour="red", size=1), 1)])
    text = with_contract("evolve").replace("store: int, amount: int}", f"store: int, amount: int, {columns}}}")
    text += "privacy:\n  hash_secret_arn: arn:aws:secretsmanager:us-east-1:123456789012:secret:hash-AbCdEf\n" if "hash" in columns else ""
    taken = synthesise_text(text)
    with Runner(taken, LakeFolder(tmp_path)) as runner:
        assert (runner.resume is not None) is goes_on
        if not goes_on:
            return
        runner.run([STOCK.change("update", stock(colour="blue", size=2), 2)])
    assert [(row["colour"], row["size"]) for row in lake_rows(taken, tmp_path, DATABASE, "stock")] == [("red", 1), ("blue", 2)]
    (row,) = view_rows(taken, tmp_path, DATABASE, "stock_current")
    assert row == stock(colour="blue") | ({"size": 2} if "size" in columns else {})
    with Runner(evolving, LakeFolder(tmp_path)) as runner:  # and back
        assert runner.resume == at(200)


def test_a_lake_file_that_stops_evolving_goes_on(shop: LocalTemplate, evolving: LocalTemplate, tmp_path: Path) -> None:
    deliver(evolving, tmp_path, [STOCK.change("insert", stock(colour="red"), 1)])
    with Runner(shop, LakeFolder(tmp_path)) as runner:
        assert runner.resume == at(100)
        runner.run([STOCK.change("insert", stock(store=2, colour="blue"), 2)])
    assert [row["colour"] for row in lake_rows(shop, tmp_path, DATABASE, "stock")] == ["red", None]


def test_what_freeze_refused_grows_the_table_by_a_replay(synthesise_text: Synthesise, evolving: LocalTemplate, tmp_path: Path) -> None:
    deliver(synthesise_text(with_contract("freeze")), tmp_path, [LINES.change("insert", line(colour="red"), 1)])
    (counts,) = replay_local(evolving, LakeFolder(tmp_path)).values()
    assert counts.delivered == {f"{DATABASE}.lines": 1}
    assert lake_rows(evolving, tmp_path, DATABASE, "lines") == [line(colour="red")]


def test_grown_tables_equal_their_source_under_faults(evolving: LocalTemplate, tmp_path: Path) -> None:
    records = [
        STOCK.change("insert", stock(sku=f"s{number}", size=number) if number % 3 else stock(sku=f"s{number}"), number)
        for number in range(1, 400)
    ]
    deliver(evolving, tmp_path, records, faults=Faults(duplicate=0.2, reorder=50))
    current = {row["sku"]: row for row in lake_rows(evolving, tmp_path, DATABASE, "stock")}
    assert {sku: row["size"] for sku, row in current.items()} == {f"s{number}": number if number % 3 else None for number in range(1, 400)}


def test_a_column_that_a_message_lacks_is_null_and_a_key_fails(shop: LocalTemplate, tmp_path: Path) -> None:
    records = [
        ORDERS.change("insert", order(1), 1),
        ORDERS.change("update", {"order_id": 1, "status": "paid"}, 2),
        ORDERS.change("insert", {"status": "new"}, 3),
        ORDERS.change("insert", order(2) | {"order_id": None}, 4),
        STOCK.change("insert", {"sku": "a", "store": 1}, 5),
    ]
    delivery = deliver(shop, tmp_path, records).deliveries[shop.deliveries[0].name]
    (row,) = lake_rows(shop, tmp_path, DATABASE, "orders")
    assert row == dict.fromkeys(order(1)) | {"order_id": 1, "status": "paid"}
    assert [row["amount"] for row in lake_rows(shop, tmp_path, DATABASE, "stock")] == [None]
    assert delivery.refused == {"missing_key": 2}
    assert [line["moulin"]["position"] for line in error_lines(shop, tmp_path)] == ["1:300:1", "1:400:1"]


def test_a_key_that_changes_moves_the_row_in_a_history_and_fails_in_a_mirror(shop: LocalTemplate, tmp_path: Path) -> None:
    records = [
        STOCK.change("insert", stock(), 1),
        STOCK.change("update", stock(sku="b"), 2, before={"sku": "a"}),
        LINES.change("insert", line(), 3),
        LINES.change("update", line(sku="b"), 4, before={"sku": "a"}),
    ]
    delivery = deliver(shop, tmp_path, records).deliveries[shop.deliveries[0].name]
    assert view_rows(shop, tmp_path, DATABASE, "stock_current") == [stock(sku="b")]  # the old row goes, the new one comes
    assert lake_rows(shop, tmp_path, DATABASE, "lines") == [line()]
    assert delivery.refused == {"key_changed": 1}
    assert len(error_lines(shop, tmp_path)) == 1


# --- the table alone --------------------------------------------------------------------------------------------------------------------


def write(table: IcebergTable, *texts: str, position: int = 1) -> list[str]:
    """Rows as the function sends them, beside `id`, in one commit; returns why some were rejected."""
    staged = table.stage(
        [SinkRow(f'{{"id":{place},"name":null{text and ","}{text}}}'.encode(), "update") for place, text in enumerate(texts, 1)]
    )
    table.commit([staged], at(position))
    return [rejected.message for rejected in staged.rejected]


def held(table: IcebergTable, name: str) -> tuple[str, list[Any]]:
    rows = sorted(table.iceberg.scan().to_arrow().to_pylist(), key=lambda row: row["id"])
    return str(table.iceberg.schema().find_type(name)), [row[name] for row in rows]


@pytest.mark.parametrize(
    ("first", "kind", "value"),
    [
        ("true", "boolean", True),
        ("7", "long", 7),
        ("9223372036854775807", "long", 2**63 - 1),
        ("18446744073709551615", "decimal(38, 0)", Decimal(2**64 - 1)),
        ("1" * 39, "string", "1" * 39),
        ("12.10", "double", 12.1),
        ("1e5", "double", 100000.0),
        ("0.1234567890123456789", "string", "0.1234567890123456789"),
        ('"2024-01-15T10:29:58Z"', "string", "2024-01-15T10:29:58Z"),
    ],
)
def test_the_first_value_decides_the_type_where_the_source_does_not(warehouse: Warehouse, first: str, kind: str, value: object) -> None:
    table = warehouse.open(EVOLVING)
    assert write(table, "", '"more":null', f'"more":{first}') == []
    assert held(table, "more") == (kind, [None, None, value])


@pytest.mark.parametrize(
    ("declared", "sent", "kind", "value"),
    [
        ("decimal(12,2)", "12.5", "decimal(12, 2)", Decimal("12.50")),
        ("decimal(38,6)", "12345678901234567890123456789012.123456", "decimal(38, 6)", Decimal("12345678901234567890123456789012.123456")),
        ("timestamp", '"2024-01-15T10:29:58.123456Z"', "timestamp", datetime(2024, 1, 15, 10, 29, 58, 123456)),
        ("date", '"2024-02-29"', "date", date(2024, 2, 29)),
        ("date", '"0000-00-00"', "date", None),
        ("float", "0.5", "float", 0.5),
        ("int", "7", "int", 7),
        ("string", '"0x00ff"', "string", "0x00ff"),
        ("int", '"no number"', "string", "no number"),  # the declaration is newer than the row
    ],
)
def test_the_type_that_the_source_declares_decides(warehouse: Warehouse, declared: str, sent: str, kind: str, value: object) -> None:
    table = warehouse.open(EVOLVING, lambda name: ("More", declared) if name == "more" else None)
    assert write(table, f'"more":{sent}') == []
    assert held(table, "more") == (kind, [value])
    (column,) = json.loads(table.iceberg.properties[EVOLVED_PROPERTY])
    assert column["source"] == "More"


@pytest.mark.parametrize(
    ("declared", "values", "kind"),
    [
        (("int", "int"), ("7", "2147483648"), "long"),
        (("int", "long"), ("7", "8"), "long"),
        (("float", "double"), ("0.5", "0.1234567890123"), "double"),
        (("decimal(5,2)", "decimal(9,2)"), ("1.25", "2.50"), "decimal(9, 2)"),
        (("decimal(5,2)", "decimal(5,2)"), ("1.25", "12345.50"), "decimal(7, 2)"),
    ],
)
@pytest.mark.parametrize("commits", [1, 2])
def test_a_grown_column_widens_as_iceberg_allows(
    warehouse: Warehouse, declared: tuple[str, str], values: tuple[str, str], kind: str, commits: int
) -> None:
    now = [declared[0]]
    table = warehouse.open(EVOLVING, lambda _: ("more", now[0]))
    parts = []
    for place, value in enumerate(values, 1):
        now[0] = declared[place - 1]
        parts.append(table.stage([SinkRow(f'{{"id":{place},"name":"x","more":{value}}}'.encode(), "update")], first=place))
        if len(parts) == 3 - commits:
            table.commit(parts, at(place))
            parts = []
    expected = [float(value) if kind == "double" else Decimal(value) for value in values]
    assert held(warehouse.open(EVOLVING), "more") == (kind, expected)


@pytest.mark.parametrize(
    ("first", "later", "reason"),
    [
        ("7", "1.5", "column more: a value does not fit long, which the table grew by (invalid_value)"),
        ("7", "9223372036854775808", "column more: a value does not fit long, which the table grew by (out_of_range)"),
        ("1.5", "0.1234567890123456789", "column more: a value does not fit double, which the table grew by (digits_lost)"),
        ("true", '"secret"', "column more: a value does not fit boolean, which the table grew by (invalid_value)"),
    ],
)
def test_fails_when_a_later_value_does_not_fit(warehouse: Warehouse, first: str, later: str, reason: str) -> None:
    table = warehouse.open(EVOLVING)
    assert write(table, f'"more":{first}', f'"more":{later}', "") == [reason]
    assert len(held(table, "more")[1]) == 2


def test_files_from_before_the_growth_are_rewritten_with_null(warehouse: Warehouse) -> None:
    table = warehouse.open(EVOLVING)
    write(table, "", "", "")
    staged = table.stage([SinkRow(b'{"id":2,"name":"b","more":"x"}', "update"), SinkRow(b'{"id":3}', "delete")])
    table.commit([staged], at(2))
    assert held(warehouse.open(EVOLVING), "more")[1] == [None, "x"]


def test_columns_rows_and_position_are_one_commit(warehouse: Warehouse) -> None:
    table = warehouse.open(EVOLVING)
    write(table, "", position=5)
    metadata = table.iceberg.metadata_location
    write(table, "", '"more":1', position=9)
    steps = [entry.metadata_file for entry in table.iceberg.metadata.metadata_log]
    assert steps[-1] == metadata  # one step from one state to the next: none with a column and no rows
    assert table.position == at(9)


def test_a_commit_that_fails_leaves_columns_rows_and_position_as_they_were(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    table = warehouse.open(EVOLVING)
    write(table, "", position=5)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(warehouse.catalog, "commit_table", full)
        with pytest.raises(OSError, match="No space left"):
            write(table, '"more":1', position=9)
    again = warehouse.open(EVOLVING)
    assert (again.iceberg.schema().column_names, again.position) == (["id", "name"], at(5))
    write(again, '"more":1', position=9)
    assert (held(again, "more"), again.position) == (("long", [1]), at(9))


def test_fails_when_a_column_has_a_name_that_the_local_lake_uses_itself(warehouse: Warehouse) -> None:
    assert write(warehouse.open(EVOLVING), '"__sequence":1') == ["column __sequence: the local lake uses this name itself"]


def test_a_table_that_does_not_evolve_keeps_its_columns(warehouse: Warehouse) -> None:
    table = warehouse.open(SinkTable("db", "mirror", EVOLVING.columns, ("id",)))
    assert write(table, '"more":1') == []
    assert table.iceberg.schema().column_names == ["id", "name"]


def test_fails_when_the_lake_file_lists_a_grown_column_with_another_type(warehouse: Warehouse) -> None:
    write(warehouse.open(EVOLVING), '"more":1')
    with pytest.raises(TableChangedError, match="other columns than were synthesised: id long, name string, more long"):
        warehouse.open(SinkTable("db", "mirror", (*EVOLVING.columns, ("more", "string")), ("id",)))
