"""Changes of a lake that is deployed: what Terraform replaces is what docs/operations.md and docs/schema-changes.md say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.plan.emulator import Emulator
from tests.deploy.support import REGION, Deployed
from tests.deploy.test_applied import assert_password_is_nowhere

UPDATE = ("update",)
REPLACE = ("delete", "create")
FIREHOSE = "aws_kinesis_firehose_delivery_stream.iceberg"
FUNCTION = "aws_lambda_function.iceberg_transform"
TASK = "aws_dms_replication_task.task"
COLUMNS = "terraform_data.iceberg_columns"

NEW_TABLE = """\
  - source: shop.coupons
    mode: mirror
    keys: [code]
    columns: {code: string, discount: "decimal(5,4)"}
"""


@pytest.fixture
def changed(neighbour: Deployed) -> Iterator[Deployed]:
    """The neighbour, which goes back to its file after the test."""
    yield neighbour
    neighbour.return_to_file()


def replaced(plans: dict[str, dict[str, tuple[str, ...]]]) -> list[str]:
    return sorted(address for plan in plans.values() for address, actions in plan.items() if "delete" in actions)


def test_buffering_is_changed_in_place(changed: Deployed) -> None:
    changed.change("tables:\n", "deliveries: [{buffering_interval_seconds: 300, buffering_size_mib: 64}]\ntables:\n")
    assert changed.plans() == {changed.stack("delivery"): {FIREHOSE: UPDATE}}
    assert changed.losses("delivery") == []


def test_mode_of_a_table_changes_the_delivery_stream_in_place_and_leaves_the_table(changed: Deployed) -> None:
    changed.change("source: shop.orders\n    mode: mirror", "source: shop.orders\n    mode: history")
    assert changed.plans() == {
        changed.stack("lake"): {COLUMNS: UPDATE, "aws_glue_catalog_table.iceberg_orders_current": ("create",)},
        changed.stack("delivery"): {FIREHOSE: UPDATE, FUNCTION: UPDATE},
    }


def test_keys_of_a_table_are_changed_in_place(changed: Deployed) -> None:
    changed.change("keys: [order_id]", "keys: [order_id, status]")
    assert changed.plans()[changed.stack("delivery")] == {FIREHOSE: UPDATE, FUNCTION: UPDATE}


def test_key_of_the_hash_is_changed_in_place(changed: Deployed) -> None:
    changed.change("neighbour/pii-AbCdEf", "neighbour/pii-2027-GhIjKl")
    plans = changed.plans()
    assert replaced(plans) == []
    assert plans[changed.stack("delivery")][FUNCTION] == UPDATE


def test_column_changes_the_record_and_the_function_but_not_the_table(changed: Deployed) -> None:
    """Terraform makes an Iceberg table once: docs/schema-changes.md says what to do in Athena."""
    changed.change("status: string", "status: string, discount: double")
    assert changed.plans() == {changed.stack("lake"): {COLUMNS: UPDATE}, changed.stack("delivery"): {FUNCTION: UPDATE}}


def test_tables_of_the_capture_change_in_place_and_a_dropped_one_is_told_as_a_loss(retail: Deployed) -> None:
    capture = retail.stack("capture")
    text = retail.lake_file.read_text()
    start = text.index("  - source: ")
    retail.change(text[start:], text[start:].replace("  - source: testdb.retail_trans", "  - source: testdb.other_trans", 1))
    try:
        assert retail.plans(capture) == {capture: {TASK: UPDATE}}
        assert retail.losses("capture") == [TASK]
    finally:
        retail.return_to_file()


def test_new_password_of_the_replication_user_is_a_new_version_of_its_secret(retail: Deployed, aws: Emulator) -> None:
    source = retail.stack("source")
    secrets = aws.client("secretsmanager", REGION)

    def password() -> Any:
        return json.loads(secrets.get_secret_value(SecretId="retail-dev/replication")["SecretString"])["password"]

    before = password()
    retail.change("    readers: 1\n", "    readers: 1\n    replication_password_version: 2\n")
    try:
        plans = retail.plans(source)
        assert plans == {source: {"aws_secretsmanager_secret_version.replication_secret_value": REPLACE}}
        assert all(run.ok for run in retail.apply(source))
        assert password() != before
        assert_password_is_nowhere(retail, aws)
        assert retail.plans(source) == {}
    finally:
        retail.return_to_file()
        retail.apply(source)


def test_new_table_replaces_the_delivery_stream_and_is_applied(neighbour: Deployed, aws: Emulator) -> None:
    neighbour.change("tables:\n", "tables:\n" + NEW_TABLE)
    assert replaced(neighbour.plans()) == [FIREHOSE]
    assert FIREHOSE in neighbour.losses("delivery")
    runs = neighbour.apply(*neighbour.names)
    assert [run.errors for run in runs if not run.ok] == []
    firehose = aws.client("firehose", REGION).describe_delivery_stream(
        DeliveryStreamName=neighbour.outputs("delivery")["FirehoseStreamName"]
    )
    destination = firehose["DeliveryStreamDescription"]["Destinations"][0]["IcebergDestinationDescription"]
    assert {table["DestinationTableName"] for table in destination["DestinationTableConfigurationList"]} == {
        "customers",
        "orders",
        "coupons",
    }
    assert neighbour.plans() == {}
