"""Alarms and the topic they go to: each with the reason that the person it wakes will read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from constructs_lib.defaults.limits import ALARM_PERIOD_SECONDS
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole, Statement, policy_document
from constructs_lib.part import Part, Scope
from constructs_lib.provider import CloudwatchMetricAlarm, SnsTopic, SnsTopicPolicy, SnsTopicSubscription

PUBLISHERS = ("cloudwatch.amazonaws.com",)
"""Services that publish as themselves; EventBridge does so as a role (constructs_lib/task_events.py)."""


class AlarmTopic(Part):
    """An encrypted topic that CloudWatch of this account may publish to, and roles that are granted to.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: topic name.
        key: encrypts it; its policy must let the publishers use it. None for a topic that exists and is not encrypted, or by AWS's own key.
        emails: each gets a mail to confirm.
        existing_arn: a topic that exists; nothing is made then, and its policy must already let the publishers in (`must_allow`).
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        name: str,
        key: EncryptionKey | None,
        emails: Sequence[str] = (),
        existing_arn: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.key = key
        if existing_arn is not None:
            self.arn: str = existing_arn
            return
        topic = SnsTopic(self, "Resource", name=name, kms_master_key_id=None if key is None else key.arn)
        self.arn = topic.arn
        SnsTopicPolicy(self, "policy", arn=self.arn, policy=policy_document([self.must_allow]))
        for index, email in enumerate(emails):
            SnsTopicSubscription(self, f"email-{index}", topic_arn=self.arn, protocol="email", endpoint=email)

    @property
    def must_allow(self) -> Statement:
        """What the topic's policy must say."""
        return Statement(
            "Publish",
            ["sns:Publish"],
            [self.arn],
            principals={"Service": list(PUBLISHERS)},
            conditions={"StringEquals": {"aws:SourceAccount": self.aws.account_id}},
        )

    def grant_publish(self, role: ServiceRole) -> None:
        """Lets a role of this account publish."""
        role.allow("publish", Statement("Publish", ["sns:Publish"], [self.arn]))
        if self.key is not None:
            self.key.grant_use(role, via=["sns"])


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
        no_data: what missing data means: `notBreaching` where silence is normal, `breaching` where it is not, `missing` where it says
            nothing.
        tell_silence: sends a message, too, when data that came has stopped coming; with `no_data="missing"`.
    """

    name: str
    metric: Metric
    threshold: float
    why: str
    below: bool = False
    minutes: int = 10
    no_data: str = field(default="notBreaching")
    tell_silence: bool = False


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
            dimensions=rule.metric.dimensions or None,
            statistic=rule.metric.statistic,
            period=ALARM_PERIOD_SECONDS,
            evaluation_periods=rule.minutes * 60 // ALARM_PERIOD_SECONDS,
            threshold=rule.threshold,
            comparison_operator="LessThanThreshold" if rule.below else "GreaterThanThreshold",
            treat_missing_data=rule.no_data,
            alarm_actions=[topic_arn],
            ok_actions=[topic_arn],
            insufficient_data_actions=[topic_arn] if rule.tell_silence else None,
        )
