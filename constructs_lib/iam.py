"""Roles that a service takes on, with one named inline policy per purpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from constructs_lib.part import Part, Scope, to_json
from constructs_lib.provider import IamRole, IamRolePolicy, IamRolePolicyAttachment

Condition = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Args:
        sid: what it is for, letters and digits.
        actions: service actions, without wildcards.
        resources: ARNs. `*` only where the service forces it, and then with `why_any_resource`.
        principals: principal type to its values, in resource policies only.
        conditions: operator to key to value.
        effect: `Allow` or `Deny`.
        why_any_resource: the API that allows no narrower resource, for a reviewer.

    Raises:
        ValueError: `*` as a resource without its reason.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    principals: Mapping[str, Any] = field(default_factory=dict)
    conditions: Condition = field(default_factory=dict)
    effect: str = "Allow"
    why_any_resource: str = ""

    def __post_init__(self) -> None:
        if "*" in self.resources and not self.principals and not self.why_any_resource:
            raise ValueError(
                f"statement {self.sid} allows every resource: name the resources, or say in why_any_resource which API forces it"
            )

    def to_dict(self) -> dict[str, Any]:
        """The statement as IAM writes it."""
        document: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect}
        if self.principals:
            document["Principal"] = dict(self.principals) if "*" not in self.principals else "*"
        document |= {"Action": list(self.actions), "Resource": list(self.resources)}
        if self.conditions:
            document["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return document


def policy_document(statements: Sequence[Statement]) -> str:
    """A policy document as JSON text."""
    return to_json({"Version": "2012-10-17", "Statement": [statement.to_dict() for statement in statements]})


class ServiceRole(Part):
    """A role that one AWS service takes on, for this account's resources only where the service says which.

    Args:
        scope: stack or construct.
        id_: construct id.
        role_name: 1 to 64 characters.
        service: service principal such as `firehose.amazonaws.com`.
        description: what it is for.
        source_account: refuses the service when it acts for another account (the confused deputy); not every service sends it.
    """

    def __init__(self, scope: Scope, id_: str, *, role_name: str, service: str, description: str, source_account: bool = True) -> None:
        super().__init__(scope, id_)
        trust: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        if source_account:
            trust["Condition"] = {"StringEquals": {"aws:SourceAccount": self.aws.account_id}}
        self.resource = IamRole(
            self,
            "Resource",
            name=role_name,
            description=description,
            assume_role_policy=to_json({"Version": "2012-10-17", "Statement": [trust]}),
        )
        self.arn: str = self.resource.arn
        self.name: str = self.resource.name
        self._documents: dict[str, str] = {}
        self.policies: list[Any] = []
        """Policies so far: what uses the role depends on them, because a service checks permissions when it is created."""

    def allow(self, purpose: str, *statements: Statement) -> None:
        """Adds an inline policy with the name of its purpose, such as `read-stream`; the same grant again changes nothing.

        Raises:
            ValueError: the role already has another policy of that name.
        """
        document = policy_document(statements)
        if self._documents.setdefault(purpose, document) != document:
            raise ValueError(f"role {self.address} already has a policy {purpose} that says something else: give this one another name")
        if len(self._documents) > len(self.policies):
            self.policies.append(IamRolePolicy(self, purpose, name=purpose, role=self.name, policy=document))

    def attach(self, purpose: str, managed_policy_arn: str) -> None:
        """Attaches a policy that AWS manages, where the service documents no narrower one."""
        self._documents[purpose] = managed_policy_arn
        self.policies.append(IamRolePolicyAttachment(self, purpose, role=self.name, policy_arn=managed_policy_arn))
