"""Capture: DMS endpoints, and the task or serverless replication between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constructs_lib.aurora import SourceExports
from constructs_lib.config.capture import CaptureMode, ReplicationInstanceConfig, ServerlessCaptureConfig
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole
from constructs_lib.kinesis import CdcStream
from constructs_lib.network import NetworkExports
from constructs_lib.notes import accept
from constructs_lib.part import Part, Scope, to_json
from constructs_lib.provider import (
    DmsCertificate,
    DmsEndpoint,
    DmsEndpointKinesisSettings,
    DmsEndpointMysqlSettings,
    DmsReplicationConfig,
    DmsReplicationConfigComputeConfig,
    DmsReplicationInstance,
    DmsReplicationSubnetGroup,
    DmsReplicationTask,
    Fn,
    TerraformResourceLifecycle,
    Token,
)
from constructs_lib.secret import grant_read_secret


class MysqlSourceEndpoint(Part):
    """DMS's way to Aurora MySQL: credentials from Secrets Manager through a role, TLS with the database's certificate checked.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: endpoint identifier, 1 to 255 characters.
        source: where the source is and which secret opens it.
        certificate_pem: the root that signed the database's certificate.
        server_timezone: time zone of the session; None for UTC.
        key: encrypts the connection's settings; another replaces the endpoint.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        name: str,
        source: SourceExports,
        certificate_pem: str,
        server_timezone: str | None,
        key: EncryptionKey,
    ) -> None:
        super().__init__(scope, id_)
        role = ServiceRole(
            self,
            "role",
            role_name=name,
            service=f"dms.{self.aws.region}.amazonaws.com",
            description="Lets DMS read the source's secret",
        )
        grant_read_secret(role, purpose="read-secret", secret_arn=source.replication_secret_arn, key_arn=source.secret_key_arn)
        certificate = DmsCertificate(self, "certificate", certificate_id=name, certificate_pem=certificate_pem)
        self.resource = DmsEndpoint(
            self,
            "Resource",
            endpoint_id=name,
            endpoint_type="source",
            engine_name="aurora",
            ssl_mode="verify-full",
            certificate_arn=certificate.certificate_arn,
            kms_key_arn=key.arn,
            secrets_manager_access_role_arn=role.arn,
            secrets_manager_arn=source.replication_secret_arn,
            mysql_settings=None if server_timezone is None else DmsEndpointMysqlSettings(server_timezone=server_timezone),
            depends_on=role.policies,
        )
        self.id: str = self.resource.endpoint_id
        self.arn: str = self.resource.endpoint_arn


class KinesisTargetEndpoint(Part):
    """DMS's way to the stream: one JSON line per change, with what the transform function needs to be exact.

    Transaction details give each change its position, nulls make a column set to NULL differ from an absent one, control and table-alter
    records carry schema changes, and large integers are kept out of scientific notation.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: endpoint identifier, 1 to 255 characters.
        stream: takes the changes.
        key: encrypts the connection's settings; another replaces the endpoint.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, stream: CdcStream, key: EncryptionKey) -> None:
        super().__init__(scope, id_)
        role = ServiceRole(self, "role", role_name=name, service="dms.amazonaws.com", description="Lets DMS write to the stream")
        stream.grant_write(role)
        self.resource = DmsEndpoint(
            self,
            "Resource",
            endpoint_id=name,
            endpoint_type="target",
            engine_name="kinesis",
            kms_key_arn=key.arn,
            kinesis_settings=DmsEndpointKinesisSettings(
                stream_arn=stream.arn,
                service_access_role_arn=role.arn,
                message_format="json-unformatted",
                include_transaction_details=True,
                include_null_and_empty=True,
                include_control_details=True,
                include_table_alter_operations=True,
                include_partition_value=True,
                partition_include_schema_table=True,
                use_large_integer_value=True,
            ),
            depends_on=role.policies,
        )
        self.id: str = self.resource.endpoint_id
        self.arn: str = self.resource.endpoint_arn


@dataclass(frozen=True)
class Migration:
    """What a replication does: between which endpoints, which tables, and how.

    Attributes:
        mode: full load, changes, or both.
        source: source endpoint.
        target: target endpoint.
        table_mappings: DMS's table-mapping document (constructs_lib/config/table_mappings.py).
        task_settings: DMS's complete task-settings document (constructs_lib/config/task_settings.py).
    """

    mode: CaptureMode
    source: MysqlSourceEndpoint
    target: KinesisTargetEndpoint
    table_mappings: Mapping[str, Any]
    task_settings: Mapping[str, Any]


@dataclass(frozen=True)
class ReplicationNetwork:
    """Where the replication runs."""

    subnet_group_id: str
    security_group_ids: Sequence[str]
    key: EncryptionKey


class ReplicationSubnets(Part):
    """The private subnets that DMS may use.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: group identifier.
        network: at least two private subnets in two zones.
        after: what must exist first: the account's DMS roles.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, network: NetworkExports, after: Sequence[Any]) -> None:
        super().__init__(scope, id_)
        self.resource = DmsReplicationSubnetGroup(
            self,
            "Resource",
            replication_subnet_group_id=name,
            replication_subnet_group_description=f"Private subnets of {name}",
            subnet_ids=list(network.private_subnet_ids),
            depends_on=list(after),
        )
        self.id: str = self.resource.replication_subnet_group_id


