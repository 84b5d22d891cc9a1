"""The Glue database: tables, views of histories, grants."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from constructs_lib.config.lake_table import current_state_view_sql
from constructs_lib.config.table import TableConfig
from constructs_lib.iam import ServiceRole
from constructs_lib.lake_stack import LakeStack
from tests.conftest import only
from tests.constructs.conftest import LEDGER, ORDERS, Bench, make_bucket, make_database, make_key, of_kind, statements

HISTORY_COLUMNS = [
    ("_op", "string"),
    ("_commit_timestamp", "timestamp"),
    ("_position", "string"),
    ("_stream_position", "string"),
    ("_transaction_id", "string"),
    ("_ingested_at", "timestamp"),
]


def build(bench: Bench, *tables: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    stack = bench.stack()
    make_database(stack, make_bucket(stack, make_key(stack)), *tables, **arguments)
    return bench.synth()


def columns(table: dict[str, Any]) -> list[tuple[str, str]]:
    return [(column["name"], column["type"]) for column in table["storage_descriptor"]["columns"]]


def view_definition(view: dict[str, Any]) -> dict[str, Any]:
    text = view["view_original_text"]
    assert text.startswith("/* Presto View: ")
    assert text.endswith(" */")
    return dict(json.loads(b64decode(text.removeprefix("/* Presto View: ").removesuffix(" */"))))


def test_database_points_at_its_folder(bench: Bench) -> None:
    database = only(build(bench), "aws_glue_catalog_database")
    assert (database["name"], database["location_uri"]) == ("shop_lake", "s3://${aws_s3_bucket.data.bucket}/lake/shop")


def test_mirror_table_is_an_iceberg_v2_table_below_the_database(bench: Bench) -> None:
    table = only(build(bench), "aws_glue_catalog_table")
    assert (table["name"], table["database_name"]) == ("orders", "${aws_glue_catalog_database.iceberg.name}")
    assert table["table_type"] == "EXTERNAL_TABLE"
    assert table["open_table_format_input"] == {"iceberg_input": {"metadata_operation": "CREATE", "version": "2"}}
    assert table["storage_descriptor"]["location"] == "s3://${aws_s3_bucket.data.bucket}/lake/shop/orders.iceberg"
    assert columns(table) == [("order_id", "bigint"), ("status", "string")]
    assert "partition_keys" not in table


def test_terraform_leaves_a_table_alone_once_it_is_made(bench: Bench) -> None:
    """Every commit rewrites the catalog entry: an update by Terraform would put back an old one."""
    assert only(build(bench), "aws_glue_catalog_table")["lifecycle"] == {"prevent_destroy": True, "ignore_changes": "all"}


def test_plan_still_shows_a_change_of_columns(bench: Bench) -> None:
    template = build(bench, ORDERS, LEDGER)
    record = template["resource"]["terraform_data"]["iceberg_columns"]["input"]
    assert record["orders"] == "order_id bigint, status string"
    assert record["ledger"].startswith("entry_id bigint, amount decimal(12,2), _op string, ")


def test_history_table_has_the_columns_of_a_change(bench: Bench) -> None:
    table = build(bench, LEDGER)["resource"]["aws_glue_catalog_table"]["iceberg_ledger"]
    assert columns(table) == [("entry_id", "bigint"), ("amount", "decimal(12,2)"), *HISTORY_COLUMNS, ("_previous_entry_id", "bigint")]


def test_only_a_history_has_a_view(bench: Bench) -> None:
    tables = of_kind(build(bench, ORDERS, LEDGER), "aws_glue_catalog_table")
    assert {name for name, table in tables.items() if table["table_type"] == "VIRTUAL_VIEW"} == {"iceberg_ledger_current"}
    assert {name for name, table in tables.items() if table["table_type"] == "EXTERNAL_TABLE"} == {"iceberg_orders", "iceberg_ledger"}


def test_view_holds_athenas_form_of_the_current_state(bench: Bench) -> None:
    view = build(bench, LEDGER)["resource"]["aws_glue_catalog_table"]["iceberg_ledger_current"]
    assert view["name"] == "ledger_current"
    assert view["parameters"] == {"presto_view": "true", "comment": "Presto View"}
    assert view["view_expanded_text"] == "/* Presto View */"
    assert view_definition(view) == {
        "originalSql": current_state_view_sql("shop_lake", "ledger", TableConfig.model_validate(LEDGER)),
        "catalog": "awsdatacatalog",
        "schema": "shop_lake",
        "columns": [{"name": "entry_id", "type": "bigint"}, {"name": "amount", "type": "decimal(12,2)"}],
    }
    assert columns(view) == [("entry_id", "bigint"), ("amount", "decimal(12,2)")]
    assert view["depends_on"] == ["aws_glue_catalog_table.iceberg_ledger"]


def test_view_has_what_trino_asks_for_and_no_description_that_hides_it(bench: Bench) -> None:
    view = build(bench, LEDGER)["resource"]["aws_glue_catalog_table"]["iceberg_ledger_current"]
    assert view["owner"] == "shop-iceberg"
    assert view["storage_descriptor"]["ser_de_info"] == {"name": "-", "serialization_library": "-"}
    assert "description" not in view


def test_view_carries_no_protection_because_it_holds_no_data(bench: Bench) -> None:
    view = build(bench, LEDGER)["resource"]["aws_glue_catalog_table"]["iceberg_ledger_current"]
    assert "lifecycle" not in view


@pytest.mark.parametrize(
    ("iceberg_type", "glue_type", "trino_type"),
    [
        ("int", "int", "integer"),
        ("long", "bigint", "bigint"),
        ("float", "float", "real"),
        ("double", "double", "double"),
        ("boolean", "boolean", "boolean"),
        ("string", "string", "varchar"),
        ("date", "date", "date"),
        ("timestamp", "timestamp", "timestamp(6)"),
        ("binary", "binary", "varbinary"),
        ("decimal(38,10)", "decimal(38,10)", "decimal(38,10)"),
    ],
)
def test_each_type_is_named_as_glue_and_athena_name_it(bench: Bench, iceberg_type: str, glue_type: str, trino_type: str) -> None:
    history = {**LEDGER, "columns": {"entry_id": "long", "value": iceberg_type}}
    tables = of_kind(build(bench, history), "aws_glue_catalog_table")
    assert ("value", glue_type) in columns(tables["iceberg_ledger"])
    assert {"name": "value", "type": trino_type} in view_definition(tables["iceberg_ledger_current"])["columns"]


def test_dropped_column_does_not_exist_in_the_lake_and_a_hashed_one_says_so(bench: Bench) -> None:
    people = {
        "source": "shop.people",
        "mode": "mirror",
        "keys": ["id"],
        "columns": {"id": {"type": "long", "source": "PersonID"}, "mail": {"type": "string", "pii": "hash"}, "name": {"pii": "drop"}},
    }
    table = only(build(bench, people), "aws_glue_catalog_table")
    assert table["storage_descriptor"]["columns"] == [
        {"name": "id", "type": "bigint", "comment": "key; source column PersonID"},
        {"name": "mail", "type": "string", "comment": "keyed SHA-256 of the value"},
    ]


def test_table_that_exists_is_not_made_but_its_view_is(bench: Bench) -> None:
    tables = of_kind(build(bench, {**LEDGER, "create": False}), "aws_glue_catalog_table")
    assert list(tables) == ["iceberg_ledger_current"]
    assert "depends_on" not in tables["iceberg_ledger_current"]


def test_writer_may_commit_to_this_database_only(bench: Bench, stack: LakeStack) -> None:
    """The original allowed every database and table, in partition `aws` only."""
    database = make_database(stack, make_bucket(stack, make_key(stack)))
    role = ServiceRole(stack, "writer", role_name="w", service="firehose.amazonaws.com", description="d")
    database.grant_write(role, lake_formation=False)
    granted = statements(bench.synth(), "writer")
    (catalog,) = granted["commit-tables"]
    assert catalog["Action"] == ["glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"]
    assert catalog["Resource"] == [
        "arn:aws:glue:eu-west-1:123456789012:catalog",
        "arn:aws:glue:eu-west-1:123456789012:database/shop_lake",
        "arn:aws:glue:eu-west-1:123456789012:table/shop_lake/*",
    ]
    assert granted["write-data"][0]["Resource"] == ["${aws_s3_bucket.data.arn}/lake/shop/*"]
    assert "lake-formation-access" not in granted


def test_partition_of_the_catalog_follows_the_region(bench: Bench) -> None:
    stack = bench.stack(region="us-gov-west-1")
    database = make_database(stack, make_bucket(stack, make_key(stack)))
    assert database.catalog_arn == "arn:aws-us-gov:glue:us-gov-west-1:123456789012:catalog"


def test_lake_formation_grants_exactly_what_the_writer_needs(bench: Bench, stack: LakeStack) -> None:
    database = make_database(
        stack, make_bucket(stack, make_key(stack)), compaction=False, snapshot_retention=False, orphan_file_deletion=False
    )
    role = ServiceRole(stack, "writer", role_name="w", service="firehose.amazonaws.com", description="d")
    grants = database.grant_write(role, lake_formation=True)
    template = bench.synth()
    assert of_kind(template, "aws_lakeformation_permissions") == {
        "writer_iceberg_database": {
            "principal": "${aws_iam_role.writer.arn}",
            "permissions": ["DESCRIBE"],
            "database": {"name": "${aws_glue_catalog_database.iceberg.name}"},
        },
        "writer_iceberg_tables": {
            "principal": "${aws_iam_role.writer.arn}",
            "permissions": ["SELECT", "INSERT", "DELETE", "DESCRIBE", "ALTER"],
            "table": {"database_name": "${aws_glue_catalog_database.iceberg.name}", "wildcard": True},
            "depends_on": ["aws_lakeformation_permissions.writer_iceberg_database"],
        },
    }
    assert len(grants) == 2
    (access,) = statements(template, "writer")["lake-formation-access"]
    assert access["Action"] == ["lakeformation:GetDataAccess"]


def test_account_administrators_of_lake_formation_are_never_touched(bench: Bench) -> None:
    """The original replaced the account's list of them."""
    assert "aws_lakeformation_data_lake_settings" not in build(bench, ORDERS, LEDGER)["resource"]


