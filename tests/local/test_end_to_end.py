"""The commands against a real database: full load, changes, the zip, Iceberg, and the comparison that says whether it came out right."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from scripts.local.compare import Difference
from scripts.local.iceberg_sink import SinkRow, Warehouse
from scripts.local.mariadb import MariaDb, mariadb
from scripts.local.runner import sink_tables
from scripts.local.session import Plan, run_session
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate, load_template
from scripts.seed.credentials import Login
from tests.local.commands import invoke, query, url
from tests.local.support import DATABASE, LAKE, ROOT, error_lines, lake_rows, synthesise

pytestmark = [pytest.mark.end_to_end, pytest.mark.usefixtures("needs_mariadb")]


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with mariadb() as running:
        yield running


def test_the_retail_lake_equals_its_source_and_goes_on(tmp_path: Path) -> None:
    lake = str(ROOT / "lakes" / "retail.yaml")
    first = invoke("local", lake, "--rows", "200", "--data", str(tmp_path), "--output", "json")
    assert first.code == 0, first.out + first.err
    assert (first.json["equal"], first.json["resumed"], first.json["accounting"]) == (True, False, [])
    (table,) = (one for one in first.json["tables"] if one["table"] == "testdb.retail_trans")
    assert table["captured"] == {"create-table": 1, "load": 200, "insert": 120, "update": 60, "delete": 20}
    assert table["delivered"] == {"update": 380, "delete": 20}
    second = invoke("local", lake, "--changes", "50", "--data", str(tmp_path))
    assert second.code == 0, second.out + second.err
    assert "equal" in second.out
    assert "trans_id" in second.out  # a few rows, by SQL


def test_many_tables_in_both_modes_equal_their_sources_under_duplicates(tmp_path: Path) -> None:
    lake = str(ROOT / "lakes" / "many-tables.yaml")
    result = invoke("local", lake, "--rows", "40", "--data", str(tmp_path), "--fault", "duplicate=10%", "--output", "json")
    # Two deliveries: one table in both, and one that appends loaded rows, where a duplicate stays (load: insert).
    differing = {one["lake"]: one["differences"] for one in result.json["verified"] if not one["equal"]}
    assert differing.keys() <= {"shop.order_items"}, result.out
    assert all(kinds.keys() == {Difference.LOADED_TWICE} for kinds in differing.values())
    assert result.code == (1 if differing else 0)
    assert result.json["accounting"] == []
    assert len(result.json["verified"]) == 10
    assert {one["lake"] for one in result.json["verified"] if one["history"]} == {
        "shop_history.order_changes",
        "shop_history.stock",
        "shop_history.payments",
    }


def test_a_failing_transform_leads_to_the_error_path_and_back(tmp_path: Path, server: MariaDb) -> None:
    lake = tmp_path / "lake.yaml"
    lake.write_text(LAKE.replace("buffering_size_mib: 0.2", "buffering_size_mib: 3"))
    query(server, "DROP DATABASE IF EXISTS shop")
    arguments = (str(lake), "--data", str(tmp_path / "data"))
    failed = invoke("local", *arguments, "--source", url(server), "--rows", "100", "--fault", "batch-failure=100%", "--output", "json")
    assert failed.code == 1
    assert failed.json["accounting"] == []
    assert {one["differences"]["missing in the lake"] for one in failed.json["verified"]}
    replayed = invoke("replay", *arguments, "--local", "--output", "json")
    assert replayed.code == 0, replayed.out + replayed.err
    assert sum(replayed.json[0]["delivered"].values()) == 600
    assert invoke("verify", *arguments, "--source", url(server)).code == 0


def test_verify_shows_each_kind_of_difference(tmp_path: Path, server: MariaDb) -> None:
    lake = tmp_path / "lake.yaml"
    lake.write_text(LAKE)
    query(server, "DROP DATABASE IF EXISTS shop")
    arguments = (str(lake), "--data", str(tmp_path / "data"), "--source", url(server))
    assert invoke("local", *arguments, "--rows", "20", "--changes", "0").code == 0
    template = load_template(tmp_path / "data" / "cdktf.out")
    changed, more = SinkRow(b'{"order_id":2,"status":"other"}', "update"), SinkRow(b'{"order_id":999}', "insert")
    tamper(template, tmp_path / "data", "orders", [SinkRow(b'{"order_id":1}', "delete"), changed, more])
    found = invoke("verify", *arguments, "--table", "shop.orders", "--output", "json")
    assert found.code == 1
    assert found.json[0]["differences"] == {"missing in the lake": 1, "only in the lake": 1, "different": 1}
    shown = invoke("verify", *arguments)
    assert "bench_dev.orders order_id=1: missing in the lake" in shown.out
    assert "lake other" in shown.out
    tamper(template, tmp_path / "data", "orders", [SinkRow(b'{"order_id":3}', "insert")])
    assert "more than once" in invoke("verify", *arguments).out


def tamper(template: LocalTemplate, data: Path, table: str, rows: list[SinkRow]) -> None:
    with contextlib.closing(Warehouse(data / "warehouse")) as warehouse:
        definition = next(one for one in sink_tables(template, template.deliveries[0]) if one.name == table)
        opened = warehouse.open(definition)
        opened.commit([opened.stage(rows)], None)


def test_a_mapping_decides_what_is_captured(tmp_path: Path, server: MariaDb) -> None:
    whole, less = tmp_path / "whole.yaml", tmp_path / "less.yaml"
    whole.write_text(LAKE)
    start, end = LAKE.index("  - source: shop.lines"), LAKE.index("  - source: shop.stock")
    less.write_text((LAKE[:start] + LAKE[end:]).replace("      status: string\n", "      status: {pii: drop}\n"))
    query(server, "DROP DATABASE IF EXISTS shop")
    captured = {}
    for lake, rows in ((whole, "10"), (less, "0")):
        arguments = ("--source", url(server), "--rows", rows, "--changes", "0", "--data", str(tmp_path / lake.stem), "--output", "json")
        result = invoke("local", str(lake), *arguments)
        assert result.code == 0, result.out + result.err
        captured[lake.stem] = {one["table"] for one in result.json["tables"] if one["captured"].get("load")}
    assert captured == {"whole": {"shop.orders", "shop.lines", "shop.stock"}, "less": {"shop.orders", "shop.stock"}}
    rows_of = [lake_rows(load_template(tmp_path / stem / "cdktf.out"), tmp_path / stem, DATABASE, "orders") for stem in captured]
    assert ["status" in rows[0] for rows in rows_of] == [True, False]


@pytest.fixture(scope="module")
def variants(server: MariaDb, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[LocalTemplate, Path]]:
    """One source, run by three lake files that differ in a key and in a type."""
    query(
        server,
        "DROP DATABASE IF EXISTS shop",
        "CREATE DATABASE shop",
        "CREATE TABLE shop.lines (order_id BIGINT, line INT, sku VARCHAR(9), amount INT, PRIMARY KEY (order_id, line, sku))",
        "INSERT INTO shop.lines VALUES (1, 1, 'a', 1), (1, 1, 'b', 1), (1, 2, 'a', 1), (1, 2, 'b', 1)",
        "CREATE TABLE shop.orders (order_id BIGINT PRIMARY KEY, total DECIMAL(12,2))",
        "INSERT INTO shop.orders VALUES (1, 12.34)",
    )
    made = []
    for keys, kind in (("order_id, line, sku", "decimal(12,2)"), ("order_id, line", "string"), ("order_id", "int")):
        folder = tmp_path_factory.mktemp("variant")
        (folder / "lake.yaml").write_text(
            LAKE[: LAKE.index("  - source:")]
            + f"  - {{source: shop.orders, mode: mirror, keys: [order_id], columns: {{order_id: long, total: '{kind}'}}}}\n"
            + LAKE[LAKE.index("  - source: shop.lines") : LAKE.index("  - source: shop.stock")].replace("order_id, line, sku", keys)
        )
        template = synthesise(folder / "lake.yaml", folder / "cdktf.out")
        login = Login(server.host, server.port, server.user, SecretStr(""))
        outcome = run_session(
            Plan(folder / "lake.yaml", rows=0, changes=0), template, LakeFolder(folder), login
        )  # the command refuses the keys
        assert outcome.equal is (kind == "decimal(12,2)")
        made.append((template, folder))
    return made


def test_a_key_decides_which_rows_are_one(variants: list[tuple[LocalTemplate, Path]]) -> None:
    assert [len(lake_rows(template, folder, DATABASE, "lines")) for template, folder in variants] == [4, 2, 1]


def test_a_column_type_decides_what_a_value_becomes(variants: list[tuple[LocalTemplate, Path]]) -> None:
    found = []
    for template, folder in variants:
        values = [row["total"] for row in lake_rows(template, folder, DATABASE, "orders")]
        found.append(values or [line["errorCode"] for line in error_lines(template, folder)])
    assert found == [[Decimal("12.34")], ["12.34"], ["Lambda.ProcessingFailedStatus"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("local", "lakes/none.yaml"), "lakes/none.yaml"),
        (("local", "lakes/retail.yaml", "--fault", "typo=1%"), "--fault typo=1% is not one of duplicate=5%"),
        (("local", "lakes/retail.yaml", "--mix", "drop=1"), "--mix must be like insert=70"),
        (("local", "lakes/minimal.yaml", "--source", "postgres://a@b:1"), "--source must be like mysql://user@127.0.0.1:3306"),
        (("verify", "lakes/minimal.yaml", "--source", "mysql://a:secret@b:1"), "--source must not hold a password: set MOULIN_DB_PASSWORD"),
        (
            ("verify", "lakes/minimal.yaml", "--table", "shop.order"),
            "--table shop.order is no table of this lake: did you mean shop.ord",
        ),
        (("replay", "lakes/minimal.yaml"), "replay works on the local lake only: add --local"),
    ],
)
def test_fails_when_it_is_used_wrongly(tmp_path: Path, arguments: tuple[str, ...], expected: str) -> None:
    data = () if arguments[0] == "replay" else ("--data", str(tmp_path))
    result = invoke(*arguments, *data)
    assert result.code == 2
    assert expected in result.err
    assert "secret" not in result.err.replace("MOULIN_DB_PASSWORD", "")
    assert "Traceback" not in result.err
