"""What a role needs of IAM to read a lake's tables."""

from __future__ import annotations

from collections.abc import Sequence

from constructs_lib.bucket import PrivateBucket
from constructs_lib.iam import Statement, policy_document, reasons
from constructs_lib.iceberg import IcebergDatabase
from constructs_lib.lake_formation import data_access
from constructs_lib.notes import note_why
from constructs_lib.part import Part, Scope
from constructs_lib.provider import IamPolicy


class ReaderPolicy(Part):
    """A policy for the owner of a role to attach: roles of IAM Identity Center cannot be changed from outside, and others are not ours.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: its name, by which Identity Center's permission sets find it.
        bucket: holds the tables.
        databases: whose tables may be read.
        registered: whether Lake Formation vends the credentials for their files; without it the policy allows those and their key.
    """

    def __init__(
        self, scope: Scope, id_: str, *, name: str, bucket: PrivateBucket, databases: Sequence[IcebergDatabase], registered: bool
    ) -> None:
        super().__init__(scope, id_)
        arns = list(dict.fromkeys(arn for database in databases for arn in database.table_arns))
        statements = [Statement("Catalog", ["glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables"], arns)]
        statements += [data_access()] if registered else bucket.reading(prefixes=[f"{database.prefix}/" for database in databases])
        resource = IamPolicy(
            self, "Resource", name=name, description="Reads the lake's tables: attach it to readers", policy=policy_document(statements)
        )
        note_why(resource, reasons(statements))
        self.arn: str = resource.arn
