"""CloudWatch log groups and streams: what a service is told to write to is made first, or nothing is logged."""

from __future__ import annotations

from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.notes import accept
from constructs_lib.part import Part, Scope
from constructs_lib.provider import (
    CloudwatchLogGroup,
    CloudwatchLogMetricFilter,
    CloudwatchLogMetricFilterMetricTransformation,
    CloudwatchLogStream,
)

AUDIT_RETENTION_DAYS = 365
"""How long at least what shows who came in is kept; other logs are for operating, and some hold personal data."""


class LogGroup(Part):
    """A log group with a retention, and streams in it where the writer does not make its own.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: as the service expects it, such as `/aws/lambda/<function>`.
        retention_days: one of the steps that CloudWatch allows.
        key: encrypts it; its policy must name the group (EncryptionKey's `log_groups`).
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, retention_days: int, key: EncryptionKey) -> None:
        super().__init__(scope, id_)
        self.resource = CloudwatchLogGroup(self, "Resource", name=name, retention_in_days=retention_days, kms_key_id=key.logs_arn)
        if retention_days < AUDIT_RETENTION_DAYS:
            accept(
                self.resource,
                {"CKV_AWS_338": "a log for operating, not an audit trail: operations.log_retention_days of the lake file keeps it longer"},
            )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn

    def add_stream(self, name: str) -> CloudwatchLogStream:
        """Makes a stream: Firehose neither makes its streams nor complains when they are missing."""
        return CloudwatchLogStream(self, name, name=name, log_group_name=self.name)

    def count_lines(self, id_: str, *, pattern: str, namespace: str, metric_name: str) -> None:
        """Counts the lines that a pattern matches, as a metric that is 0 while there are other lines.

        Args:
            id_: construct id.
            pattern: a filter pattern of CloudWatch Logs: a bare word matches lines that hold it, in this case of its letters.
            namespace: the metric's.
            metric_name: the metric.
        """
        CloudwatchLogMetricFilter(
            self,
            id_,
            name=metric_name,
            pattern=pattern,
            log_group_name=self.name,
            metric_transformation=CloudwatchLogMetricFilterMetricTransformation(
                name=metric_name, namespace=namespace, value="1", default_value="0"
            ),
        )

    def grant_write(self, role: ServiceRole) -> None:
        """Lets a role write to every stream of the group, and make streams."""
        role.allow(
            f"write-{self.label}",
            Statement("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{self.arn}:log-stream:*"]),
        )
