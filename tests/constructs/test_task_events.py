"""Messages when capture stops, which no metric tells."""

from __future__ import annotations

import json

from constructs_lib.lake_stack import LakeStack
from constructs_lib.task_events import ServerlessEvents, TaskEvents
from tests.conftest import only
from tests.constructs.conftest import Bench

REPLICATION = "arn:aws:dms:eu-west-1:123456789012:replication-config:x"


def test_failure_and_stop_of_the_task_go_to_the_topic(bench: Bench, stack: LakeStack) -> None:
    TaskEvents(stack, "events", name="shop-capture-events", task_id="shop-capture", topic_arn="arn:topic")
    assert only(bench.synth(), "aws_dms_event_subscription") == {
        "name": "shop-capture-events",
        "source_type": "replication-task",
        "source_ids": ["shop-capture"],
        "event_categories": ["deletion", "failure", "state change"],
        "sns_topic_arn": "arn:topic",
        "enabled": True,
    }


def test_serverless_replication_is_watched_by_a_rule_for_it_alone(bench: Bench, stack: LakeStack) -> None:
    ServerlessEvents(stack, "events", name="shop-capture-events", replication_arn=REPLICATION, topic_arn="arn:topic")
    template = bench.synth()
    rule = only(template, "aws_cloudwatch_event_rule")
    assert rule["name"] == "shop-capture-events"
    assert json.loads(rule["event_pattern"]) == {"source": ["aws.dms"], "resources": [REPLICATION]}
    assert only(template, "aws_cloudwatch_event_target") == {"rule": "${aws_cloudwatch_event_rule.events.name}", "arn": "arn:topic"}
