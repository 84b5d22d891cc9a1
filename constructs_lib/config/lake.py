"""The lake: everything one lake file describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from constructs_lib.config.base import AccountId, KmsKeyArn, Model, Region, RoleArn, SecretArn, TopicArn
from constructs_lib.config.capture import CaptureConfig
from constructs_lib.config.delivery import DeliveryConfig
from constructs_lib.config.network import NetworkConfig
from constructs_lib.config.problems import Problem
from constructs_lib.config.source import SourceConfig
from constructs_lib.config.state import BucketName, StateConfig
from constructs_lib.config.stream import StreamConfig
from constructs_lib.config.table import TableConfig
from constructs_lib.config.text import Text, with_hyphens
from constructs_lib.defaults import limits
from constructs_lib.defaults.certificates import certificate_file

ERROR_BUCKET_SUFFIX = "-errors"


class StorageConfig(Model):
    """The lake's buckets: one for table data, one for errors."""

    bucket: BucketName | None = None
    """Data bucket; default: `<name prefix>-lake-<account>`. The error bucket has the same name with `-errors`."""
    kms_key_arn: KmsKeyArn | None = None
    """Key of both buckets; default: a key made for the lake. Its policy must let the account's IAM policies say who uses it, as KMS's own
    default does. Log groups keep a key of the lake's own."""
    error_retention_days: Annotated[int, limits.ERROR_RETENTION_DAYS] = limits.ERROR_RETENTION_DAYS.int_default
    """Failed records are deleted after this many days: replay them before."""
    noncurrent_days: Annotated[int, limits.NONCURRENT_DAYS] = limits.NONCURRENT_DAYS.int_default
    """Deleted and overwritten objects stay recoverable for this many days."""

    def rules(self) -> Iterator[Problem]:
        """A name that leaves room for the error bucket's, without dots."""
        if self.bucket is None:
            return
        longest = int(limits.BUCKET_NAME_CHARACTERS.maximum) - len(ERROR_BUCKET_SUFFIX)
        if len(self.bucket) > longest:
            message = (
                f"must be at most {longest} characters, got {len(self.bucket)}: the error bucket adds {ERROR_BUCKET_SUFFIX} (shorten it)"
            )
            yield Problem(("bucket",), message)
        if "." in self.bucket:
            message = f"must not contain a dot, got {self.bucket}: S3's certificate does not cover such a name (use hyphens)"
            yield Problem(("bucket",), message)


class LakeFormationConfig(Model):
    """Grants only: the account's Lake Formation administrators are never touched."""

    grants: bool = True
    """Grants the Firehose role, the optimizers' role and the readers what they need on the lake's tables. Needed unless the account still
    uses IAM-only access control."""
    register_location: bool = False
    """Registers the data bucket with Lake Formation, in hybrid mode and with a role of the lake: Firehose, the optimizers and the readers
    are opted in and get their credentials from it; for others nothing changes. Adding a table later takes a grant on the location."""
    readers: tuple[RoleArn, ...] = ()
    """Roles that may read every table and view of the lake's databases. Each also needs the policy in output `ReaderPolicyArn`, which its
    owner attaches: with `register_location` it allows the catalog only, without it the files and their key, too."""

    def rules(self) -> Iterator[Problem]:
        """No registered location without grants, and a reader once."""
        if self.register_location and not self.grants:
            message = (
                "must not be false with register_location: at a registered location Lake Formation refuses the commits of a role without a"
                " grant (remove one of the two)"
            )
            yield Problem(("grants",), message, reads=(("register_location",),))
        for position, reader in enumerate(self.readers):
            if reader in self.readers[:position]:
                yield Problem(("readers", position), f"is listed twice: {reader} (remove one)")


class BastionConfig(Model):
    """A host inside the network, reached by Session Manager: no open port, no key pair."""

    instance_type: Annotated[str, Text("an instance type such as t4g.small", r"[a-z0-9-]+\.[a-z0-9-]+")] = "t4g.small"
    """Type of the host; arm64 types (t4g, m7g) take an arm64 image."""


