"""The Kinesis stream between capture and delivery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from constructs_lib.config.base import KmsKeyArn, Model
from constructs_lib.config.problems import Problem
from constructs_lib.config.text import Text
from constructs_lib.defaults import limits


class StreamConfig(Model):
    """A Kinesis data stream, encrypted."""

    name: (
        Annotated[str, Text("letters, digits, underscores, dots and hyphens", r"[a-zA-Z0-9_.-]+", limits.STREAM_NAME_CHARACTERS)] | None
    ) = None
    """Default: `<name prefix>-cdc`."""
    capacity: Literal["on-demand", "provisioned"] = "on-demand"
    """`on-demand` follows the load; `provisioned` is cheaper for a load that is steady and known."""
    shards: Annotated[int, limits.STREAM_SHARDS] | None = None
    """Provisioned only. A shard takes 1 MB/s or 1,000 rows/s, and small rows meet the second first."""
    retention_hours: Annotated[int, limits.STREAM_RETENTION_HOURS] = limits.STREAM_RETENTION_HOURS.int_default
    """How long an outage of the delivery may last before changes are lost. Above 24 it is billed."""
    encryption: Literal["customer-key", "aws-managed"] = "customer-key"
    """`customer-key` makes a key for the lake's streams; `aws-managed` is alias/aws/kinesis."""
    kms_key_arn: KmsKeyArn | None = None
    """A key of your own, with `customer-key`; default: a key made for the lake. Its policy must let the account's IAM policies say who uses
    it, as KMS's own default does."""

    def rules(self) -> Iterator[Problem]:
        """Shards belong to provisioned capacity, a key to `customer-key`."""
        if self.capacity == "provisioned" and self.shards is None:
            yield Problem(("shards",), "is missing: provisioned capacity needs a number of shards (give shards, or use on-demand)")
        if self.capacity == "on-demand" and self.shards is not None:
            yield Problem(
                ("shards",), f"is only for provisioned capacity, got {self.shards} with on-demand (remove it, or set capacity: provisioned)"
            )
        if self.encryption == "aws-managed" and self.kms_key_arn is not None:
            yield Problem(("kms_key_arn",), "is only for encryption: customer-key (remove it, or set encryption: customer-key)")
