"""The operations stack: alarms, their topic and the dashboard."""

from __future__ import annotations

from typing import Any

from constructs_lib.alarm_rules import capture_alarms, delivery_alarms, event_alarms, source_alarms, stream_alarms, truncation_alarms
from constructs_lib.alarms import PUBLISHERS, Alarm, AlarmRule, AlarmTopic
from constructs_lib.config.capture import CaptureMode
from constructs_lib.config.freshness import freshness_threshold
from constructs_lib.config.lake import Lake, OperationsConfig
from constructs_lib.config.names import capture_name, cluster_identifier, firehose_name, function_name, stream_name, truncation_metric
from constructs_lib.dashboard import LakeDashboard
from constructs_lib.dms import resource_id
from constructs_lib.encryption import EncryptionKey
from constructs_lib.lake_stack import LakeStack
from constructs_lib.part import to_json
from constructs_lib.task_events import CaptureEvents
from stacks.capture import CaptureStack


class OperationsStack(LakeStack):
    """What tells a person that rows do not arrive."""

    def __init__(self, app: Any, *, lake: Lake, capture: CaptureStack) -> None:
        super().__init__(app, lake=lake, component="operations")
        config = lake.operations
        topic = self._made_topic(config) if config.topic_arn is None else self._existing_topic(config, config.topic_arn)
        events_name = self.name("capture-events")
        rules = self._rules(capture, events_name)
        for rule in rules:
            Alarm(self, name_prefix=lake.prefix, rule=rule, topic_arn=topic.arn)
        LakeDashboard(self, "dashboard", name=lake.prefix, rules=rules)
        CaptureEvents(self, "task-events", name=events_name, capture_arn=capture.task.arn, topic=topic)
        self.export("AlarmTopicArn", topic.arn, "Topic of every alarm")

    def _made_topic(self, config: OperationsConfig) -> AlarmTopic:
        name = self.name("alarms")
        key = EncryptionKey(self, "key", alias=name, description=f"Alarm messages of {self.lake.prefix}", services=PUBLISHERS)
        return AlarmTopic(self, "topic", name=name, key=key, emails=config.alarm_emails)

    def _existing_topic(self, config: OperationsConfig, arn: str) -> AlarmTopic:
        """A topic of somebody else's: what its policy, and its key's, must say is printed for them."""
        name, key = self.name("alarms"), None
        if config.topic_kms_key_arn is not None:
            key = EncryptionKey(self, "key", alias=name, description="Key of the alarms' topic", existing_arn=config.topic_kms_key_arn)
            statement = to_json(key.must_allow(PUBLISHERS).to_dict())
            self.export("AlarmTopicKeyMustAllow", statement, "Statement that the policy of the topic's key needs")
        topic = AlarmTopic(self, "topic", name=name, key=key, existing_arn=arn)
        self.export("AlarmTopicMustAllow", to_json(topic.must_allow.to_dict()), "Statement that the policy of the topic needs")
        return topic

    def _rules(self, capture: CaptureStack, events_name: str) -> list[AlarmRule]:
        """In the order in which rows travel: source, capture, stream, deliveries."""
        lake = self.lake
        rules = source_alarms(
            cluster_identifier=cluster_identifier(lake), local_storage=lake.source.create is None or lake.source.create.serverless is None
        )
        if lake.capture.serverless is None and lake.capture.mode is not CaptureMode.FULL_LOAD:
            dimensions = {"ReplicationInstanceIdentifier": capture_name(lake), "ReplicationTaskIdentifier": resource_id(capture.task.arn)}
            rules += capture_alarms(dimensions=dimensions, latency_seconds=lake.operations.capture_latency_seconds)
        rules += truncation_alarms(metric_name=truncation_metric(lake))
        rules += event_alarms(rule_name=events_name)
        rules += stream_alarms(stream_name=stream_name(lake))
        for delivery in lake.deliveries:
            rules += delivery_alarms(
                delivery=delivery.name,
                firehose_name=firehose_name(lake, delivery),
                function_name=function_name(lake, delivery),
                freshness_seconds=freshness_threshold(lake.operations, delivery),
                retention_hours=lake.stream.retention_hours,
            )
        return rules
