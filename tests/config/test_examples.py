"""The example lakes, the JSON Schema and the reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from constructs_lib.config.load import load_lake, parse_lake
from scripts.commands.lake_schema import lake_schema
from scripts.commands.schema import REFERENCE_FILE, generated
from tests.config.support import BASE, data_of

ROOT = Path(__file__).resolve().parents[2]
LAKES = sorted((ROOT / "lakes").glob("*.yaml"))


def schema_mistakes(data: Any) -> list[str]:
    return ["/".join(map(str, error.absolute_path)) for error in Draft202012Validator(lake_schema()).iter_errors(data)]


@pytest.mark.parametrize("file", LAKES, ids=lambda file: file.stem)
def test_an_example_loads_and_agrees_with_the_schema(file: Path) -> None:
    lake = load_lake(file)
    text = file.read_text()
    assert text.startswith("# yaml-language-server: $schema=../docs/lake.schema.json\n")
    assert schema_mistakes(yaml.safe_load(text)) == []
    assert parse_lake(text) == lake


def test_the_examples_show_every_kind_of_lake() -> None:
    assert {file.stem for file in LAKES} == {
        "existing-network", "local-state", "many-tables", "minimal", "provisioned-stream", "retail", "serverless",
    }  # fmt: skip
    assert len((ROOT / "lakes" / "minimal.yaml").read_text().splitlines()) <= 20
    many = load_lake(ROOT / "lakes" / "many-tables.yaml")
    assert len(many.tables) == 10
    assert {table.mode.value for table in many.tables} == {"mirror", "history"}


def test_the_retail_lake_is_the_originals() -> None:
    lake = load_lake(ROOT / "lakes" / "retail.yaml")
    table, delivery = lake.tables[0], lake.deliveries[0]
    assert (str(table.source), table.target, table.keys) == ("testdb.retail_trans", "retail_trans_iceberg", ("trans_id",))
    assert {name: column.type for name, column in table.columns.items()} == {
        "trans_id": "long",
        "customer_id": "string",
        "event": "string",
        "sku": "string",
        "amount": "int",
        "device": "string",
        "trans_datetime": "timestamp",
    }
    assert lake.location_of(delivery, table) == "cdc_iceberg_demo_db/retail_trans_iceberg.iceberg"
    assert (delivery.stream_name, lake.stream.name, lake.database_of(delivery)) == (
        "PUT-ICE-0d1f6",
        "cdc_retail_trans_stream",
        "cdc_iceberg_demo_db",
    )


def test_the_schema_is_a_schema() -> None:
    schema = lake_schema()
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == "Moulin lake file"
    assert "$id" not in schema


def test_the_schema_describes_every_key_and_refuses_others() -> None:
    schema = lake_schema()
    definitions = [schema, *schema["$defs"].values(), schema["$defs"]["ColumnConfig"]["anyOf"][1]]
    for definition in (one for one in definitions if "properties" in one):
        assert definition["additionalProperties"] is False
        assert all("description" in key for key in definition["properties"].values())


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("deliveries: [{buffering_interval_seconds: 901}]", "deliveries/0/buffering_interval_seconds"),
        ("deliveries: [{bufering: 1}]", "deliveries/0"),
        ("name: Retail", "name"),
        ("name: abcdefghijklmnopqrstu", "name"),
        ("account: 123456789012", "account"),
        ("capture: {mode: all}", "capture/mode"),
        ("state: {backend: gcs}", "state"),
        ("tables: []", "tables"),
        ("bastion: true", "bastion"),
        ("tables: [{source: a.b, mode: mirror, keys: [id], columns: {id: bigint}}]", "tables/0/columns/id"),
        ("tables: [{source: a.b, mode: mirror, keys: [id], columns: {id: {type: long, pi: drop}}}]", "tables/0/columns/id"),
    ],
)
def test_the_schema_refuses_what_check_refuses(change: str, place: str) -> None:
    assert schema_mistakes(data_of(change)) == [place]


@pytest.mark.parametrize(
    "change", ["bastion: {}", "bastion: false", "state: {bucket: abc}", "source: {create: {password_rotation_days: null}}"]
)
def test_the_schema_takes_what_check_takes(change: str) -> None:
    assert schema_mistakes(data_of(change)) == []


def test_the_schema_and_the_reference_are_current() -> None:
    stale = [path.name for path, text in generated().items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make schema`"


def test_the_first_example_of_the_reference_loads() -> None:
    example = re.search(r"```yaml\n(.*?)```", REFERENCE_FILE.read_text(), re.DOTALL)
    assert example is not None
    assert parse_lake(example[1]).name == "shop"
    assert parse_lake(BASE)
