"""Glue's table optimizers: compaction, snapshot retention and deletion of orphan files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib.config.delivery import OptimizerConfig
from constructs_lib.copies import Copies, add_copies
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.part import Part, Scope
from constructs_lib.provider import (
    GlueCatalogTableOptimizer,
    GlueCatalogTableOptimizerConfiguration,
    GlueCatalogTableOptimizerConfigurationOrphanFileDeletionConfiguration,
    GlueCatalogTableOptimizerConfigurationOrphanFileDeletionConfigurationIcebergConfiguration,
    GlueCatalogTableOptimizerConfigurationRetentionConfiguration,
    GlueCatalogTableOptimizerConfigurationRetentionConfigurationIcebergConfiguration,
)

if TYPE_CHECKING:
    from constructs_lib.iceberg import IcebergDatabase

_LOG_GROUPS = ("iceberg-compaction", "iceberg-retention", "iceberg-orphan-file-deletion")


class TableOptimizers(Part):
    """Runs the optimizers on every table that the database makes.

    Each table has one resource of each kind, which waits for that table alone: a resource over all tables would make each of its
    instances depend on every table, and plan and state would grow with the square of their number.

    Args:
        scope: stack or construct.
        id_: construct id.
        role_name: name of the role they run as.
        database: its tables are maintained.
        config: which optimizers, and how long they keep what.
        lake_formation: grants their role what it needs there.

    Attributes:
        role: the role they run as; None when none runs.
    """

    def __init__(
        self, scope: Scope, id_: str, *, role_name: str, database: IcebergDatabase, config: OptimizerConfig, lake_formation: bool
    ) -> None:
        super().__init__(scope, id_)
        self.role: ServiceRole | None = None
        if not database.tables or not config.kinds:
            return
        self.role = role = ServiceRole(
            self,
            "role",
            role_name=role_name,
            service="glue.amazonaws.com",
            description=f"Maintains the tables of {role_name}",
            why_any_account="AWS documents the optimizers' trust without a condition, and nowhere that they send the account",
        )
        self._allow_logs(role)
        permitted = [*database.grant_write(role, lake_formation=lake_formation), *role.policies]
        copies = []
        for kind in config.kinds:
            configuration = _configuration(kind, config, role)
            first, *others = database.tables
            optimizer = GlueCatalogTableOptimizer(
                self,
                f"{first}-{kind}",
                catalog_id=self.aws.account_id,
                database_name=database.name,
                table_name=database.name_of(first),
                type=kind,
                configuration=[configuration],
                depends_on=permitted,
            )
            copies.append(Copies(optimizer, {f"{table}-{kind}": {"table_name": database.name_of(table)} for table in others}))
        add_copies(self, copies)

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


def _configuration(kind: str, config: OptimizerConfig, role: ServiceRole) -> GlueCatalogTableOptimizerConfiguration:
    retention = GlueCatalogTableOptimizerConfigurationRetentionConfigurationIcebergConfiguration(
        snapshot_retention_period_in_days=config.snapshot_retention_days,
        number_of_snapshots_to_retain=config.snapshots_to_retain,
        clean_expired_files=True,
    )
    orphans = GlueCatalogTableOptimizerConfigurationOrphanFileDeletionConfigurationIcebergConfiguration(
        orphan_file_retention_period_in_days=config.orphan_file_days
    )
    return GlueCatalogTableOptimizerConfiguration(
        enabled=True,
        role_arn=role.arn,
        retention_configuration=[GlueCatalogTableOptimizerConfigurationRetentionConfiguration(iceberg_configuration=[retention])]
        if kind == "retention"
        else None,
        orphan_file_deletion_configuration=[
            GlueCatalogTableOptimizerConfigurationOrphanFileDeletionConfiguration(iceberg_configuration=[orphans])
        ]
        if kind == "orphan_file_deletion"
        else None,
    )
