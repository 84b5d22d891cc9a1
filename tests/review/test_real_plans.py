"""Plans that the real provider made (`make_plans.py`): what is told of each, whole."""

from __future__ import annotations

import json

import pytest

from scripts.review.finding import Area
from tests.review.support import NAMES, PLANS, lines, real


def told(name: str, area: Area) -> dict[str, list[str]]:
    """Address to messages of one area."""
    found: dict[str, list[str]] = {}
    for finding in real(name).of(area):
        found.setdefault(finding.address, []).append(finding.message)
    return found


def test_a_plan_without_changes_needs_nothing() -> None:
    one = real("unchanged")
    assert (one.summary, one.needs_a_yes, one.findings) == ("no change", False, ())


def test_an_alarm_that_is_added_needs_nothing() -> None:
    one = real("safe")
    assert (one.summary, one.needs_a_yes, one.findings) == ("1 created", False, ())


LOSSES = {
    "aws_cloudwatch_log_group.log": ["retention_in_days becomes 7"],
    "aws_dynamodb_table.orders": ["deletion_protection_enabled becomes false", "point_in_time_recovery.enabled becomes false"],
    "aws_glue_catalog_table.orders": ["the column id becomes int (was bigint)", "the column note goes"],
    "aws_kinesis_firehose_delivery_stream.delivery": [
        "replaced (the provider cannot change it in place",
        "delivers into moulin_review.stock no longer",
    ],
    "aws_kinesis_stream.stream": ["retention_period becomes 24 hours (was 168)"],
    "aws_kms_key.key": ["deletion_window_in_days becomes 7 days (was 30)"],
    "aws_s3_bucket.data": ["force_destroy becomes true"],
    "aws_s3_bucket_lifecycle_configuration.data": ["deletes objects below errors/ after 7 days (were after 90)"],
    "aws_s3_bucket_versioning.data": ["versioning_configuration.status becomes Suspended"],
    "aws_secretsmanager_secret.login": ["recovery_window_in_days becomes 7 days (was 30)"],
    "terraform_data.mirrors_columns": [
        "the column orders.total becomes decimal(10,2) (was decimal(12,2))",
        "the column orders.note goes",
        "the table stock is no longer in the lake file",
    ],
}

OPENED = {
    "aws_iam_role.role": ["its trust policy allows sts:AssumeRole to EVERYBODY"],
    "aws_iam_role_policy.read": ["its policy allows kinesis:* on * [EVERY RESOURCE, wildcard in an action]"],
    "aws_kms_key.key": ["enable_key_rotation becomes false", "its policy allows without a condition that it had kms:Decrypt"],
    "aws_s3_bucket_policy.data": ["its policy denies no longer s3:* on"],
    "aws_s3_bucket_public_access_block.data": ["block_public_policy becomes false"],
    "aws_sns_topic_policy.alarms": ["its policy allows sns:Publish on"],
    "aws_vpc_security_group_ingress_rule.mysql": ["opens tcp port 3306 in from 0.0.0.0/0 [THE WHOLE INTERNET]"],
}


@pytest.mark.parametrize(("area", "expected"), [(Area.LOSS, LOSSES), (Area.ACCESS, OPENED), (Area.UNKNOWN, {})])
def test_everything_that_is_loosened_is_told_and_nothing_else(area: Area, expected: dict[str, list[str]]) -> None:
    actual = told("loosened", area)
    assert {address: len(messages) for address, messages in actual.items()} == {
        address: len(starts) for address, starts in expected.items()
    }
    for address, starts in expected.items():
        assert all(message.startswith(start) for message, start in zip(actual[address], starts, strict=True)), actual[address]


def test_the_other_way_round_nothing_is_told() -> None:
    """The same plan with before and after exchanged: what is tightened is no loss, but for what is still replaced."""
    from scripts.review.plan_file import parse_plan
    from scripts.review.report import review

    plan = json.loads((PLANS / "loosened.json").read_text())
    for one in plan["resource_changes"]:
        change = one["change"]
        if change["actions"] == ["update"]:
            change["before"], change["after"], change["after_unknown"] = change["after"], change["before"], {}
    found = [
        finding
        for finding in review(parse_plan(json.dumps(plan).encode(), name="p", file="p")).findings
        if "firehose" not in finding.address
    ]
    allowed = {"aws_glue_catalog_table.orders", "terraform_data.mirrors_columns"}  # int to bigint is a change of type too
    assert {finding.address for finding in found if finding.area in (Area.LOSS, Area.ACCESS)} <= allowed
    assert not [finding for finding in found if finding.area is Area.LOSS and "goes" in finding.message]


def test_what_more_shards_mean_is_told() -> None:
    assert told("loosened", Area.COST) == {"aws_kinesis_stream.stream": ["more: 4 shards (was 2)"]}