def test_reader_may_select_and_describe(bench: Bench, stack: LakeStack) -> None:
    database = make_database(stack, make_bucket(stack, make_key(stack)), lake_formation=False)
    database.grant_lake_formation_read("reader-0", "arn:aws:iam::123456789012:role/analysts")
    grants = of_kind(bench.synth(), "aws_lakeformation_permissions")
    assert grants["iceberg_reader_0_tables"]["permissions"] == ["SELECT", "DESCRIBE"]
    assert {grant["principal"] for grant in grants.values()} == {"arn:aws:iam::123456789012:role/analysts"}


def test_grant_in_a_later_stack_belongs_to_that_stack(bench: Bench) -> None:
    """Who is granted to may not exist yet when the database's stack is deployed."""
    lake, delivery = bench.stack("lake"), bench.stack("delivery")
    database = make_database(lake, make_bucket(lake, make_key(lake)), lake_formation=False)
    role = ServiceRole(delivery, "writer", role_name="w", service="firehose.amazonaws.com", description="d")
    database.grant_write(role, lake_formation=True)
    templates = bench.synth_all()
    assert set(of_kind(templates["shop-dev-delivery"], "aws_lakeformation_permissions")) == {
        "writer_iceberg_database",
        "writer_iceberg_tables",
    }
    assert of_kind(templates["shop-dev-lake"], "aws_lakeformation_permissions") == {}
