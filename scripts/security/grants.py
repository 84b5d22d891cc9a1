"""Who may do what in a lake: every statement of every policy document, wherever it stands in a template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.security.findings import Template

_REFERENCE = re.compile(r"\$\{([^{}]+)\}")
_CROSS_STACK = re.compile(r"data\.terraform_remote_state\.cross-stack-reference-input-([^.]+)\.outputs\.(.+)")
_CALLER = "data.aws_caller_identity.caller.account_id"
_EVERY_RESOURCE = re.compile(r"\*|arn:[^:]+:[^:]+:[^:]*:[^:]+:[a-z-]+[:/]\*")


@dataclass(frozen=True)
class Grant:
    """One statement, and where it stands.

    Attributes:
        stack: the stack.
        address: the resource that holds the document, or attaches a policy of AWS's own.
        arguments: of that resource.
        statement: as IAM reads it.
    """

    stack: str
    address: str
    arguments: Mapping[str, Any]
    statement: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.stack}: {self.address}: {json.dumps(self.statement)}"

    @property
    def kind(self) -> str:
        """Type of the resource."""
        return self.address.split(".")[0]

    @property
    def actions(self) -> list[str]:
        """What it allows or denies."""
        return all_of(self.statement.get("Action", []))

    @property
    def resources(self) -> list[str]:
        """On what; empty in a trust policy, which speaks of its role."""
        return all_of(self.statement.get("Resource", []))

    @property
    def is_on_everything(self) -> bool:
        """Whether it names every resource, or every one of a type."""
        return any(_EVERY_RESOURCE.fullmatch(resource) for resource in self.resources)

    @property
    def reason(self) -> str:
        """Why it is as wide as it is, as the resource itself says (constructs_lib/notes.py); empty when it does not."""
        reasons: Mapping[str, str] = self.arguments.get("//", {}).get("why", {})
        return reasons.get("Trust" if self.kind == "aws_iam_role" else self.statement.get("Sid", ""), "")


def grants(templates: Mapping[str, Template]) -> Iterator[Grant]:
    """Every statement of a lake's stacks: of roles, trusts, keys, buckets, topics, and what else holds a policy document."""
    for stack, template in templates.items():
        for kind, resources in template.get("resource", {}).items():
            for name, arguments in resources.items():
                for text in texts(arguments):
                    for statement in policy_statements(text):
                        yield Grant(stack, f"{kind}.{name}", arguments, statement)


def attachments(templates: Mapping[str, Template]) -> Iterator[tuple[str, str, str]]:
    """Stack, role and ARN of every policy of AWS's own that a role has."""
    for stack, template in templates.items():
        for arguments in template.get("resource", {}).get("aws_iam_role_policy_attachment", {}).values():
            yield stack, arguments["role"], arguments["policy_arn"]


def texts(value: Any) -> Iterator[str]:
    """Every text below a value."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def policy_statements(text: str) -> list[dict[str, Any]]:
    """The statements of a text that is a policy document; none of any other text."""
    if not text.startswith("{"):
        return []
    try:
        found = json.loads(text).get("Statement", [])
    except ValueError:
        return []
    return [found] if isinstance(found, dict) else list(found)


def all_of(value: str | list[str]) -> list[str]:
    """One or many, as a list."""
    return [value] if isinstance(value, str) else list(value)


class Names:
    """References of a lake's stacks as a reader wants them: a role by its name, a value of another stack by what it is there."""

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._outputs = {
            (stack, name): str(output["value"])
            for stack, template in templates.items()
            for name, output in template.get("output", {}).items()
        }
        self._roles = {
            f"aws_iam_role.{name}": str(role["name"])
            for template in templates.values()
            for name, role in template.get("resource", {}).get("aws_iam_role", {}).items()
        }

    def read(self, text: str) -> str:
        """A text with its references resolved as far as the templates know them."""
        return _REFERENCE.sub(self._resolved, text)

    def _resolved(self, match: re.Match[str]) -> str:
        reference = match[1]
        elsewhere = _CROSS_STACK.fullmatch(reference)
        if elsewhere:
            stack, output = elsewhere.groups()
            return f"{stack}: {self.read(self._outputs[stack, output])}"
        if reference == _CALLER:
            return "<account>"
        address = ".".join(reference.split(".")[:2])
        return self._roles.get(address, reference)
