"""The source stack: the database and the credentials of the user DMS reads as."""

from __future__ import annotations

from typing import Any

from constructs_lib.aurora import AuroraMysql, SourceExports
from constructs_lib.config.lake import Lake
from constructs_lib.config.names import cluster_identifier
from constructs_lib.config.source import CreatedSourceConfig, ExistingSourceConfig
from constructs_lib.encryption import EncryptionKey
from constructs_lib.lake_stack import LakeStack
from constructs_lib.network import NetworkExports
from constructs_lib.secret import DatabaseSecret
from constructs_lib.security_group import TrafficGroup

REPLICATION_USER = "moulin_replication"


def existing_source(existing: ExistingSourceConfig, port: int) -> SourceExports:
    """The exports of a database that is there already."""
    return SourceExports(
        cluster_identifier=existing.cluster_identifier,
        host=None,
        port=port,
        security_group_id=existing.security_group_id,
        replication_secret_arn=existing.secret_arn,
        secret_key_arn=existing.secret_kms_key_arn,
        admin_secret_arn=None,
    )


class SourceStack(LakeStack):
    """An Aurora MySQL cluster for the lake. There is no such stack when the lake file names an existing one."""

    def __init__(self, app: Any, *, lake: Lake, network: NetworkExports) -> None:
        super().__init__(app, lake=lake, component="source")
        config = lake.source.create or CreatedSourceConfig()
        cluster_name = cluster_identifier(lake)
        key = EncryptionKey(
            self,
            "key",
            alias=self.name("source"),
            description=f"Storage, logs and secrets of {cluster_name}",
            log_groups=[f"/aws/rds/cluster/{cluster_name}"],
            existing_arn=config.kms_key_arn,
        )
        group = TrafficGroup(self, "database", name=cluster_name, vpc_id=network.vpc_id, description=f"Instances of {cluster_name}")
        cluster = AuroraMysql(
            self,
            "cluster",
            name=cluster_name,
            config=config,
            port=lake.source.port,
            network=network,
            security_group_id=group.id,
            key=key,
            log_retention_days=lake.operations.log_retention_days,
        )
        replication = DatabaseSecret(
            self,
            "replication-secret",
            name=f"{lake.prefix}/replication",
            description=f"The user that DMS reads {cluster_name} as",
            key=key,
            username=REPLICATION_USER,
            version=config.replication_password_version,
            connection={"host": cluster.resource.endpoint, "port": lake.source.port, "engine": "mysql"},
        )
        self.exports = SourceExports(
            cluster_identifier=cluster_name,
            host=cluster.resource.endpoint,
            port=lake.source.port,
            security_group_id=group.id,
            replication_secret_arn=replication.arn,
            secret_key_arn=key.arn,
            admin_secret_arn=cluster.admin_secret_arn,
        )
        endpoint = f"{cluster.resource.endpoint}:{lake.source.port}"
        self.export("DBClusterEndpointHostName", cluster.resource.endpoint, "Writer endpoint, which DMS reads from")
        self.export("DBClusterEndpoint", endpoint, "Writer endpoint with its port")
        self.export("DBClusterReadEndpoint", cluster.resource.reader_endpoint, "Reader endpoint")
        self.export("DBSecretName", cluster.admin_secret_arn, "Secret of the administrator, made and rotated by RDS")
        self.export("ReplicationSecretArn", replication.arn, "Secret of the replication user")
