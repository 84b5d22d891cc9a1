"""Alarms and their topic."""

from __future__ import annotations

import json

import pytest

from constructs_lib.alarms import Alarm, AlarmRule, AlarmTopic, Metric
from constructs_lib.iam import ServiceRole
from constructs_lib.lake_stack import LakeStack
from tests.conftest import only
from tests.constructs.conftest import Bench, make_key, of_kind, statements

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


def test_alarm_that_tells_silence_has_an_action_for_missing_data(bench: Bench, stack: LakeStack) -> None:
    Alarm(
        stack, name_prefix="shop-dev", rule=AlarmRule("behind", METRIC, 1, "Late.", no_data="missing", tell_silence=True), topic_arn="arn:t"
    )
    alarm = only(bench.synth(), "aws_cloudwatch_metric_alarm")
    assert (alarm["treat_missing_data"], alarm["insufficient_data_actions"]) == ("missing", ["arn:t"])


def test_threshold_of_zero_is_written(bench: Bench, stack: LakeStack) -> None:
    Alarm(stack, name_prefix="shop-dev", rule=AlarmRule("errors", METRIC, 0, "Errors.", minutes=5), topic_arn="arn:topic")
    alarm = only(bench.synth(), "aws_cloudwatch_metric_alarm")
    assert (alarm["threshold"], alarm["evaluation_periods"]) == (0, 1)


def test_topic_is_encrypted_and_open_to_this_accounts_alarms_only(bench: Bench, stack: LakeStack) -> None:
    AlarmTopic(stack, "topic", name="shop-alarms", key=make_key(stack), emails=())
    template = bench.synth()
    assert only(template, "aws_sns_topic") == {"name": "shop-alarms", "kms_master_key_id": "${aws_kms_key.key.arn}"}
    policy = only(template, "aws_sns_topic_policy")
    assert policy["arn"] == "${aws_sns_topic.topic.arn}"
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Sid": "Publish",
            "Effect": "Allow",
            "Principal": {"Service": ["cloudwatch.amazonaws.com"]},
            "Action": ["sns:Publish"],
            "Resource": ["${aws_sns_topic.topic.arn}"],
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    ]


def test_role_may_publish_and_use_the_key_through_the_topic_only(bench: Bench, stack: LakeStack) -> None:
    role = ServiceRole(stack, "role", role_name="r", service="events.amazonaws.com", description="d")
    AlarmTopic(stack, "topic", name="shop-alarms", key=make_key(stack)).grant_publish(role)
    assert statements(bench.synth(), "role") == {
        "publish": [{"Sid": "Publish", "Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["${aws_sns_topic.topic.arn}"]}],
        "use-key-sns": [
            {
                "Sid": "UseKey",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": ["${aws_kms_key.key.arn}"],
                "Condition": {"StringEquals": {"kms:ViaService": ["sns.eu-west-1.amazonaws.com"]}},
            }
        ],
    }


def test_existing_topic_is_left_alone(bench: Bench, stack: LakeStack) -> None:
    role = ServiceRole(stack, "role", role_name="r", service="events.amazonaws.com", description="d")
    topic = AlarmTopic(stack, "topic", name="shop-alarms", key=None, existing_arn="arn:aws:sns:eu-west-1:123456789012:company")
    topic.grant_publish(role)
    template = bench.synth()
    assert not {"aws_sns_topic", "aws_sns_topic_policy"} & set(template["resource"])
    assert list(statements(template, "role")) == ["publish"]
    assert topic.must_allow.resources == ["arn:aws:sns:eu-west-1:123456789012:company"]


@pytest.mark.parametrize("emails", [(), ("a@example.com",), ("a@example.com", "b@example.com")])
def test_each_address_is_subscribed(bench: Bench, stack: LakeStack, emails: tuple[str, ...]) -> None:
    AlarmTopic(stack, "topic", name="shop-alarms", key=make_key(stack), emails=emails)
    subscriptions = of_kind(bench.synth(), "aws_sns_topic_subscription").values()
    assert tuple(subscription["endpoint"] for subscription in subscriptions) == emails
    assert {(subscription["protocol"], subscription["topic_arn"]) for subscription in subscriptions} <= {
        ("email", "${aws_sns_topic.topic.arn}")
    }