REPLACED = {
    "aws_dynamodb_table.orders": "hash_key",
    "aws_glue_catalog_table.orders": "name",
    "aws_kinesis_firehose_delivery_stream.delivery": "kinesis_source_configuration[0].kinesis_stream_arn",
    "aws_kinesis_stream.stream": "name",
    "aws_s3_bucket.data": "bucket",
    "aws_secretsmanager_secret.login": "name",
    "aws_secretsmanager_secret_version.login": "secret_id",
}


def test_every_replaced_store_is_a_loss_with_its_reason() -> None:
    actual = told("replaced", Area.LOSS)
    assert set(actual) == set(REPLACED)
    for address, cause in REPLACED.items():
        assert actual[address][0].startswith(f"replaced (the provider cannot change it in place: because of {cause}). Lost: ")


def test_a_policy_that_is_not_known_yet_is_listed() -> None:
    assert told("replaced", Area.UNKNOWN)["aws_s3_bucket_policy.data"] == [
        "its policy is known after apply, and cannot be judged: look at it"
    ]


def test_a_delivery_stream_replaced_on_request_says_so() -> None:
    (message,) = told("tainted", Area.LOSS)["aws_kinesis_firehose_delivery_stream.delivery"]
    assert message.startswith("replaced (asked for with -replace)")
    assert "reads from LATEST" in message


def test_destroying_everything_tells_every_store() -> None:
    assert len(told("destroyed", Area.LOSS)) == 11
    assert set(told("destroyed", Area.ACCESS)) == {"aws_s3_bucket_policy.data", "aws_s3_bucket_public_access_block.data"}
    assert told("destroyed", Area.UNKNOWN) == {}


def test_moved_imported_forgotten_and_drifted_are_told() -> None:
    one = real("moved")
    notes = {(finding.address, finding.message.split(":")[0]) for finding in one.of(Area.NOTE)}
    assert {
        ("aws_sns_topic.alarms", "moved from aws_sns_topic.topic"),
        ("aws_sqs_queue.old", "imported"),
        ("aws_glue_catalog_database.lake", "forgotten"),
        ("aws_cloudwatch_log_group.log", "was changed outside of Terraform"),
    } <= notes
    assert not one.needs_a_yes


def test_a_new_lake_needs_a_yes_for_what_it_opens_and_loses_nothing() -> None:
    for name in ("lake-new-lake", "lake-new-delivery", "lake-new-operations"):
        one = real(name)
        assert one.needs_a_yes
        assert one.of(Area.LOSS) == ()
        assert set(one.counts) == {"created"}


def test_a_table_and_a_column_taken_out_of_a_lake_file_are_losses() -> None:
    delivery, lake = told("lake-changed-delivery", Area.LOSS), told("lake-changed-lake", Area.LOSS)
    replaced, undelivered = delivery["aws_kinesis_firehose_delivery_stream.iceberg"]
    assert "because of iceberg_configuration[0].destination_table_configuration" in replaced
    assert undelivered.startswith("delivers into shop_dev.stock no longer")
    assert delivery["aws_kinesis_stream.stream"][0].startswith("retention_period becomes 24 hours (was 168)")
    assert [message.split(":")[0] for message in lake["terraform_data.iceberg_columns"]] == [
        "the column orders.status goes",
        "the column orders.total becomes decimal(10,2) (was decimal(12,2))",
        "the table stock is no longer in the lake file",
    ]
    assert "it stands no longer in the configuration" in lake["aws_glue_catalog_table.iceberg_stock"][0]
    assert set(lake) == {"aws_glue_catalog_table.iceberg_stock", "terraform_data.iceberg_columns"}  # the view of stock is no loss


STOPPED = (
    "this stops capture: start it again afterwards (moulin task start). It is for the change of {}; nothing is lost while"
    " the source keeps its binlog"
)
SUSPENDED = (
    "ErrorBehavior.TableErrorPolicy is SUSPEND_TABLE, with the risk suspended-table: the task goes on without the table, whose changes are"
    " missing until it is loaded again"
)


def test_a_change_of_mode_settings_and_mappings_stops_a_running_task_and_the_risk_is_named() -> None:
    losses = told("capture-changed", Area.LOSS)
    for address, arguments in (
        ("aws_dms_replication_task.task", "migration_type, replication_task_settings, table_mappings"),
        ("aws_dms_replication_config.serverless", "replication_settings, replication_type, table_mappings"),
    ):
        assert losses[address][2:] == [STOPPED.format(arguments), SUSPENDED]
    assert told("capture-changed", Area.NOTE)["aws_dms_replication_instance.instance"] == [
        "capture pauses for the change of replication_instance_class, and goes on by itself where it stood"
    ]


def test_tags_of_a_running_task_need_nothing() -> None:
    one = real("capture-tagged")
    assert (one.summary, one.needs_a_yes, one.findings) == ("2 changed", False, ())


def test_no_real_plan_is_beyond_the_rules() -> None:
    for name in NAMES:
        assert not [line for line in lines(real(name).findings) if "no rule knows" in line or "not known here" in line]