EmailAddress = Annotated[str, Text("a mail address such as data@example.com", r"[^@\s,;<>]+@[^@\s,;<>]+\.[^@\s,;<>.]+")]


class OperationsConfig(Model):
    """Alarms, their topic and the dashboard."""

    alarm_emails: tuple[EmailAddress, ...] = ()
    """Addresses that the alarms go to. Each receives a mail to confirm."""
    topic_arn: TopicArn | None = None
    """A topic of the lake's account that exists; default: one is made.
    Its policy must let CloudWatch publish: the `operations` stack prints the statement, as `AlarmTopicMustAllow`."""
    topic_kms_key_arn: KmsKeyArn | None = None
    """The key of that topic, when it is not AWS's own. Its policy must let CloudWatch use it: `AlarmTopicKeyMustAllow`."""
    delivery_freshness_seconds: Annotated[int, limits.DELIVERY_FRESHNESS_SECONDS] | None = None
    """Alarm when the oldest undelivered row is older; at least what a delivery's two buffers and a period of the alarm (300) come to.
    Default: that, and not less than 900."""
    capture_latency_seconds: Annotated[int, limits.CAPTURE_LATENCY_SECONDS] = limits.CAPTURE_LATENCY_SECONDS.int_default
    """Alarm when DMS is further behind the source or the stream."""
    log_retention_days: Annotated[int, limits.LOG_RETENTION_DAYS] = limits.LOG_RETENTION_DAYS.int_default
    """How long log groups keep what was logged."""

    def rules(self) -> Iterator[Problem]:
        """Mails need a topic of our own, and an address counts once."""
        if self.topic_kms_key_arn is not None and self.topic_arn is None:
            message = "is only for a topic that exists: the one that is made has a key of the lake's (give topic_arn, or remove it)"
            yield Problem(("topic_kms_key_arn",), message)
        if self.topic_arn is not None and self.topic_arn.endswith(".fifo"):
            message = f"must be a standard topic, got {self.topic_arn}: a FIFO topic refuses messages without a group, and these have none"
            yield Problem(("topic_arn",), message)
        if self.topic_arn is not None and self.alarm_emails:
            message = "must not be given together with topic_arn: the topic's owner subscribes to it (keep one of them)"
            yield Problem(("alarm_emails",), message, reads=(("topic_arn",),))
        for position, address in enumerate(self.alarm_emails):
            if address.lower() in [earlier.lower() for earlier in self.alarm_emails[:position]]:
                yield Problem(("alarm_emails", position), f"is listed twice: {address} (remove one)")


class ProtectionConfig(Model):
    """The first of the two keys that deleting data needs; the second is `MOULIN_DESTROY_DATA=<lake name>` on the command line."""

    allow_data_destruction: bool = False
    """Lets a destroy take the buckets with what they hold."""


_NAME_WORDS = "lower-case letters, digits and single hyphens, starting with a letter"
_NAME = r"[a-z](?:-?[a-z0-9])*"


class PrivacyConfig(Model):
    """What `pii: hash` columns need."""

    hash_secret_arn: SecretArn | None = None
    """Secret whose text is the key of the hash. Rotating it changes every hash."""
    hash_secret_kms_key_arn: KmsKeyArn | None = None
    """The key of that secret, when it is not AWS's own."""


def _bastion(value: Any) -> str:
    return "settings" if isinstance(value, (dict, BastionConfig)) else "off"


