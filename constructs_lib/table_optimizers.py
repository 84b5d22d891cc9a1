"""Glue's table optimizers: compaction, snapshot retention and deletion of orphan files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib.config.delivery import OptimizerConfig
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.part import Part, Scope
from constructs_lib.provider import (
    GlueCatalogTableOptimizer,
    GlueCatalogTableOptimizerConfiguration,
    GlueCatalogTableOptimizerConfigurationOrphanFileDeletionConfiguration,
    GlueCatalogTableOptimizerConfigurationOrphanFileDeletionConfigurationIcebergConfiguration,
    GlueCatalogTableOptimizerConfigurationRetentionConfiguration,
    GlueCatalogTableOptimizerConfigurationRetentionConfigurationIcebergConfiguration,
    TerraformIterator,
    Token,
)

if TYPE_CHECKING:
    from constructs_lib.iceberg import IcebergDatabase

_LOG_GROUPS = ("iceberg-compaction", "iceberg-retention", "iceberg-orphan-file-deletion")


class TableOptimizers(Part):
    """Runs the optimizers on every table that the database makes.

    Each kind is one resource over all tables (`compaction["orders"]`), which keeps a plan of many tables short.

    Args:
        scope: stack or construct.
        id_: construct id.
        role_name: name of the role they run as.
        database: its tables are maintained.
        config: which optimizers, and how long they keep what.
        lake_formation: grants their role what it needs there.
    """

    def __init__(
        self, scope: Scope, id_: str, *, role_name: str, database: IcebergDatabase, config: OptimizerConfig, lake_formation: bool
    ) -> None:
        super().__init__(scope, id_)
        self._database = database
        kinds = {
            "compaction": config.compaction,
            "retention": config.snapshot_retention,
            "orphan_file_deletion": config.orphan_file_deletion,
        }
        if not database.tables or not any(kinds.values()):
            return
        role = ServiceRole(
            self,
            "role",
            role_name=role_name,
            service="glue.amazonaws.com",
            description=f"Maintains the tables of {role_name}",
            why_any_account="AWS documents the optimizers' trust without a condition, and nowhere that they send the account",
        )
        self._allow_logs(role)
        self._after = [*database.ready, *database.grant_write(role, lake_formation=lake_formation), *role.policies]
        self._tables = TerraformIterator.from_list(list(database.tables))
        for kind in (kind for kind, wanted in kinds.items() if wanted):
            self._optimizer(kind, config, role)

    def _optimizer(self, kind: str, config: OptimizerConfig, role: ServiceRole) -> None:
        retention = GlueCatalogTableOptimizerConfigurationRetentionConfigurationIcebergConfiguration(
            snapshot_retention_period_in_days=config.snapshot_retention_days,
            number_of_snapshots_to_retain=config.snapshots_to_retain,
            clean_expired_files=True,
        )
        orphans = GlueCatalogTableOptimizerConfigurationOrphanFileDeletionConfigurationIcebergConfiguration(
            orphan_file_retention_period_in_days=config.orphan_file_days
        )
        GlueCatalogTableOptimizer(
            self,
            kind,
            for_each=self._tables,
            catalog_id=self.aws.account_id,
            database_name=self._database.name,
            table_name=Token.as_string(self._tables.value),
            type=kind,
            configuration=[
                GlueCatalogTableOptimizerConfiguration(
                    enabled=True,
                    role_arn=role.arn,
                    retention_configuration=[
                        GlueCatalogTableOptimizerConfigurationRetentionConfiguration(iceberg_configuration=[retention])
                    ]
                    if kind == "retention"
                    else None,
                    orphan_file_deletion_configuration=[
                        GlueCatalogTableOptimizerConfigurationOrphanFileDeletionConfiguration(iceberg_configuration=[orphans])
                    ]
                    if kind == "orphan_file_deletion"
                    else None,
                )
            ],
            depends_on=self._after,
        )

    def _allow_logs(self, role: ServiceRole) -> None:
        """Glue's own log groups, which all optimizers of the account and region share: so they are not made here."""
        groups = [self.aws.arn("logs", f"log-group:/aws-glue/{name}/logs") for name in _LOG_GROUPS]
        role.allow(
            "write-logs",
            Statement(
                "WriteLogs",
                ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                [*groups, *(f"{group}:*" for group in groups)],
            ),
        )
