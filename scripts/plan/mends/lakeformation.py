"""Lake Formation: a grant is the same grant whether or not its resource names the account's own catalog, and is revoked once."""

from __future__ import annotations

import json
from typing import Any

from moto.lakeformation.exceptions import InvalidInput
from moto.lakeformation.models import LakeFormationBackend, Permission, PermissionCatalog, Resource
from moto.lakeformation.responses import LakeFormationResponse

SERVICE_ROLE = "role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"


def mend() -> None:
    """AWS fills in the catalog, which is the account; moto takes the two spellings for two resources, and revokes nothing."""
    grant, revoke = LakeFormationBackend.grant_permissions, LakeFormationBackend.revoke_permissions

    def grant_in_catalog(self: Any, **named: Any) -> None:
        grant(self, **{**named, "resource": _in_catalog(named["resource"], named["catalog_id"])})

    def revoke_in_catalog(self: Any, **named: Any) -> None:
        """AWS refuses to revoke what is not granted; the provider revokes until it hears that."""
        named["resource"] = _in_catalog(named["resource"], named["catalog_id"])
        known = self.grants[named["catalog_id"]].permissions if named["catalog_id"] in self.grants else ()
        if not any(grant.principal == named["principal"] and grant.resource == named["resource"] for grant in known):
            raise InvalidInput("No permissions revoked. Grantee has no permissions and no grantable permissions on resource")
        revoke(self, **named)

    LakeFormationBackend.grant_permissions = grant_in_catalog
    LakeFormationBackend.revoke_permissions = revoke_in_catalog
    PermissionCatalog.add_permission = _add_permission
    LakeFormationResponse.register_resource = _register_resource
    Resource.to_dict = _describe


def _in_catalog(resource: dict[str, Any], catalog_id: str) -> dict[str, Any]:
    return {
        kind: named if kind == "Catalog" else {**named, "CatalogId": named.get("CatalogId") or catalog_id}
        for kind, named in resource.items()
    }


def _add_permission(self: Any, permission: Permission) -> None:
    """Merges a second grant of one resource to one principal; moto changes it within a set, which then cannot find it again."""
    for existing in self.permissions:
        if permission.equal_principal_and_resouce(existing):
            self.permissions.remove(existing)
            existing.merge(permission)
            permission = existing
            break
    self.permissions.add(permission)


def _register_resource(self: Any) -> str:
    """AWS remembers how a location was registered; moto only its role."""
    given, backend = json.loads(self.body), self.lakeformation_backend
    own = f"arn:{backend.partition}:iam::{backend.account_id}:{SERVICE_ROLE}" if given.get("UseServiceLinkedRole") else None
    backend.register_resource(resource_arn=given["ResourceArn"], role_arn=given.get("RoleArn") or own)
    backend.resources[given["ResourceArn"]].settings = {
        key: given.get(key, False) for key in ("HybridAccessEnabled", "WithFederation", "WithPrivilegedAccess")
    }
    return "{}"


def _describe(self: Any) -> dict[str, Any]:
    return {"ResourceArn": self.arn, "RoleArn": self.role_arn, **self.settings}