class Lake(Model):
    """Everything one lake file describes."""

    name: Annotated[str, Text(_NAME_WORDS, _NAME, limits.LAKE_NAME_CHARACTERS, with_hyphens)]
    """Name of the lake; with the environment it begins the name of everything that is made."""
    environment: Annotated[
        str, Text("lower-case letters and digits, starting with a letter", r"[a-z][a-z0-9]*", limits.ENVIRONMENT_CHARACTERS)
    ] = "dev"
    """Tells copies of a lake apart, such as `dev` and `prod`; part of every name."""
    region: Region
    """AWS region of the lake."""
    account: AccountId | None = None
    """Account guard: Terraform refuses to run in any other."""
    name_prefix: Annotated[str, Text(_NAME_WORDS, _NAME, limits.NAME_PREFIX_CHARACTERS, with_hyphens)] | None = None
    """Starts the name of everything that is made; default: `<name>-<environment>`."""
    tags: dict[str, str] = Field(default_factory=dict)
    """Tags of everything that takes tags, beside `moulin:lake`, `moulin:stack`, `moulin:environment` and `Name`."""
    state: StateConfig
    """Where Terraform keeps what it made: `{backend: s3, bucket: ...}` or `{backend: local}`."""
    network: NetworkConfig = NetworkConfig()
    """The network of the source and of DMS."""
    source: SourceConfig = SourceConfig()
    """The database whose changes are captured."""
    capture: CaptureConfig = CaptureConfig()
    """How changes leave the source."""
    stream: StreamConfig = StreamConfig()
    """The Kinesis stream between capture and delivery."""
    storage: StorageConfig = StorageConfig()
    """The lake's buckets."""
    lake_formation: LakeFormationConfig = LakeFormationConfig()
    """Lake Formation grants."""
    deliveries: tuple[DeliveryConfig, ...] = Field(default=(DeliveryConfig(),), min_length=1)
    """Firehose streams from the stream to the tables; default: one, named `iceberg`."""
    tables: tuple[TableConfig, ...] = Field(min_length=1)
    """The source tables and where they go."""
    privacy: PrivacyConfig = PrivacyConfig()
    """What columns with `pii: hash` need."""
    operations: OperationsConfig = OperationsConfig()
    """Alarms, logs and the dashboard."""
    protection: ProtectionConfig = ProtectionConfig()
    """What may be destroyed."""
    bastion: Annotated[Annotated[BastionConfig, Tag("settings")] | Annotated[Literal[False], Tag("off")], Discriminator(_bastion)] = False
    """`{}` adds the bastion stack with the defaults. `moulin seed` is installed on it where the network has a way to the internet."""

    @property
    def prefix(self) -> str:
        """Starts every name; two lakes in one account and region differ in it."""
        return self.name_prefix or f"{self.name}-{self.environment}"

    @property
    def partition(self) -> str:
        """The AWS partition of the region: aws, aws-cn or aws-us-gov."""
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(re.split(r"-(?:[a-z]+-\d)$", self.region)[0], "aws")

    @property
    def source_root(self) -> Path:
        """PEM file of the root that signed the source's certificate."""
        named = self.source.tls_certificate_file
        return certificate_file(self.region) if named is None else Path(named)

    def database_of(self, delivery: DeliveryConfig) -> str:
        """Glue database that a delivery writes to."""
        return delivery.database or self.prefix.replace("-", "_")

    def tables_of(self, delivery: DeliveryConfig) -> tuple[TableConfig, ...]:
        """The tables that a delivery carries, in the file's order."""
        return tuple(table for table in self.tables if table.deliveries is None or delivery.name in table.deliveries)

    def target_of(self, table: TableConfig) -> str:
        """Table name in the lake."""
        return table.target_name

    def bucket_of(self, account: str) -> str:
        """The data bucket of the lake when it is deployed to an account."""
        return self.storage.bucket or f"{self.prefix}-lake-{account}"

    def location_of(self, delivery: DeliveryConfig, table: TableConfig) -> str:
        """Folder of a table in the data bucket."""
        return f"{delivery.data_prefix or self.database_of(delivery)}/{table.folder}"

    def rules(self) -> Iterator[Problem]:
        """Everything that no single part of the file shows: see the rules package."""
        from constructs_lib.config.rules import check_lake  # it needs this module's classes

        yield from check_lake(self)

    def warnings(self, today: date) -> Iterator[Problem]:
        """What is accepted and has a risk that no single part of the file shows: see the rules package."""
        from constructs_lib.config.rules import warn_of_lake

        yield from warn_of_lake(self, today)
