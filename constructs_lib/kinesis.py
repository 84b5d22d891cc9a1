"""The stream between capture and delivery."""

from __future__ import annotations

from constructs_lib.config.stream import StreamConfig
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.part import Part, Scope
from constructs_lib.provider import KinesisStream, KinesisStreamStreamModeDetails

AWS_MANAGED_KEY = "alias/aws/kinesis"


class CdcStream(Part):
    """An encrypted Kinesis data stream that keeps changes until they are delivered.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: 1 to 128 characters.
        config: capacity, shards and retention.
        key: its key; None for AWS's own.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, config: StreamConfig, key: EncryptionKey | None) -> None:
        super().__init__(scope, id_)
        self.key = key
        provisioned = config.capacity == "provisioned"
        self.resource = KinesisStream(
            self,
            "Resource",
            name=name,
            shard_count=config.shards if provisioned else None,
            retention_period=config.retention_hours,
            encryption_type="KMS",
            kms_key_id=AWS_MANAGED_KEY if key is None else key.arn,
            stream_mode_details=KinesisStreamStreamModeDetails(stream_mode="PROVISIONED" if provisioned else "ON_DEMAND"),
            lifecycle=self.data_lifecycle,
        )
        self.name: str = self.resource.name
        self.arn: str = self.resource.arn

    def grant_read(self, role: ServiceRole) -> None:
        """Lets a role read every shard."""
        actions = ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
        self._grant(role, "read-stream", actions)

    def grant_write(self, role: ServiceRole) -> None:
        """Lets a role put records."""
        self._grant(role, "write-stream", ["kinesis:DescribeStream", "kinesis:PutRecord", "kinesis:PutRecords"])

    def _grant(self, role: ServiceRole, purpose: str, actions: list[str]) -> None:
        role.allow(purpose, Statement("Stream", actions, [self.arn]))
        if self.key is not None:
            self.key.grant_use(role, via=["kinesis"])
