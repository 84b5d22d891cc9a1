"""An Aurora MySQL cluster that DMS can read changes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from constructs_lib.config.source import CreatedSourceConfig
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole
from constructs_lib.logs import AUDIT_RETENTION_DAYS, LogGroup
from constructs_lib.network import NetworkExports
from constructs_lib.notes import accept
from constructs_lib.part import Part, Scope, child_address
from constructs_lib.provider import (
    DbParameterGroup,
    DbParameterGroupParameter,
    DbSubnetGroup,
    RdsCluster,
    RdsClusterInstance,
    RdsClusterParameterGroup,
    RdsClusterParameterGroupParameter,
    RdsClusterServerlessv2ScalingConfiguration,
    SecretsmanagerSecretRotation,
    SecretsmanagerSecretRotationRotationRules,
    TerraformResourceLifecycle,
)
from constructs_lib.record import Record

ENGINE = "aurora-mysql"
FAMILY = "aurora-mysql8.0"
CERTIFICATE_AUTHORITY = "rds-ca-rsa2048-g1"
ADMIN_USER = "admin"
AUDIT_LOG = "audit"
LOG_EXPORTS = (AUDIT_LOG, "error", "slowquery")

CLUSTER_PARAMETERS: Mapping[str, str] = {
    "binlog_format": "ROW",
    "binlog_row_image": "full",
    "binlog_checksum": "NONE",
    "require_secure_transport": "ON",
    "character_set_server": "utf8mb4",
    "collation_server": "utf8mb4_unicode_ci",
    "character-set-client-handshake": "0",
    "init_connect": "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci",
    "slow_query_log": "1",
    "server_audit_logging": "1",
    "server_audit_events": "CONNECT",  # who came in and who was refused; statements would put rows and passwords into the log
    "wait_timeout": "300",
}
"""DMS needs a ROW binlog with full images and without checksums (CHAP_Source.MySQL); the rest is the seed's, with TLS required."""

INSTANCE_PARAMETERS: Mapping[str, str] = {
    "slow_query_log": "1",
    "wait_timeout": "300",
    "init_connect": "SET NAMES utf8mb4 COLLATE utf8mb4_unicode_ci",
}

ACCEPTED = {
    "CKV2_AWS_8": "Aurora's own backups restore to any second of backup_retention_days; a plan of AWS Backup is the account's to make",
    "CKV_AWS_326": "Aurora does not backtrack a cluster whose binlog is replicated, and DMS replicates it",
}
ACCEPTED_OF_INSTANCES = {"CKV_AWS_226": "an upgrade restarts the database: an operator chooses its time, until AWS ends the version"}
"""What checkov says of the cluster and its instances, and why it stays so."""

APPLY_METHOD = "pending-reboot"
"""For every parameter: RDS takes it for dynamic and static ones alike, and refuses the whole group when a static one is to be applied
immediately (API_Parameter.html). Nothing waits for it: a new cluster reads its parameters when it first starts.
"""


@dataclass(frozen=True)
class SourceExports:
    """What the other stacks need of the source, made or existing.

    Attributes:
        cluster_identifier: dimension of the cluster's metrics.
        host: writer endpoint; None when only the secret knows it.
        port: TCP port.
        security_group_id: the database's group, to be opened for clients.
        replication_secret_arn: secret of the user DMS reads as.
        secret_key_arn: key of that secret; None for AWS's own.
        admin_secret_arn: secret of the administrator; None for an existing source.
    """

    cluster_identifier: str
    host: str | None
    port: int
    security_group_id: str
    replication_secret_arn: str
    secret_key_arn: str | None
    admin_secret_arn: str | None


