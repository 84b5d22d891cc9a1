"""Alarms and the topic they go to: each with the reason that the person it wakes will read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import Statement, policy_document
from constructs_lib.part import Part, Scope
from constructs_lib.provider import CloudwatchMetricAlarm, SnsTopic, SnsTopicPolicy, SnsTopicSubscription

PUBLISHERS = ("cloudwatch.amazonaws.com", "dms.amazonaws.com", "events.amazonaws.com")


class AlarmTopic(Part):
    """An encrypted topic that CloudWatch, DMS and EventBridge of this account may publish to.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: topic name.
        key: encrypts it; its policy must let the publishers use it.
        emails: each gets a mail to confirm.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, key: EncryptionKey, emails: Sequence[str]) -> None:
        super().__init__(scope, id_)
        topic = SnsTopic(self, "Resource", name=name, kms_master_key_id=key.arn)
        self.arn: str = topic.arn
        publish = Statement(
            "Publish",
            ["sns:Publish"],
            [self.arn],
            principals={"Service": list(PUBLISHERS)},
            conditions={"StringEquals": {"aws:SourceAccount": self.aws.account_id}},
        )
        SnsTopicPolicy(self, "policy", arn=self.arn, policy=policy_document([publish]))
        for index, email in enumerate(emails):
            SnsTopicSubscription(self, f"email-{index}", topic_arn=self.arn, protocol="email", endpoint=email)


@dataclass(frozen=True)
class Metric:
    """A CloudWatch metric.

    Attributes:
        namespace: such as `AWS/Firehose`.
        name: metric name.
        dimensions: dimension to value.
        statistic: `Maximum`, `Sum`, `Average` or `Minimum`.
        unit: as a person writes it, for the dashboard and the alarm's text.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    unit: str


@dataclass(frozen=True)
class AlarmRule:
    """When to wake somebody, and why.

    Attributes:
        name: end of the alarm's name, such as `delivery-freshness`.
        metric: what is watched.
        threshold: wakes above it (or below, with `below`).
        why: what is wrong when it wakes, and what to look at first.
        below: wakes when the metric falls under the threshold.
        minutes: how long it must last; a multiple of 5.
        no_data: what missing data means: `notBreaching` where silence is normal, `breaching` where it is not.
    """

    name: str
    metric: Metric
    threshold: float
    why: str
    below: bool = False
    minutes: int = 10
    no_data: str = field(default="notBreaching")


PERIOD_SECONDS = 300


class Alarm(Part):
    """A metric alarm that says the same when it wakes and when it clears.

    Args:
        scope: stack or construct.
        name_prefix: starts the alarm's name.
        rule: when and why.
        topic_arn: where it goes.
    """

    def __init__(self, scope: Scope, *, name_prefix: str, rule: AlarmRule, topic_arn: str) -> None:
        super().__init__(scope, rule.name)
        CloudwatchMetricAlarm(
            self,
            "Resource",
            alarm_name=f"{name_prefix}-{rule.name}",
            alarm_description=rule.why,
            namespace=rule.metric.namespace,
            metric_name=rule.metric.name,
            dimensions=rule.metric.dimensions,
            statistic=rule.metric.statistic,
            period=PERIOD_SECONDS,
            evaluation_periods=rule.minutes * 60 // PERIOD_SECONDS,
            threshold=rule.threshold,
            comparison_operator="LessThanThreshold" if rule.below else "GreaterThanThreshold",
            treat_missing_data=rule.no_data,
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
        )
