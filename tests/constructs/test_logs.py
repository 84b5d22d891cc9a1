"""Log groups and the streams in them."""

from __future__ import annotations

import pytest

from constructs_lib.iam import ServiceRole
from constructs_lib.lake_stack import LakeStack
from constructs_lib.logs import LogGroup
from tests.constructs.conftest import Bench, make_key, of_kind, statements


@pytest.mark.parametrize(("days", "accepted"), [(180, True), (365, False), (400, False)])
def test_log_that_is_kept_less_than_a_year_says_why(bench: Bench, stack: LakeStack, days: int, accepted: bool) -> None:
    LogGroup(stack, "log", name="/aws/vpc/shop", retention_days=days, key=make_key(stack))
    assert of_kind(bench.synth(), "aws_cloudwatch_log_group")["log"] == {
        "name": "/aws/vpc/shop",
        "retention_in_days": days,
        "kms_key_id": "${aws_kms_key.key.arn}",
    }
    assert ("checkov" in bench.notes("aws_cloudwatch_log_group.log")) == accepted


def test_log_group_with_a_key_and_streams_makes_them_all(bench: Bench, stack: LakeStack) -> None:
    logs = LogGroup(stack, "log", name="/aws/kinesisfirehose/shop", retention_days=3653, key=make_key(stack))
    for stream in ("DestinationDelivery", "BackupDelivery"):
        logs.add_stream(stream)
    template = bench.synth()
    assert of_kind(template, "aws_cloudwatch_log_group")["log"]["kms_key_id"] == "${aws_kms_key.key.arn}"
    assert of_kind(template, "aws_cloudwatch_log_stream") == {
        f"log_{stream}": {"name": stream, "log_group_name": "${aws_cloudwatch_log_group.log.name}"}
        for stream in ("DestinationDelivery", "BackupDelivery")
    }


def test_lines_are_counted_as_a_metric_that_is_zero_while_there_are_others(bench: Bench, stack: LakeStack) -> None:
    logs = LogGroup(stack, "log", name="dms-tasks-shop", retention_days=30, key=make_key(stack))
    logs.count_lines("truncated", pattern="truncated", namespace="Moulin/Capture", metric_name="shop-truncated")
    assert of_kind(bench.synth(), "aws_cloudwatch_log_metric_filter") == {
        "log_truncated": {
            "name": "shop-truncated",
            "pattern": "truncated",
            "log_group_name": "${aws_cloudwatch_log_group.log.name}",
            "metric_transformation": {"name": "shop-truncated", "namespace": "Moulin/Capture", "value": "1", "default_value": "0"},
        }
    }


def test_writer_may_write_to_this_group_only(bench: Bench, stack: LakeStack) -> None:
    logs = LogGroup(stack, "log", name="x", retention_days=7, key=make_key(stack))
    logs.grant_write(ServiceRole(stack, "role", role_name="r", service="lambda.amazonaws.com", description="d"))
    assert statements(bench.synth(), "role")["write-log"] == [
        {
            "Sid": "WriteLogs",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": ["${aws_cloudwatch_log_group.log.arn}:log-stream:*"],
        }
    ]
