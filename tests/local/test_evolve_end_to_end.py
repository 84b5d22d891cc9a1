"""A column comes into a real source while a lake runs; the table grows, and the lake file's next synthesis shows it."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import zipfile
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pymysql
import pytest
from typer.testing import CliRunner

from constructs_lib.config.load import load_lake
from scripts.cli import app
from scripts.local.mariadb import MariaDb, mariadb
from scripts.local.template import LocalTemplate, load_template
from tests.local.support import DATABASE, LAKE, synthesise, view_rows

pytestmark = [pytest.mark.end_to_end, pytest.mark.usefixtures("needs_mariadb")]

EVOLVING = LAKE.replace("    mode:", "    unknown_columns: evolve # it may grow\n    mode:")


@pytest.fixture(scope="module")
def server() -> Iterator[MariaDb]:
    with mariadb() as running:
        yield running


def query(server: MariaDb, *statements: str) -> None:
    with contextlib.closing(pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True)) as session:
        for statement in statements:
            session.cursor().execute(statement)


def checksum(server: MariaDb) -> Any:
    """Changes when a row does."""
    with contextlib.closing(pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True)) as session:
        cursor = session.cursor()
        cursor.execute("CHECKSUM TABLE shop.stock, shop.orders, shop.lines")
        return cursor.fetchall()


def moulin(*arguments: str) -> tuple[int, Any]:
    """Exit code and JSON of a command."""
    result = CliRunner().invoke(app, [*arguments, "--output", "json"], env={"COLUMNS": "200", "MOULIN_DB_PASSWORD": ""})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.stdout, result.stderr
    return result.exit_code, json.loads(result.stdout)


def test_a_column_of_the_source_reaches_the_table_and_then_the_plan(tmp_path: Path, server: MariaDb) -> None:
    lake, data = tmp_path / "lake.yaml", tmp_path / "data"
    lake.write_text(EVOLVING)
    query(server, "DROP DATABASE IF EXISTS shop")
    arguments = (str(lake), "--data", str(data), "--source", f"mysql://{server.user}@{server.host}:{server.port}")
    assert moulin("local", *arguments, "--rows", "20", "--changes", "0")[0] == 0

    # Between two runs, with the types that only the source knows.
    query(
        server,
        "ALTER TABLE shop.orders ADD COLUMN Discount DECIMAL(20,4), ADD COLUMN placed DATETIME(6), ADD COLUMN `on` BIGINT UNSIGNED",
        "UPDATE shop.orders SET Discount = 1234567890123456.7891, placed = '2024-01-15 10:29:58.123456',"
        " `on` = 18446744073709551615 LIMIT 5",
    )
    code, found = moulin("local", *arguments, "--changes", "0")
    assert (code, found["resumed"], found["equal"]) == (0, True, True), found
    orders = [
        {"name": "discount", "type": "decimal(20,4)", "source": "Discount"},
        {"name": "placed", "type": "timestamp", "source": "placed"},
        {"name": "on", "type": "decimal(20,0)", "source": "on"},
    ]
    assert found["evolved"] == [{"lake": f"{DATABASE}.orders", "columns": orders}]

    # While a run is under way, in a history.
    def alter() -> None:
        untouched = checksum(server)
        while checksum(server) == untouched and thread.is_alive():
            time.sleep(0.05)
        query(server, "ALTER TABLE shop.stock ADD COLUMN weight FLOAT", "UPDATE shop.stock SET weight = 0.1 LIMIT 3")

    thread = threading.Thread(target=alter)
    thread.start()
    code, found = moulin("local", *arguments, "--changes", "100", "--rate", "100")
    thread.join()
    assert (code, found["resumed"], found["equal"], found["accounting"]) == (0, True, True, []), found
    assert {one["lake"]: one["columns"] for one in found["evolved"]}[f"{DATABASE}.stock"] == [
        {"name": "weight", "type": "float", "source": "weight"}
    ]
    assert moulin("verify", *arguments)[0] == 0

    # Verify sees a grown column that differs.
    query(
        server,
        "SET SESSION sql_log_bin = 0",
        "UPDATE shop.stock SET weight = 0.7 WHERE weight IS NOT NULL LIMIT 1",
        "UPDATE shop.orders SET placed = '2020-01-01' WHERE placed IS NOT NULL LIMIT 1",
    )
    code, verified = moulin("verify", *arguments)
    assert code == 1
    assert {one["lake"]: one["differences"] for one in verified if not one["equal"]} == {
        f"{DATABASE}.orders": {"different": 1},
        f"{DATABASE}.stock": {"different": 1},
    }
    query(server, "UPDATE shop.stock SET weight = 0.2 WHERE weight IS NOT NULL", "UPDATE shop.orders SET placed = NULL")

    # The command writes the columns, and only them.
    before = load_template(data / "cdktf.out")
    stacks = templates(data / "cdktf.out")
    assert moulin("evolve", str(lake), "--data", str(data), "--dry-run")[1]["written"] is False
    assert lake.read_text() == EVOLVING
    code, evolved = moulin("evolve", str(lake), "--data", str(data))
    assert (code, evolved["written"]) == (0, True)
    assert evolved["athena"] == [
        "ALTER TABLE `bench_dev`.`orders` ADD COLUMNS (`discount` decimal(20,4), `placed` timestamp, `on` decimal(20,0))",
        "ALTER TABLE `bench_dev`.`stock` ADD COLUMNS (`weight` float)",
    ]
    orders_lines = ['discount: {source: Discount, type: "decimal(20,4)"}', "placed: timestamp", '"on": decimal(20,0)']
    note = "      note: binary\n"
    expected = EVOLVING.replace(note, note + "".join(f"      {line}\n" for line in orders_lines))
    expected = expected.replace("store: int, amount: int}", "store: int, amount: int, weight: float}")
    assert lake.read_text() == expected
    assert moulin("evolve", str(lake), "--data", str(data))[1]["tables"] == []

    # What is synthesised differs exactly by them.
    synthesise(lake, tmp_path / "after")
    after = load_template(tmp_path / "after")
    assert added(stacks, templates(tmp_path / "after")) == {
        "terraform_data orders": "discount decimal(20,4), placed timestamp, on decimal(20,0)",
        "terraform_data stock": "weight float",
        "aws_glue_catalog_table orders": ["discount", "placed", "on"],
        "aws_glue_catalog_table stock": ["weight"],
        "aws_glue_catalog_table stock_current": ["weight"],
        "aws_lambda_function": ["source_code_hash"],
    }
    assert [name for name in route_columns(after, "orders") if name not in route_columns(before, "orders")] == ["discount", "placed", "on"]
    assert [name for name in route_columns(after, "stock") if name not in route_columns(before, "stock")] == ["weight"]

    # The lake goes on where it was, with the column now in the function's hands and in the view.
    code, found = moulin("local", *arguments, "--changes", "20")
    assert (code, found["resumed"], found["equal"], found["evolved"]) == (0, True, True, []), found
    assert {row["weight"] for row in view_rows(after, data, DATABASE, "stock_current")} >= {None}
    assert len(load_lake(lake).tables) == 3


def templates(out: Path) -> dict[str, Any]:
    """Every synthesised stack, by name."""
    manifest = json.loads((out / "manifest.json").read_text())
    return {name: json.loads((out / stack["synthesizedStackPath"]).read_text()) for name, stack in manifest["stacks"].items()}


def added(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What two syntheses differ by, in the words of what each resource lists. Nothing else may differ."""
    found: dict[str, Any] = {}
    assert before.keys() == after.keys()
    for stack in before:
        for kind, resources in after[stack]["resource"].items():
            for name, new in resources.items():
                old = before[stack]["resource"][kind][name]
                changed = {key for key in new if key != "//" and new[key] != old.get(key)}
                if not changed:
                    continue
                if kind == "terraform_data":
                    assert changed == {"input"}
                    for table, columns in new["input"].items():
                        known = old["input"][table]
                        if columns != known:
                            start = next(place for place, pair in enumerate(zip(columns, known + "\0", strict=False)) if pair[0] != pair[1])
                            more = columns[start : start + len(columns) - len(known)]
                            assert columns.replace(more, "", 1) == known
                            found[f"{kind} {table}"] = more.strip(", ") if not more.startswith("_") else more
                elif kind == "aws_glue_catalog_table":
                    assert changed <= {"storage_descriptor", "view_original_text"}
                    lists = [[column["name"] for column in one["storage_descriptor"]["columns"]] for one in (old, new)]
                    found[f"{kind} {new['name']}"] = [column for column in lists[1] if column not in lists[0]]
                    if "view_original_text" in changed:
                        assert_only_the_columns_differ(old, new, found[f"{kind} {new['name']}"])
                else:
                    found[kind] = sorted(changed - {"filename"})
    return found


def assert_only_the_columns_differ(old: Mapping[str, Any], new: Mapping[str, Any], columns: list[str]) -> None:
    texts = [json.loads(b64decode(one["view_original_text"].split()[3]))["originalSql"] for one in (old, new)]
    assert texts[1].replace("".join(f', "{name}"' for name in columns), "") == texts[0]


def route_columns(template: LocalTemplate, target: str) -> list[str]:
    with zipfile.ZipFile(template.deliveries[0].function.zip_path) as archive:
        document = json.loads(archive.read("firehose_transform/routes.json"))
    (route,) = (one for one in document["routes"] if one["target"] == target)
    return [column["name"] for column in route["columns"]]
