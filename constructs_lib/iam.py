"""Roles that a service takes on, with one named inline policy per purpose."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from constructs_lib.notes import note_why
from constructs_lib.part import Part, Scope, to_json
from constructs_lib.provider import IamRole, IamRolePolicy, IamRolePolicyAttachment

Condition = Mapping[str, Mapping[str, str | Sequence[str]]]

_EVERY_RESOURCE = re.compile(r"\*|arn:[^:]+:[^:]+:[^:]*:[^:]+:[a-z-]+[:/]\*")
"""`*`, or every resource of a type: `arn:aws:logs:eu-west-1:123456789012:log-group:*`."""


@dataclass(frozen=True)
class Statement:
    """One statement of a policy.

    Args:
        sid: what it is for, letters and digits.
        actions: service actions. Wildcards only with `why_any_action`, unless it denies.
        resources: ARNs. `*`, or all of a type, only where the service forces it, and then with `why_any_resource`.
        principals: principal type to its values, in resource policies only.
        conditions: operator to key to value.
        effect: `Allow` or `Deny`.
        why_any_resource: the API that allows no narrower resource. Reasons are for a reviewer: see `reasons`.
        why_any_action: why the actions are not listed.

    Raises:
        ValueError: `*` as a resource or in an action without its reason, or a reason that nothing needs.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    principals: Mapping[str, Any] = field(default_factory=dict)
    conditions: Condition = field(default_factory=dict)
    effect: str = "Allow"
    why_any_resource: str = ""
    why_any_action: str = ""

    def __post_init__(self) -> None:
        is_wide = any(_EVERY_RESOURCE.fullmatch(resource) for resource in self.resources)
        if is_wide and not self.principals and not self.why_any_resource:
            raise ValueError(
                f"statement {self.sid} allows every resource: name the resources, or say in why_any_resource which API forces it"
            )
        if self.why_any_resource and not is_wide:
            raise ValueError(f"statement {self.sid} names its resources, so it needs no why_any_resource: remove it")
        is_open = self.effect == "Allow" and any("*" in action for action in self.actions)
        if is_open != bool(self.why_any_action):
            remedy = "list them, or say in why_any_action why not" if is_open else "it lists them: remove why_any_action"
            raise ValueError(f"statement {self.sid} and its actions do not fit: {remedy}")

    def to_dict(self) -> dict[str, Any]:
        """The statement as IAM writes it."""
        document: dict[str, Any] = {"Sid": self.sid, "Effect": self.effect}
        if self.principals:
            document["Principal"] = dict(self.principals) if "*" not in self.principals else "*"
        document |= {"Action": list(self.actions), "Resource": list(self.resources)}
        if self.conditions:
            document["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return document


def reasons(statements: Sequence[Statement]) -> dict[str, str]:
    """Why statements are wide, by their Sid: to be noted on the resource that holds them (note_why)."""
    whys = {statement.sid: statement.why_any_resource or statement.why_any_action for statement in statements}
    return {sid: why for sid, why in whys.items() if why}


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
        source_arn: the one resource for which the service may take it on, where the service says for which it acts.
        why_any_account: why the service is not refused when it acts for another account (the confused deputy): not every service says
            for whom it acts.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        role_name: str,
        service: str,
        description: str,
        source_arn: str | None = None,
        why_any_account: str = "",
    ) -> None:
        super().__init__(scope, id_)
        trust: dict[str, Any] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        if not why_any_account:
            source = {"aws:SourceAccount": self.aws.account_id} | ({} if source_arn is None else {"aws:SourceArn": source_arn})
            trust["Condition"] = {"StringEquals": source}
        self.resource = IamRole(
            self,
            "Resource",
            name=role_name,
            description=description,
            assume_role_policy=to_json({"Version": "2012-10-17", "Statement": [trust]}),
        )
        if why_any_account:
            note_why(self.resource, {"Trust": why_any_account})
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
            policy = IamRolePolicy(self, purpose, name=purpose, role=self.name, policy=document)
            note_why(policy, reasons(statements))
            self.policies.append(policy)

    def attach(self, purpose: str, managed_policy_arn: str) -> None:
        """Attaches a policy that AWS manages, where the service documents no narrower one."""
        self._documents[purpose] = managed_policy_arn
        self.policies.append(IamRolePolicyAttachment(self, purpose, role=self.name, policy_arn=managed_policy_arn))
