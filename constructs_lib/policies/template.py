"""A synthesised stack, as the rules read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Resource = Mapping[str, Any]

_ANYBODY = "*"


@dataclass(frozen=True)
class Finding:
    """What breaks a rule: where, and what to do."""

    address: str
    message: str


@dataclass(frozen=True)
class PolicyStatement:
    """One statement of a policy document, and the resource that holds it.

    Attributes:
        address: the resource.
        kind: its type.
        allows: whether it allows or denies.
        actions: what it names in `Action`.
        resources: what it names in `Resource`.
        principals: principal type to values; empty in the policy of a role.
        condition: operator to key to values.
        excepts: whether it says whom or what it does not mean (`NotAction`, `NotResource`, `NotPrincipal`).
        reason: why it is as wide as it is, as the resource notes it (constructs_lib/notes.py); empty without a note.
    """

    address: str
    kind: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: Mapping[str, tuple[str, ...]]
    condition: Mapping[str, Any]
    excepts: bool
    reason: str

    @property
    def is_for_anybody(self) -> bool:
        """Whether it names every principal there is."""
        return any(_ANYBODY in values for values in self.principals.values())


class Template:
    """A synthesised stack.

    Args:
        content: what `cdk.tf.json` holds.
        protected: False when both keys to destroy data were given.
    """

    def __init__(self, content: Mapping[str, Any], *, protected: bool) -> None:
        self.content = content
        self.protected = protected

    def resources(self, *kinds: str) -> Iterator[tuple[str, Resource]]:
        """Address and arguments of every resource of these types; of all without any."""
        for kind, resources in self.content.get("resource", {}).items():
            if not kinds or kind in kinds:
                for name, arguments in resources.items():
                    yield f"{kind}.{name}", arguments

    def statements(self) -> Iterator[PolicyStatement]:
        """Every statement of every policy document in an argument called `policy`, whatever the resource."""
        for address, arguments in self.resources():
            yield from _statements(address, arguments.get("policy"), _reasons(arguments))

    def trusts(self) -> Iterator[PolicyStatement]:
        """Every statement of every role's trust policy."""
        for address, arguments in self.resources("aws_iam_role"):
            yield from _statements(address, arguments["assume_role_policy"], _reasons(arguments))

    def unreadable_policies(self) -> Iterator[str]:
        """Addresses of policies that do not stand in the template as a document."""
        for address, arguments in self.resources():
            if isinstance(arguments.get("policy"), str) and _document(arguments["policy"]) is None:
                yield address

    def attached(self, address: str, kind: str, argument: str) -> list[Resource]:
        """Resources of a type whose argument refers to this one, such as the policies of a bucket."""
        return [arguments for _, arguments in self.resources(kind) if f"${{{address}." in str(arguments.get(argument, ""))]


def _document(policy: object) -> Mapping[str, Any] | None:
    try:
        document = json.loads(policy) if isinstance(policy, str) else None
    except json.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None


def _reasons(arguments: Resource) -> Mapping[str, str]:
    reasons: Mapping[str, str] = arguments.get("//", {}).get("why", {})
    return reasons


def _statements(address: str, policy: object, reasons: Mapping[str, str]) -> Iterator[PolicyStatement]:
    statements = (_document(policy) or {}).get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        yield PolicyStatement(
            address=address,
            kind=address.split(".")[0],
            allows=statement["Effect"] == "Allow",
            actions=_tuple(statement.get("Action", ())),
            resources=_tuple(statement.get("Resource", ())),
            principals=_principals(statement.get("Principal", {})),
            condition=statement.get("Condition", {}),
            reason=reasons.get(statement.get("Sid", ""), ""),
            excepts=any(f"Not{part}" in statement for part in ("Action", "Resource", "Principal")),
        )


def _principals(principal: str | Mapping[str, str | list[str]]) -> dict[str, tuple[str, ...]]:
    by_type = {_ANYBODY: principal} if isinstance(principal, str) else principal
    return {kind: _tuple(values) for kind, values in by_type.items()}


def _tuple(value: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def flatten(value: Any) -> Iterator[tuple[str, Any]]:
    """Every argument below a resource, with its last name: `log_group_name` wherever it stands."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name, inner
            yield from flatten(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from flatten(inner)
