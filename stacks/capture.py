"""The capture stack: DMS."""

from __future__ import annotations

from typing import Any

from constructs_lib.alarm_rules import CAPTURE_NAMESPACE
from constructs_lib.aurora import SourceExports
from constructs_lib.config.capture import ReplicationInstanceConfig
from constructs_lib.config.lake import Lake
from constructs_lib.config.names import capture_name, truncation_metric
from constructs_lib.config.table_mappings import table_mappings
from constructs_lib.config.task_settings import task_settings
from constructs_lib.dms import (
    InstanceReplication,
    KinesisTargetEndpoint,
    Migration,
    MysqlSourceEndpoint,
    ReplicationNetwork,
    ReplicationSubnets,
    ServerlessReplication,
    resource_id,
)
from constructs_lib.dms_account_roles import DmsAccountRoles, ExistingDmsAccountRoles
from constructs_lib.encryption import EncryptionKey
from constructs_lib.kinesis import CdcStream
from constructs_lib.lake_stack import LakeStack
from constructs_lib.logs import LogGroup
from constructs_lib.network import NetworkExports
from constructs_lib.security_group import TrafficGroup, allow_from_group

SERVERLESS_LOG_GROUPS = "dms-serverless-replication-"
"""Starts the name of a serverless replication's log group; the end of the replication configuration's ARN ends it
(https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Serverless.Components.html)."""

TRUNCATED = "truncated"
"""What AWS says that DMS does with a large object above LobMaxSize, "and a warning is issued to the log file"
(https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.LOBSupport.html). It documents no line; one that users quote is
`[SOURCE_CAPTURE  ]W:  Value of column 'note' in table 'shop.orders' was truncated to 245760 bytes, actual length: 307200 bytes`."""


class CaptureStack(LakeStack):
    """From the source to the stream. The task is made but not started: `docs/deploy.md` says when."""

    def __init__(
        self, app: Any, *, lake: Lake, network: NetworkExports, source: SourceExports, stream: CdcStream, certificate_pem: str
    ) -> None:
        super().__init__(app, lake=lake, component="capture")
        name = capture_name(lake)
        key = EncryptionKey(
            self,
            "key",
            alias=name,
            description=f"Storage, endpoints and logs of DMS for {lake.prefix}",
            log_groups=[f"dms-tasks-{name}" if lake.capture.serverless is None else SERVERLESS_LOG_GROUPS],
        )
        group = TrafficGroup(self, "dms", name=name, vpc_id=network.vpc_id, description=f"DMS of {lake.prefix}")
        group.allow_to_group("database-out", group_id=source.security_group_id, port=source.port, description="To the source")
        _allow_aws(group, network)
        allow_from_group(
            self,
            "database-from-dms",
            security_group_id=source.security_group_id,
            group_id=group.id,
            port=source.port,
            description=f"DMS of {lake.prefix}",
        )
        roles = DmsAccountRoles if lake.capture.account_roles == "create" else ExistingDmsAccountRoles
        account_roles = roles(self, "account-roles")
        migration = self._migration(source, stream, certificate_pem, key)
        subnets = ReplicationSubnets(self, "subnets", name=name, network=network, after=account_roles.ready)
        replication_network = ReplicationNetwork(subnet_group_id=subnets.id, security_group_ids=[group.id], key=key)
        self.task: InstanceReplication | ServerlessReplication
        if lake.capture.serverless is not None:
            self.task = ServerlessReplication(
                self, "replication", name=name, config=lake.capture.serverless, network=replication_network, migration=migration
            )
        else:
            self.task = InstanceReplication(
                self,
                "task",
                name=name,
                config=lake.capture.instance or ReplicationInstanceConfig(),
                network=replication_network,
                migration=migration,
            )
        # DMS makes its group when it first runs, without key and retention, where there is none
        log_name = f"dms-tasks-{name}" if lake.capture.serverless is None else f"{SERVERLESS_LOG_GROUPS}{resource_id(self.task.arn)}"
        logs = LogGroup(self, "log", name=log_name, retention_days=lake.operations.log_retention_days, key=key)
        logs.count_lines("truncated", pattern=TRUNCATED, namespace=CAPTURE_NAMESPACE, metric_name=truncation_metric(lake))
        self.export("DMSReplicationTaskId", self.task.id, "Replication task, or serverless replication configuration")
        self.export("DMSReplicationTaskArn", self.task.arn, "ARN to start it with")
        self.export("DMSSourceEndpointId", migration.source.id, "Endpoint of the source")
        self.export("DMSTargetEndpointId", migration.target.id, "Endpoint of the stream")
        self.export("RDSClientSecurityGroupId", group.id, "Group that the source lets in: DMS's own")

    def _migration(self, source: SourceExports, stream: CdcStream, certificate_pem: str, key: EncryptionKey) -> Migration:
        lake = self.lake
        return Migration(
            mode=lake.capture.mode,
            source=MysqlSourceEndpoint(
                self,
                "source",
                name=self.name("source"),
                source=source,
                certificate_pem=certificate_pem,
                server_timezone=lake.capture.server_timezone,
                key=key,
            ),
            target=KinesisTargetEndpoint(self, "target", name=self.name("stream"), stream=stream, key=key),
            table_mappings=table_mappings(lake),
            task_settings=task_settings(lake),
        )


def _allow_aws(group: TrafficGroup, network: NetworkExports) -> None:
    """Lets DMS reach what it calls itself: through the network's endpoints where they serve it all."""
    description = "To Kinesis and Secrets Manager"
    if network.dms_endpoints_group_id is not None:
        group.allow_to_group("endpoints-out", group_id=network.dms_endpoints_group_id, port=443, description=description)
    else:
        group.allow_https_out(
            description,
            why_anywhere="Kinesis and Secrets Manager have no prefix list; interface endpoints for both narrow this to them",
        )
