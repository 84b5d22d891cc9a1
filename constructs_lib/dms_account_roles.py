"""The two roles that DMS wants once per account, under names of its own."""

from __future__ import annotations

from typing import Any

from constructs_lib.iam import ServiceRole
from constructs_lib.part import Part, Scope
from constructs_lib.provider import DataAwsIamRoles, Postcondition, TerraformResourceLifecycle
from constructs_lib.record import Record

VPC_ROLE = "dms-vpc-role"
LOGS_ROLE = "dms-cloudwatch-logs-role"
_MANAGED_POLICIES = {VPC_ROLE: "AmazonDMSVPCManagementRole", LOGS_ROLE: "AmazonDMSCloudWatchLogsRole"}
PROPAGATION_SECONDS = 30
"""How long a new role may take until DMS sees it ("not configured properly"); terraform-aws-modules/dms waits as long."""


class ExistingDmsAccountRoles(Part):
    """The two roles as another lake, or somebody else, has made them. The plan says where one is missing, and what to do; DMS would say
    "not configured properly" in the middle of an apply.

    They are listed and not read by name: a role that is not there then is an empty list, whose meaning can be said in words.

    Args:
        scope: stack or construct.
        id_: construct id.
    """

    def __init__(self, scope: Scope, id_: str) -> None:
        super().__init__(scope, id_)
        self.ready: list[Any] = [self._look_for(name) for name in _MANAGED_POLICIES]

    def _look_for(self, name: str) -> DataAwsIamRoles:
        is_there = Postcondition(
            condition="${length(self.names) > 0}",
            error_message=(
                f"The account has no role {name}, without which DMS makes nothing in a VPC. Set capture.account_roles: create in the lake"
                " file of one lake of the account, and deploy that one first."
            ),
        )
        return DataAwsIamRoles(self, name, name_regex=f"^{name}$", lifecycle=TerraformResourceLifecycle(postcondition=[is_there]))


class DmsAccountRoles(Part):
    """`dms-vpc-role` and `dms-cloudwatch-logs-role`, for the one lake of an account that creates them.

    Args:
        scope: stack or construct.
        id_: construct id.
    """

    def __init__(self, scope: Scope, id_: str) -> None:
        super().__init__(scope, id_)
        roles = {name: self._role(name, policy) for name, policy in _MANAGED_POLICIES.items()}
        propagated = Record(
            self,
            "propagated",
            value={name: role.arn for name, role in roles.items()},
            command=f"sleep {PROPAGATION_SECONDS}",
            depends_on=[policy for role in roles.values() for policy in role.policies],
        )
        self.ready: list[Any] = [propagated.resource]

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
