"""Messages when capture stops, which no metric tells."""

from __future__ import annotations

import json

import pytest

from constructs_lib.alarms import AlarmTopic
from constructs_lib.lake_stack import LakeStack
from constructs_lib.task_events import CaptureEvents
from tests.conftest import only
from tests.constructs.conftest import Bench, make_key, of_kind, statements, trust

TASK = "arn:aws:dms:eu-west-1:123456789012:task:ABCDEF"
REPLICATION = "arn:aws:dms:eu-west-1:123456789012:replication-config:ABCDEF"


@pytest.mark.parametrize("arn", [TASK, REPLICATION])
def test_whatever_dms_says_of_this_capture_goes_to_the_topic(bench: Bench, stack: LakeStack, arn: str) -> None:
    """A task and a serverless replication alike; a failure comes under another type of event than a stop, so no type is named."""
    topic = AlarmTopic(stack, "topic", name="shop-alarms", key=make_key(stack))
    CaptureEvents(stack, "events", name="shop-capture-events", capture_arn=arn, topic=topic)
    template = bench.synth()
    rule = only(template, "aws_cloudwatch_event_rule")
    assert rule["name"] == "shop-capture-events"
    assert json.loads(rule["event_pattern"]) == {"source": ["aws.dms"], "resources": [arn]}
    assert only(template, "aws_cloudwatch_event_target") == {
        "rule": "${aws_cloudwatch_event_rule.events.name}",
        "arn": "${aws_sns_topic.topic.arn}",
        "role_arn": "${aws_iam_role.events_role.arn}",
        "depends_on": ["aws_iam_role_policy.events_role_publish", "aws_iam_role_policy.events_role_use_key_sns"],
    }
    assert "aws_dms_event_subscription" not in template["resource"]


def test_eventbridge_publishes_as_a_role_for_this_rule_alone(bench: Bench, stack: LakeStack) -> None:
    topic = AlarmTopic(stack, "topic", name="shop-alarms", key=make_key(stack))
    CaptureEvents(stack, "events", name="shop-capture-events", capture_arn=TASK, topic=topic)
    template = bench.synth()
    assert trust(template, "events_role") == {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": "123456789012",
                "aws:SourceArn": "arn:aws:events:eu-west-1:123456789012:rule/shop-capture-events",
            }
        },
    }
    assert list(statements(template, "events_role")) == ["publish", "use-key-sns"]
    assert list(of_kind(template, "aws_iam_role")) == ["events_role"]
