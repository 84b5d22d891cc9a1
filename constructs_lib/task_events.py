"""Messages when capture stops, which no metric tells: a stopped task sends none."""

from __future__ import annotations

from constructs_lib.alarms import AlarmTopic
from constructs_lib.iam import ServiceRole
from constructs_lib.part import Part, Scope, to_json
from constructs_lib.provider import CloudwatchEventRule, CloudwatchEventTarget


class CaptureEvents(Part):
    """Sends what DMS says of a lake's capture (started, stopped, failed, changed, deleted) to a topic, through EventBridge.

    One way for tasks and serverless replications: DMS's own subscriptions know tasks only, and from engine 3.4.6 on AWS recommends
    EventBridge (https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Events.html). The rule picks the resource and no types of events:
    they differ between the two kinds, and one left out would be a failure that nobody hears of.

    EventBridge publishes as a role that it may take on for this rule alone. A topic's policy could let it in as a service only without
    any condition (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html), for rules of every account.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: name of the rule and of its role, 1 to 64 characters.
        capture_arn: the replication task, or the serverless replication configuration.
        topic: where the messages go.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, capture_arn: str, topic: AlarmTopic) -> None:
        super().__init__(scope, id_)
        role = ServiceRole(
            self,
            "role",
            role_name=name,
            service="events.amazonaws.com",
            description=f"Lets the rule {name} publish to the alarms' topic",
            source_arn=self.aws.arn("events", f"rule/{name}"),
        )
        topic.grant_publish(role)
        rule = CloudwatchEventRule(
            self,
            "Resource",
            name=name,
            description="What DMS says of the lake's capture",
            event_pattern=to_json({"source": ["aws.dms"], "resources": [capture_arn]}),
        )
        CloudwatchEventTarget(self, "topic", rule=rule.name, arn=topic.arn, role_arn=role.arn, depends_on=role.policies)
