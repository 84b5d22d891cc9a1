"""`moulin ddl`: what Athena is to run for tables that Terraform does not make."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from constructs_lib.config.lake_table import athena_ddl, current_state_view_sql
from constructs_lib.config.load import load_lake
from scripts.cli import app
from tests.conftest import ROOT, Templates

MANY = ROOT / "lakes" / "many-tables.yaml"
LAKE = """\
name: shop
region: eu-west-1
state: {backend: local}
tables:
  - source: shop.sessions
    mode: history
    keys: [id]
    create: false
    columns: {id: uuid, total: int}
  - source: shop.orders
    mode: history
    keys: [id]
    create: false
    columns: {id: long}
"""


def ddl(*words: object) -> Result:
    return CliRunner().invoke(app, ["ddl", *map(str, words)])


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    file = tmp_path / "lake.yaml"
    file.write_text(LAKE)
    return file


def test_prints_what_terraform_does_not_make() -> None:
    done = ddl(MANY)
    table = next(table for table in load_lake(MANY).tables if not table.create)
    statement = athena_ddl("shop", "stores", table, "s3://webshop-lake-123456789012/shop/stores.iceberg")
    assert (done.exit_code, done.stdout) == (0, f"-- shop.stores\n{statement.rstrip()};\n\n")


def test_the_folder_is_that_of_the_tables_that_terraform_makes(synthesised: dict[str, Templates]) -> None:
    """The bucket and folder stand twice: in the statement, and in the templates."""
    template = synthesised["many-tables"]["webshop-lake"]
    bucket = template["resource"]["aws_s3_bucket"]["data"]["bucket"]
    made = template["resource"]["aws_glue_catalog_table"]["histories_stock"]
    shown = re.search(r"LOCATION '(.*)/'", ddl(MANY, "--table", "shop_history.stock").stdout)
    assert shown is not None
    assert shown[1] == made["storage_descriptor"]["location"].replace("${aws_s3_bucket.data.bucket}", bucket)
    columns = re.findall(r"^  `(\w+)` (\S+?),?(?: COMMENT|$)", ddl(MANY, "--table", "shop_history.stock").stdout, re.MULTILINE)
    assert columns == [(column["name"], column["type"]) for column in made["storage_descriptor"]["columns"]]


@pytest.mark.parametrize("name", ["shop.stock", "stock", "shop_history.stock"])
def test_any_table_is_shown_with_its_view_when_it_is_named(name: str) -> None:
    found = json.loads(ddl(MANY, "--table", name, "--output", "json").stdout)
    table = next(table for table in load_lake(MANY).tables if str(table.source) == "shop.stock")
    assert [(one["database"], one["name"], one["made_by_terraform"]) for one in found] == [
        ("shop_history", "stock", True),
        ("shop_history", "stock_current", True),
    ]
    view = current_state_view_sql("shop_history", "stock", table)
    assert found[1]["athena"] == f'CREATE OR REPLACE VIEW "shop_history"."stock_current" AS\n{view}'


def test_says_that_there_is_nothing_to_make() -> None:
    done = ddl(ROOT / "lakes" / "minimal.yaml")
    assert done.exit_code == 0
    assert "Terraform makes every table" in done.stdout
    assert json.loads(ddl(ROOT / "lakes" / "minimal.yaml", "--output", "json").stdout) == []


def test_a_type_that_athena_cannot_make_is_a_problem_and_the_other_tables_stand_there(lake: Path) -> None:
    done = ddl(lake, "--bucket", "rows")
    assert done.exit_code == 1
    assert done.stderr == "shop_dev.sessions: Athena cannot create column id: use string: the Glue catalog has no uuid type\n"
    assert "LOCATION 's3://rows/shop_dev/orders.iceberg/'" in done.stdout
    problems: list[dict[str, Any]] = json.loads(ddl(lake, "--bucket", "rows", "--output", "json").stdout)
    assert [one["athena"] is None for one in problems] == [True, False]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "the data bucket's name ends with the account, which the lake file does not name (give --bucket, the output S3BucketName"),
        (("--bucket", "it's"), "--bucket must be lower-case letters, digits, dots and hyphens"),
        (("--table", "shop.order"), "--table shop.order is no table of this lake: did you mean shop.orders"),
    ],
)
def test_fails_when_it_is_used_wrongly(lake: Path, words: tuple[str, ...], message: str) -> None:
    done = ddl(lake, *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


def test_fails_when_the_lake_file_is_wrong(lake: Path) -> None:
    lake.write_text(LAKE.replace("mode: history", "mode: histories", 1))
    done = ddl(lake)
    assert done.exit_code == 2
    assert done.stderr.startswith(f"{lake}:6: tables[0].mode must be")
