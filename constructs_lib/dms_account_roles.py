"""The two roles that DMS wants once per account, under names of its own."""

from __future__ import annotations

from typing import Any

from constructs_lib.iam import ServiceRole
from constructs_lib.part import Part, Scope
from constructs_lib.record import Record

VPC_ROLE = "dms-vpc-role"
LOGS_ROLE = "dms-cloudwatch-logs-role"
_MANAGED_POLICIES = {VPC_ROLE: "AmazonDMSVPCManagementRole", LOGS_ROLE: "AmazonDMSCloudWatchLogsRole"}
PROPAGATION_SECONDS = 30
"""How long a new role may take until DMS sees it ("not configured properly"); terraform-aws-modules/dms waits as long."""


class DmsAccountRoles(Part):
    """`dms-vpc-role` and `dms-cloudwatch-logs-role`, for the one lake of an account that creates them.

    Args:
        scope: stack or construct.
        id_: construct id.
    """

    def __init__(self, scope: Scope, id_: str) -> None:
        super().__init__(scope, id_)
        roles = {name: self._role(name, policy) for name, policy in _MANAGED_POLICIES.items()}
        self.ready: Any = Record(
            self,
            "propagated",
            value={name: role.arn for name, role in roles.items()},
            command=f"sleep {PROPAGATION_SECONDS}",
            depends_on=[policy for role in roles.values() for policy in role.policies],
        ).resource

    def _role(self, name: str, policy: str) -> ServiceRole:
        role = ServiceRole(
            self,
            name,
            role_name=name,
            service="dms.amazonaws.com",
            description="One per account: DMS looks for this name",
            why_any_account="DMS documents this trust without conditions, and other tools of the account share the role",
        )
        role.attach("policy", f"arn:{self.aws.partition}:iam::aws:policy/service-role/{policy}")
        return role
