"""Messages when capture stops, which no metric tells: a stopped task sends none."""

from __future__ import annotations

from constructs_lib.part import Part, Scope, to_json
from constructs_lib.provider import CloudwatchEventRule, CloudwatchEventTarget, DmsEventSubscription


class TaskEvents(Part):
    """Sends DMS's own notices of a task (failure, state change, deletion) to a topic.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: subscription name.
        task_id: the replication task.
        topic_arn: where they go.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, task_id: str, topic_arn: str) -> None:
        super().__init__(scope, id_)
        DmsEventSubscription(
            self,
            "Resource",
            name=name,
            source_type="replication-task",
            source_ids=[task_id],
            event_categories=["deletion", "failure", "state change"],
            sns_topic_arn=topic_arn,
            enabled=True,
        )


class ServerlessEvents(Part):
    """Sends EventBridge's notices of a serverless replication to a topic.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: rule name.
        replication_arn: the replication configuration.
        topic_arn: where they go.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, replication_arn: str, topic_arn: str) -> None:
        super().__init__(scope, id_)
        rule = CloudwatchEventRule(
            self,
            "Resource",
            name=name,
            description="State changes of the lake's serverless replication",
            event_pattern=to_json({"source": ["aws.dms"], "resources": [replication_arn]}),
        )
        CloudwatchEventTarget(self, "topic", rule=rule.name, arn=topic_arn)
