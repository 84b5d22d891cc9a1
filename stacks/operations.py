"""The operations stack: alarms, their topic and the dashboard."""

from __future__ import annotations

from typing import Any

from constructs_lib.alarm_rules import capture_alarms, delivery_alarms, source_alarms, stream_alarms
from constructs_lib.alarms import PUBLISHERS, Alarm, AlarmRule, AlarmTopic
from constructs_lib.config.lake import Lake
from constructs_lib.config.names import capture_name, cluster_identifier, firehose_name, function_name, stream_name
from constructs_lib.dashboard import LakeDashboard
from constructs_lib.encryption import EncryptionKey
from constructs_lib.lake_stack import LakeStack
from constructs_lib.provider import Fn
from constructs_lib.task_events import ServerlessEvents, TaskEvents
from stacks.capture import CaptureStack


class OperationsStack(LakeStack):
    """What tells a person that rows do not arrive."""

    def __init__(self, app: Any, *, lake: Lake, capture: CaptureStack) -> None:
        super().__init__(app, lake=lake, component="operations")
        topic_arn = lake.operations.topic_arn or self._topic()
        rules = self._rules(capture)
        for rule in rules:
            Alarm(self, name_prefix=lake.prefix, rule=rule, topic_arn=topic_arn)
        LakeDashboard(self, "dashboard", name=lake.prefix, rules=rules)
        if lake.capture.serverless is not None:
            ServerlessEvents(self, "task-events", name=self.name("capture-events"), replication_arn=capture.task.arn, topic_arn=topic_arn)
        else:
            TaskEvents(self, "task-events", name=self.name("capture-events"), task_id=capture.task.id, topic_arn=topic_arn)
        self.export("AlarmTopicArn", topic_arn, "Topic of every alarm")

    def _topic(self) -> str:
        key = EncryptionKey(
            self, "key", alias=self.name("alarms"), description=f"Alarm messages of {self.lake.prefix}", services=PUBLISHERS
        )
        return AlarmTopic(self, "topic", name=self.name("alarms"), key=key, emails=self.lake.operations.alarm_emails).arn

    def _rules(self, capture: CaptureStack) -> list[AlarmRule]:
        """In the order in which rows travel: source, capture, stream, deliveries."""
        lake = self.lake
        rules = source_alarms(cluster_identifier=cluster_identifier(lake))
        if lake.capture.serverless is None:
            task = Fn.element(Fn.split(":", capture.task.arn), 6)  # DMS's metrics name a task by the end of its ARN
            dimensions = {"ReplicationInstanceIdentifier": capture_name(lake), "ReplicationTaskIdentifier": task}
            rules += capture_alarms(dimensions=dimensions, latency_seconds=lake.operations.capture_latency_seconds)
        rules += stream_alarms(stream_name=stream_name(lake), retention_hours=lake.stream.retention_hours)
        for delivery in lake.deliveries:
            rules += delivery_alarms(
                delivery=delivery.name,
                firehose_name=firehose_name(lake, delivery),
                function_name=function_name(lake, delivery),
                config=lake.operations,
            )
        return rules
