"""Alarms and their topic."""

from __future__ import annotations

import json

import pytest

from constructs_lib.alarms import PUBLISHERS, Alarm, AlarmRule, AlarmTopic, Metric
from constructs_lib.lake_stack import LakeStack
from tests.conftest import only
from tests.constructs.conftest import Bench, make_key, of_kind

METRIC = Metric("AWS/Firehose", "DeliveryToIceberg.DataFreshness", {"DeliveryStreamName": "shop"}, "Maximum", "seconds")


def test_default_alarm_wakes_above_its_threshold_and_says_when_it_clears(bench: Bench, stack: LakeStack) -> None:
    rule = AlarmRule("iceberg-freshness", METRIC, 900, "Rows are late.")
    Alarm(stack, name_prefix="shop-dev", rule=rule, topic_arn="arn:topic")
    assert of_kind(bench.synth(), "aws_cloudwatch_metric_alarm") == {
        "iceberg_freshness": {
            "alarm_name": "shop-dev-iceberg-freshness",
            "alarm_description": "Rows are late.",
            "namespace": "AWS/Firehose",
            "metric_name": "DeliveryToIceberg.DataFreshness",
            "dimensions": {"DeliveryStreamName": "shop"},
            "statistic": "Maximum",
            "period": 300,
            "evaluation_periods": 2,
            "threshold": 900,
            "comparison_operator": "GreaterThanThreshold",
            "treat_missing_data": "notBreaching",
            "alarm_actions": ["arn:topic"],
            "ok_actions": ["arn:topic"],
        }
    }


def test_alarm_with_everything_set_wakes_below(bench: Bench, stack: LakeStack) -> None:
    rule = AlarmRule("storage", METRIC, 0.5, "Full.", below=True, minutes=60, no_data="breaching")
    Alarm(stack, name_prefix="shop-dev", rule=rule, topic_arn="arn:topic")
    alarm = only(bench.synth(), "aws_cloudwatch_metric_alarm")
    assert (alarm["comparison_operator"], alarm["threshold"]) == ("LessThanThreshold", 0.5)
    assert (alarm["evaluation_periods"], alarm["treat_missing_data"]) == (12, "breaching")


def test_threshold_of_zero_is_written(bench: Bench, stack: LakeStack) -> None:
    Alarm(stack, name_prefix="shop-dev", rule=AlarmRule("errors", METRIC, 0, "Errors.", minutes=5), topic_arn="arn:topic")
    alarm = only(bench.synth(), "aws_cloudwatch_metric_alarm")
    assert (alarm["threshold"], alarm["evaluation_periods"]) == (0, 1)


def test_topic_is_encrypted_and_open_to_this_accounts_services_only(bench: Bench, stack: LakeStack) -> None:
    AlarmTopic(stack, "topic", name="shop-alarms", key=make_key(stack), emails=())
    template = bench.synth()
    assert only(template, "aws_sns_topic") == {"name": "shop-alarms", "kms_master_key_id": "${aws_kms_key.key.arn}"}
    policy = only(template, "aws_sns_topic_policy")
    assert policy["arn"] == "${aws_sns_topic.topic.arn}"
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Sid": "Publish",
            "Effect": "Allow",
            "Principal": {"Service": list(PUBLISHERS)},
            "Action": ["sns:Publish"],
            "Resource": ["${aws_sns_topic.topic.arn}"],
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    ]
    assert set(PUBLISHERS) == {"cloudwatch.amazonaws.com", "dms.amazonaws.com", "events.amazonaws.com"}


@pytest.mark.parametrize("emails", [(), ("a@example.com",), ("a@example.com", "b@example.com")])
def test_each_address_is_subscribed(bench: Bench, stack: LakeStack, emails: tuple[str, ...]) -> None:
    AlarmTopic(stack, "topic", name="shop-alarms", key=make_key(stack), emails=emails)
    subscriptions = of_kind(bench.synth(), "aws_sns_topic_subscription").values()
    assert tuple(subscription["endpoint"] for subscription in subscriptions) == emails
    assert {(subscription["protocol"], subscription["topic_arn"]) for subscription in subscriptions} <= {
        ("email", "${aws_sns_topic.topic.arn}")
    }
