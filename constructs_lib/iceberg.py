"""A Glue database of Iceberg tables: the tables, their views, maintenance and grants."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence

from constructs_lib.bucket import PrivateBucket
from constructs_lib.config.delivery import OptimizerConfig
from constructs_lib.config.lake_table import current_state_view_sql, lake_table_columns
from constructs_lib.config.table import TableConfig, TableMode
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.lake_formation import READ_PERMISSIONS, WRITE_PERMISSIONS, RegisteredLocation, data_access, grant_tables, opt_in
from constructs_lib.part import Part, Scope, child_address, to_json
from constructs_lib.provider import (
    GlueCatalogDatabase,
    GlueCatalogTable,
    GlueCatalogTableOpenTableFormatInput,
    GlueCatalogTableOpenTableFormatInputIcebergInput,
    GlueCatalogTableStorageDescriptor,
    GlueCatalogTableStorageDescriptorColumns,
    GlueCatalogTableStorageDescriptorSerDeInfo,
    LakeformationOptIn,
    LakeformationPermissions,
    TerraformResourceLifecycle,
)
from constructs_lib.record import Record
from constructs_lib.table_optimizers import TableOptimizers

_TRINO_TYPES = {
    "bigint": "bigint",
    "int": "integer",
    "string": "varchar",
    "float": "real",
    "timestamp": "timestamp(6)",
    "binary": "varbinary",
}
"""Glue's type names that Athena's views call otherwise."""


class IcebergDatabase(Part):
    """The Glue database of one delivery, with its Iceberg tables.

    Terraform makes each table once and then leaves it alone: every commit of Firehose and of the optimizers rewrites the catalog entry, and
    an update by Terraform would put back an old one and break the table. What the file says about columns is kept in one `columns` record
    beside the tables, so that a plan shows when it changes (docs/schema-changes.md says what to do then).

    Args:
        scope: stack or construct.
        id_: construct id.
        name: database name: lower-case letters, digits and underscores.
        bucket: where the data lies.
        prefix: folder of the tables in the bucket, without a slash at the end.
        tables: target table name to its description.
        optimizers: which of Glue's optimizers run, and how long they keep what.
        role_prefix: start of the names of the roles it makes, and the owner of its views.
        lake_formation: grants the optimizers' role what it needs there.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        name: str,
        bucket: PrivateBucket,
        prefix: str,
        tables: Sequence[tuple[str, TableConfig]],
        optimizers: OptimizerConfig,
        role_prefix: str,
        lake_formation: bool,
    ) -> None:
        super().__init__(scope, id_)
        self.bucket = bucket
        self.prefix = prefix
        self._location = f"s3://{bucket.name}/{prefix}"
        self.resource = GlueCatalogDatabase(
            self, "Resource", name=name, description=f"Iceberg tables of {role_prefix}", location_uri=self._location
        )
        self.name: str = self.resource.name
        self._database_name = name
        self._owner = role_prefix
        self.catalog_arn = self.aws.arn("glue", "catalog")
        self.tables = {target: self._table(target, table) for target, table in tables if table.create}
        self._views = [self._view(target, table) for target, table in tables if table.mode is TableMode.HISTORY]
        Record(
            self,
            "columns",
            value={target: ", ".join(f"{column} {kind}" for column, kind, _ in lake_table_columns(table)) for target, table in tables},
        )
        self._registered: RegisteredLocation | None = None
        self._optimizers = TableOptimizers(
            self, "optimizers", role_name=f"{role_prefix}-optimizers", database=self, config=optimizers, lake_formation=lake_formation
        )

    def name_of(self, target: str) -> str:
        """A reference to the name of a table that is made here: what uses it waits for this table and no other."""
        return f"${{aws_glue_catalog_table.{child_address(self, target)}.name}}"

    @property
    def table_arns(self) -> list[str]:
        """The catalog, the database and its tables, as Glue's permissions name them."""
        tables = self.aws.arn("glue", f"table/{self._database_name}/*")
        return [self.catalog_arn, self.aws.arn("glue", f"database/{self._database_name}"), tables]

    def register(self, location: RegisteredLocation) -> None:
        """Has Lake Formation vend the credentials of the optimizers' role, and of whoever is granted to from now on."""
        self._registered = location
        if self._optimizers.role is not None:
            opt_in(self, "optimizers", principal=self._optimizers.role.arn, database=self.name, after=[location.resource])

    def grant_write(self, role: ServiceRole, *, lake_formation: bool) -> list[LakeformationPermissions | LakeformationOptIn]:
        """Lets a role commit to the tables and read and write their files; returns the Lake Formation grants, to depend on."""
        role.allow("commit-tables", Statement("Catalog", ["glue:GetDatabase", "glue:GetTable", "glue:UpdateTable"], self.table_arns))
        self.bucket.grant_read_write(role, prefixes=[f"{self.prefix}/"])
        if not lake_formation:
            return []
        role.allow("lake-formation-access", data_access())
        grants = grant_tables(role, self.label, principal=role.arn, database=self.name, permissions=WRITE_PERMISSIONS)
        if self._registered is None:
            return grants
        return [*grants, *opt_in(role, self.label, principal=role.arn, database=self.name, after=grants)]

    def grant_lake_formation_read(self, label: str, role_arn: str) -> None:
        """Lets an existing role read the tables and views through Lake Formation."""
        grants = grant_tables(self, label, principal=role_arn, database=self.name, permissions=READ_PERMISSIONS)
        if self._registered is not None:
            opt_in(self, label, principal=role_arn, database=self.name, after=[*grants, self._registered.resource])

    def _table(self, target: str, table: TableConfig) -> GlueCatalogTable:
        keeps_data = TerraformResourceLifecycle(prevent_destroy=self.protected or None, ignore_changes="all")
        return GlueCatalogTable(
            self,
            target,
            name=target,
            database_name=self.name,
            table_type="EXTERNAL_TABLE",
            description=f"{table.mode.value} of {table.source}",
            open_table_format_input=GlueCatalogTableOpenTableFormatInput(
                iceberg_input=GlueCatalogTableOpenTableFormatInputIcebergInput(metadata_operation="CREATE", version="2")
            ),
            storage_descriptor=GlueCatalogTableStorageDescriptor(
                location=f"{self._location}/{table.folder}",
                columns=[
                    GlueCatalogTableStorageDescriptorColumns(name=column, type=glue_type, comment=comment)
                    for column, glue_type, comment in lake_table_columns(table)
                ],
            ),
            lifecycle=keeps_data,
        )

    def _view(self, target: str, table: TableConfig) -> GlueCatalogTable:
        """The view of a history, in the form that Athena and Trino keep views in.

        Trino runs a view as its owner and refuses one without; it reads no entry without a SerDe, though a view has none to name (and
        the provider sends none without a name); and it takes a description for the comment by which it knows a view.
        """
        view = f"{target}_current"
        columns = [(name, column.parsed_type.glue or "string") for name, column in table.lake_columns.items()]
        definition = {
            "originalSql": current_state_view_sql(self._database_name, target, table),
            "catalog": "awsdatacatalog",
            "schema": self._database_name,
            "columns": [{"name": name, "type": _TRINO_TYPES.get(glue_type, glue_type)} for name, glue_type in columns],
        }
        return GlueCatalogTable(
            self,
            view,
            name=view,
            database_name=self.name,
            table_type="VIRTUAL_VIEW",
            owner=self._owner,
            parameters={"presto_view": "true", "comment": "Presto View"},
            view_original_text=f"/* Presto View: {b64encode(to_json(definition).encode()).decode()} */",
            view_expanded_text="/* Presto View */",
            storage_descriptor=GlueCatalogTableStorageDescriptor(
                columns=[GlueCatalogTableStorageDescriptorColumns(name=name, type=glue_type) for name, glue_type in columns],
                ser_de_info=GlueCatalogTableStorageDescriptorSerDeInfo(name="-", serialization_library="-"),
            ),
            depends_on=[self.tables[target]] if target in self.tables else None,
        )
