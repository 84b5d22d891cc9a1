"""The database whose changes are captured."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from constructs_lib.config.base import KmsKeyArn, Model, SecretArn, SecurityGroupId
from constructs_lib.config.problems import Problem
from constructs_lib.config.text import Text, with_hyphens
from constructs_lib.defaults import limits
from constructs_lib.defaults.engine_versions import AURORA_MYSQL

_NAME_WORDS = "lower-case letters, digits and single hyphens, starting with a letter"
_NAME = r"[a-z](?:-?[a-z0-9])*"

# Aurora MySQL 3.02 brought Serverless v2, 3.08 a minimum of 0: aurora-serverless-v2.requirements.html.
_SERVERLESS_MINOR = 2
_PAUSE_MINOR = 8


class ServerlessV2Config(Model):
    """Aurora Serverless v2 capacity, in ACU (about 2 GiB of memory each), in steps of 0.5."""

    min_capacity_units: Annotated[float, limits.AURORA_CAPACITY_UNITS]
    """0 pauses an idle cluster, which DMS never lets it be."""
    max_capacity_units: Annotated[float, limits.AURORA_CAPACITY_UNITS]
    """At least 1, and not below the minimum."""

    def rules(self) -> Iterator[Problem]:
        """Half steps, at least 1 at the top, and a range that is one."""
        low, high = self.min_capacity_units, self.max_capacity_units
        for name, value in (("min_capacity_units", low), ("max_capacity_units", high)):
            if not (value * 2).is_integer():
                yield Problem((name,), f"must be a multiple of 0.5 ACU, got {value:g} (round it to {round(value * 2) / 2:g})")
        if high < 1:
            yield Problem(("max_capacity_units",), f"must be at least 1 ACU, got {high:g} (raise it)")
        if low > high:
            yield Problem(
                ("min_capacity_units",),
                f"must be no more than max_capacity_units, {high:g}, got {low:g} (lower it, or raise the maximum)",
                reads=(("max_capacity_units",),),
            )


class CreatedSourceConfig(Model):
    """An Aurora MySQL cluster made for the lake: encrypted, TLS required, ROW/FULL binlog without checksum."""

    cluster_identifier: Annotated[str, Text(_NAME_WORDS, _NAME, limits.CREATED_CLUSTER_NAME_CHARACTERS, with_hyphens)] | None = None
    """Name of the cluster; default: `<name prefix>-source`."""
    engine_version: Annotated[
        str, Text(f"a version of Aurora MySQL 3 such as {AURORA_MYSQL.default}", r"8\.0\.mysql_aurora\.3\.\d+\.\d+")
    ] = AURORA_MYSQL.default
    """Version that the cluster is made with; version 2 (MySQL 5.7) is out of standard support. AWS upgrades it when it ends, and you when
    you like; Terraform then leaves it alone ([operations.md](operations.md#engine-versions))."""
    apply_immediately: bool = False
    """Makes Terraform's changes of class, capacity and certificate at once, with a restart of the database. Otherwise they wait for its
    maintenance window, and show in every plan until then."""
    instance_class: Annotated[str, Text("an instance class such as db.r7g.large", r"db\.[a-z0-9]+\.[a-z0-9]+")] = "db.t4g.medium"
    """Class of the writer and the readers; not used with `serverless`."""
    readers: Annotated[int, limits.AURORA_READERS] = limits.AURORA_READERS.int_default
    """Read replicas beside the writer. DMS always reads changes from the writer."""
    serverless: ServerlessV2Config | None = None
    """Serverless v2 in place of a fixed instance class."""
    backup_retention_days: Annotated[int, limits.BACKUP_RETENTION_DAYS] = limits.BACKUP_RETENTION_DAYS.int_default
    """How far back the cluster can be restored."""
    password_rotation_days: Annotated[int, limits.PASSWORD_ROTATION_DAYS] | None = limits.PASSWORD_ROTATION_DAYS.int_default
    """How often Secrets Manager rotates the administrator's password; null leaves the schedule to RDS (7 days)."""
    replication_password_version: Annotated[int, limits.SECRET_VERSION] = limits.SECRET_VERSION.int_default
    """Raise it to give the replication user a new password, and do three things in one go: deploy `source`, run `moulin-prepare-source`,
    restart the task. In between DMS has a password that the database does not know, and a reconnect stops capture."""
    kms_key_arn: KmsKeyArn | None = None
    """Key of the storage, the backups and the secret; default: a key made for the source. Its policy must let the account's IAM policies
    say who uses it, as KMS's own default does. Log groups keep a key of the lake's own."""

    def warnings(self, today: date) -> Iterator[Problem]:
        """A version that ends soon, or that nobody here knows."""
        message = AURORA_MYSQL.warning(self.engine_version, today)
        if message is not None:
            yield Problem(("engine_version",), message)

    def rules(self) -> Iterator[Problem]:
        """A class or Serverless v2, and a version that has it."""
        if self.serverless is None:
            return
        with_serverless = (("serverless",),)
        if "instance_class" in self.model_fields_set:
            message = f"is not used with serverless, got {self.instance_class} (remove one of the two)"
            yield Problem(("instance_class",), message, reads=with_serverless)
        minor = int(self.engine_version.split(".")[4])
        if minor < _SERVERLESS_MINOR:
            message = f"must be Aurora MySQL 3.02 or later for serverless, got {self.engine_version} (raise it)"
            yield Problem(("engine_version",), message, reads=with_serverless)
        elif self.serverless.min_capacity_units == 0 and minor < _PAUSE_MINOR:
            message = f"must be at least 0.5 ACU before Aurora MySQL 3.08, got 0 with {self.engine_version} (raise one of the two)"
            yield Problem(("serverless", "min_capacity_units"), message, reads=(("engine_version",),))


class ExistingSourceConfig(Model):
    """An Aurora MySQL cluster that is already there. `docs/source.md` lists what it must have; nothing about it is changed but one
    ingress rule in its security group."""

    cluster_identifier: Annotated[str, Text(_NAME_WORDS, _NAME, limits.CLUSTER_NAME_CHARACTERS, with_hyphens)]
    """The cluster; it names the alarms' metrics."""
    security_group_id: SecurityGroupId
    """The database's group: an ingress rule for DMS (and the bastion) is added to it."""
    secret_arn: SecretArn
    """Secret with `username`, `password`, `host` and `port` of the replication user; host is the writer endpoint."""
    secret_kms_key_arn: KmsKeyArn | None = None
    """The key of that secret, when it is not AWS's own."""


class SourceConfig(Model):
    """Created or existing; nothing given means created with the defaults."""

    engine: Literal["aurora-mysql"] = "aurora-mysql"
    """The database engine."""
    port: Annotated[int, limits.PORT] = limits.PORT.int_default
    """TCP port of the database."""
    binlog_retention_hours: Annotated[int, limits.BINLOG_RETENTION_HOURS] = limits.BINLOG_RETENTION_HOURS.int_default
    """How long the source keeps its binlog: the longest outage of DMS that loses nothing. Aurora keeps it outside the parameter group, so
    it is set by a documented SQL call, which the bastion's set-up script makes."""
    tls_certificate_file: str | None = None
    """PEM file of the root that signed the database's certificate, relative to the working directory; default: Amazon RDS's own RSA2048 G1
    root of the region."""
    create: CreatedSourceConfig | None = None
    """A cluster made for the lake."""
    existing: ExistingSourceConfig | None = None
    """A cluster that is already there."""

    def warnings(self, today: date) -> Iterator[Problem]:
        """A cluster that the file leaves to the defaults."""
        if self.create is None and self.existing is None:
            yield from (problem.below("create") for problem in CreatedSourceConfig().warnings(today))

    def rules(self) -> Iterator[Problem]:
        """One of the two."""
        if self.create is not None and self.existing is not None:
            yield Problem(("existing",), "must not be given together with create (keep one of them)", reads=(("create",),))