def resource_id(arn: str) -> str:
    """The end of a task's or a serverless replication's ARN, which DMS's metrics and log groups name it by."""
    return str(Token.as_string(Fn.element(Fn.split(":", arn), 6)))


class InstanceReplication(Part):
    """A replication instance and its task, which Terraform makes but never starts: `moulin` starts it once delivery is active.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: identifier of the instance and the task, 1 to 63 characters.
        config: class, storage and version.
        network: where it runs.
        migration: what it does.
    """

    def __init__(
        self, scope: Scope, id_: str, *, name: str, config: ReplicationInstanceConfig, network: ReplicationNetwork, migration: Migration
    ) -> None:
        super().__init__(scope, id_)
        instance = DmsReplicationInstance(
            self,
            "instance",
            replication_instance_id=name,
            replication_instance_class=config.instance_class,
            allocated_storage=config.storage_gib,
            engine_version=config.engine_version,
            apply_immediately=True,
            multi_az=config.multi_az,
            publicly_accessible=False,
            auto_minor_version_upgrade=False,
            allow_major_version_upgrade=False,
            preferred_maintenance_window=config.maintenance_window,
            replication_subnet_group_id=network.subnet_group_id,
            vpc_security_group_ids=list(network.security_group_ids),
            kms_key_arn=network.key.arn,
            lifecycle=TerraformResourceLifecycle(ignore_changes=["engine_version"]),  # AWS upgrades what ends, and takes no version back
        )
        accept(
            instance,
            {"CKV_AWS_222": "an upgrade stops capture while it lasts: an operator chooses its time, until AWS ends the version"},
        )
        self.resource = DmsReplicationTask(
            self,
            "Resource",
            replication_task_id=name,
            migration_type=migration.mode.value,
            replication_instance_arn=instance.replication_instance_arn,
            source_endpoint_arn=migration.source.arn,
            target_endpoint_arn=migration.target.arn,
            table_mappings=to_json(migration.table_mappings),
            replication_task_settings=to_json(migration.task_settings),
            start_replication_task=False,
        )
        self.id: str = self.resource.replication_task_id
        self.arn: str = self.resource.replication_task_arn


class ServerlessReplication(Part):
    """A DMS Serverless replication, which Terraform makes but never starts.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: identifier, 1 to 255 characters.
        config: capacity bounds.
        network: where it runs.
        migration: what it does.
    """

    def __init__(
        self, scope: Scope, id_: str, *, name: str, config: ServerlessCaptureConfig, network: ReplicationNetwork, migration: Migration
    ) -> None:
        super().__init__(scope, id_)
        self.resource = DmsReplicationConfig(
            self,
            "Resource",
            replication_config_identifier=name,
            replication_type=migration.mode.value,
            source_endpoint_arn=migration.source.arn,
            target_endpoint_arn=migration.target.arn,
            table_mappings=to_json(migration.table_mappings),
            replication_settings=to_json(migration.task_settings),
            start_replication=False,
            compute_config=DmsReplicationConfigComputeConfig(
                replication_subnet_group_id=network.subnet_group_id,
                vpc_security_group_ids=list(network.security_group_ids),
                kms_key_id=network.key.arn,
                min_capacity_units=config.min_capacity_units,
                max_capacity_units=config.max_capacity_units,
                multi_az=config.multi_az,
            ),
        )
        self.id: str = self.resource.replication_config_identifier
        self.arn: str = self.resource.arn
