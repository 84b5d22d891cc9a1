"""Lake Formation: grants on a database's tables, and a registered location, for which it vends the credentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from constructs_lib.bucket import PrivateBucket
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.part import Part, Scope
from constructs_lib.provider import (
    LakeformationOptIn,
    LakeformationOptInPrincipal,
    LakeformationOptInResourceData,
    LakeformationOptInResourceDataDatabase,
    LakeformationOptInResourceDataTable,
    LakeformationPermissions,
    LakeformationPermissionsDatabase,
    LakeformationPermissionsTable,
    LakeformationResource,
    TerraformElement,
)

if TYPE_CHECKING:
    from constructs_lib.iceberg import IcebergDatabase

WRITE_PERMISSIONS = ("SELECT", "INSERT", "DELETE", "DESCRIBE", "ALTER")
READ_PERMISSIONS = ("SELECT", "DESCRIBE")


class RegisteredLocation(Part):
    """A bucket that Lake Formation knows, in hybrid mode: who is opted in gets credentials from it, for all others nothing changes.

    It is registered with a role of the lake. The service-linked one cannot be given the bucket's key, Amazon EMR cannot use it, and a
    registration with it cannot be edited (service-linked-role-limitations.html). It is registered after the tables are made: to make one at
    a registered location takes a grant on the location, which not even an administrator of Lake Formation has by being one.

    Args:
        scope: stack or construct.
        id_: construct id.
        role_name: name of the role, 1 to 64 characters.
        bucket: holds the tables.
        databases: whose tables those are.
    """

    def __init__(self, scope: Scope, id_: str, *, role_name: str, bucket: PrivateBucket, databases: Sequence[IcebergDatabase]) -> None:
        super().__init__(scope, id_)
        role = ServiceRole(
            self,
            "role",
            role_name=role_name,
            service="lakeformation.amazonaws.com",
            description=f"Lake Formation reads and writes the tables in {role_name} as this role",
            why_any_account="AWS documents this trust without a condition, and nowhere that Lake Formation sends the account",
        )
        bucket.grant_read_write(role, prefixes=[f"{database.prefix}/" for database in databases])
        self.resource = LakeformationResource(
            self,
            "Resource",
            arn=bucket.arn,
            role_arn=role.arn,
            hybrid_access_enabled=True,
            depends_on=[*role.policies, *(table for database in databases for table in database.tables.values())],
        )


def grant_tables(
    scope: Scope, label: str, *, principal: str, database: str, permissions: Sequence[str]
) -> list[LakeformationPermissions | LakeformationOptIn]:
    """Grants on a database and all of its tables and views.

    Args:
        scope: that of who is granted to, which may be a later stack.
        label: begins the names of the grants.
        principal: ARN of the role.
        database: name of the database.
        permissions: on the tables.
    """
    on_database = LakeformationPermissions(
        scope,
        f"{label}-database",
        principal=principal,
        permissions=["DESCRIBE"],
        database=LakeformationPermissionsDatabase(name=database),
    )
    on_tables = LakeformationPermissions(
        scope,
        f"{label}-tables",
        principal=principal,
        permissions=list(permissions),
        table=LakeformationPermissionsTable(database_name=database, wildcard=True),
        depends_on=[on_database],
    )
    return [on_database, on_tables]


def opt_in(scope: Scope, label: str, *, principal: str, database: str, after: Sequence[TerraformElement]) -> list[LakeformationOptIn]:
    """Has Lake Formation enforce a principal's grants on a database and its tables, and vend it the credentials for their location.

    Args:
        scope: that of who is opted in.
        label: begins the names of both.
        principal: ARN of the role.
        database: name of the database.
        after: the grants and the registration: without them an opted-in principal reaches nothing.
    """
    catalog = scope.aws.account_id  # given, because AWS answers it, and another value replaces the opt-in
    on_database = LakeformationOptInResourceDataDatabase(name=database, catalog_id=catalog)
    on_tables = LakeformationOptInResourceDataTable(database_name=database, wildcard=True, catalog_id=catalog)
    resources = {
        "database": LakeformationOptInResourceData(database=[on_database]),
        "tables": LakeformationOptInResourceData(table=[on_tables]),
    }
    return [
        LakeformationOptIn(
            scope,
            f"{label}-{name}-opt-in",
            principal=[LakeformationOptInPrincipal(data_lake_principal_identifier=principal)],
            resource_data=[resource],
            depends_on=list(after),
        )
        for name, resource in resources.items()
    ]


def data_access() -> Statement:
    """What fetches the credentials that Lake Formation vends."""
    return Statement(
        "LakeFormation",
        ["lakeformation:GetDataAccess"],
        ["*"],
        why_any_resource="lakeformation:GetDataAccess knows no resource; Lake Formation's own grants narrow it",
    )