class AuroraMysql(Part):
    """An encrypted Aurora MySQL 3 cluster with a ROW/FULL binlog without checksums, TLS required, and a password that RDS manages.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: cluster identifier, 1 to 63 characters; everything else is named after it.
        config: version, instances or serverless capacity, backups.
        port: TCP port.
        network: where it lies: private subnets only.
        security_group_id: its security group.
        key: encrypts storage, logs, insights and the password.
        log_retention_days: retention of the exported logs; of the audit log at least a year.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        name: str,
        config: CreatedSourceConfig,
        port: int,
        network: NetworkExports,
        security_group_id: str,
        key: EncryptionKey,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, id_)
        subnets = DbSubnetGroup(
            self, "subnets", name=name, description=f"Private subnets of {name}", subnet_ids=list(network.private_subnet_ids)
        )
        logs = [self._log(log, name, log_retention_days, key).resource for log in LOG_EXPORTS]
        serverless = config.serverless
        self.resource = RdsCluster(
            self,
            "Resource",
            cluster_identifier=name,
            engine=ENGINE,
            engine_version=config.engine_version,
            apply_immediately=config.apply_immediately,
            port=port,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[security_group_id],
            db_cluster_parameter_group_name=self._cluster_parameters(name),
            master_username=ADMIN_USER,
            manage_master_user_password=True,
            master_user_secret_kms_key_id=key.arn,
            storage_encrypted=True,
            kms_key_id=key.arn,
            iam_database_authentication_enabled=True,
            backup_retention_period=config.backup_retention_days,
            preferred_backup_window="03:00-04:00",
            copy_tags_to_snapshot=True,
            enabled_cloudwatch_logs_exports=list(LOG_EXPORTS),
            deletion_protection=self.protected,
            skip_final_snapshot=not self.protected,
            final_snapshot_identifier=self._final_snapshot(name),
            serverlessv2_scaling_configuration=None
            if serverless is None
            else RdsClusterServerlessv2ScalingConfiguration(
                min_capacity=serverless.min_capacity_units, max_capacity=serverless.max_capacity_units
            ),
            lifecycle=TerraformResourceLifecycle(prevent_destroy=self.protected or None, ignore_changes=["engine_version"]),
            depends_on=logs,
        )
        accept(self.resource, ACCEPTED)
        self._instances(name, config, key)
        self.admin_secret_arn: str = self.resource.master_user_secret.get(0).secret_arn
        if config.password_rotation_days is not None:
            SecretsmanagerSecretRotation(
                self,
                "password-rotation",
                secret_id=self.admin_secret_arn,
                rotation_rules=SecretsmanagerSecretRotationRotationRules(automatically_after_days=config.password_rotation_days),
                rotate_immediately=False,
            )

    def _final_snapshot(self, name: str) -> str:
        """A name that every cluster made from this stack has once: a second one could not be destroyed while the first one's snapshot is
        kept.
        """
        Record(self, "final-snapshot", value={"cluster": name})
        return f"{name}-final-${{terraform_data.{child_address(self, 'final-snapshot')}.id}}"

    def _log(self, log: str, cluster: str, retention_days: int, key: EncryptionKey) -> LogGroup:
        retention_days = max(retention_days, AUDIT_RETENTION_DAYS) if log == AUDIT_LOG else retention_days
        return LogGroup(self, f"{log}-log", name=f"/aws/rds/cluster/{cluster}/{log}", retention_days=retention_days, key=key)

    def _cluster_parameters(self, name: str) -> str:
        group = RdsClusterParameterGroup(
            self,
            "cluster-parameters",
            name=name,
            family=FAMILY,
            description="ROW binlog with full images for DMS, TLS required",
            parameter=[
                RdsClusterParameterGroupParameter(name=parameter, value=value, apply_method=APPLY_METHOD)
                for parameter, value in CLUSTER_PARAMETERS.items()
            ],
        )
        return str(group.name)

    def _instances(self, name: str, config: CreatedSourceConfig, key: EncryptionKey) -> None:
        parameters = DbParameterGroup(
            self,
            "instance-parameters",
            name=name,
            family=FAMILY,
            description=f"Instances of {name}",
            parameter=[
                DbParameterGroupParameter(name=parameter, value=value, apply_method=APPLY_METHOD)
                for parameter, value in INSTANCE_PARAMETERS.items()
            ],
        )
        monitoring = ServiceRole(
            self,
            "monitoring-role",
            role_name=f"{name}-monitoring",
            service="monitoring.rds.amazonaws.com",
            description="Enhanced monitoring of the source's instances",
        )
        monitoring.attach("enhanced-monitoring", f"arn:{self.aws.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole")
        instance_class = config.instance_class if config.serverless is None else "db.serverless"
        insights = not instance_class.startswith("db.t")  # Aurora has no Performance Insights on most burstable classes
        for role, tier in _instance_roles(config.readers):
            instance = RdsClusterInstance(
                self,
                role,
                identifier=f"{name}-{role}",
                cluster_identifier=self.resource.id,
                engine=ENGINE,  # its version is the cluster's
                instance_class=instance_class,
                apply_immediately=config.apply_immediately,
                db_parameter_group_name=parameters.name,
                ca_cert_identifier=CERTIFICATE_AUTHORITY,
                promotion_tier=tier,
                publicly_accessible=False,
                auto_minor_version_upgrade=False,
                copy_tags_to_snapshot=True,
                performance_insights_enabled=insights,
                performance_insights_kms_key_id=key.arn if insights else None,
                monitoring_interval=60,
                monitoring_role_arn=monitoring.arn,
                depends_on=monitoring.policies,
            )
            accept(instance, ACCEPTED_OF_INSTANCES if insights else {**ACCEPTED_OF_INSTANCES, **_WITHOUT_INSIGHTS})


_WITHOUT_INSIGHTS = {"CKV_AWS_353": "Aurora has no Performance Insights on burstable classes; Enhanced Monitoring is on"}


def _instance_roles(readers: int) -> Sequence[tuple[str, int]]:
    return [("writer", 0), *((f"reader-{index}", index) for index in range(1, readers + 1))]
