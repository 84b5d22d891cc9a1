"""A synthesised stack, as the rules read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Resource = Mapping[str, Any]

POLICY_ARGUMENTS = {
    "aws_iam_role_policy": "policy",
    "aws_iam_policy": "policy",
    "aws_kms_key": "policy",
    "aws_s3_bucket_policy": "policy",
    "aws_sns_topic_policy": "policy",
    "aws_secretsmanager_secret_policy": "policy",
}
"""Where each type of resource holds a policy document."""


@dataclass(frozen=True)
class Finding:
    """What breaks a rule: where, and what to do."""

    address: str
    message: str


@dataclass(frozen=True)
class PolicyStatement:
    """One statement of a policy document, and the resource that holds it."""

    address: str
    kind: str
    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principal: Any
    condition: Mapping[str, Any]


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
        """Every statement of every policy document."""
        for kind, argument in POLICY_ARGUMENTS.items():
            for address, arguments in self.resources(kind):
                for statement in json.loads(arguments[argument])["Statement"]:
                    yield _statement(address, kind, statement)

    def trusts(self) -> Iterator[PolicyStatement]:
        """Every statement of every role's trust policy."""
        for address, arguments in self.resources("aws_iam_role"):
            for statement in json.loads(arguments["assume_role_policy"])["Statement"]:
                yield _statement(address, "aws_iam_role", statement)

    def attached(self, address: str, kind: str, argument: str) -> list[Resource]:
        """Resources of a type whose argument refers to this one, such as the policies of a bucket."""
        return [arguments for _, arguments in self.resources(kind) if f"${{{address}." in str(arguments.get(argument, ""))]


def _statement(address: str, kind: str, statement: Mapping[str, Any]) -> PolicyStatement:
    return PolicyStatement(
        address=address,
        kind=kind,
        allows=statement["Effect"] == "Allow",
        actions=_tuple(statement.get("Action", ())),
        resources=_tuple(statement.get("Resource", ())),
        principal=statement.get("Principal"),
        condition=statement.get("Condition", {}),
    )


def _tuple(value: str | list[str]) -> tuple[str, ...]:
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
