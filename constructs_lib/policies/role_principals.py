"""A resource's policy names no role as principal: the account is the principal, and `aws:PrincipalArn` says which of its roles.

A role of a later stack does not exist when the resource is made, and KMS and OpenSearch refuse a principal that does not. A role that
was made anew keeps its ARN, while a principal that was deleted turns into an id that matches nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, PolicyStatement, Template

_ROLES = (":role/", ":user/", ":assumed-role/", "aws_iam_role.", "aws_iam_user.")
_UNIQUE_IDS = ("aws:userid",)


def check(template: Template) -> Iterator[Finding]:
    """Yields every statement of a resource's policy that names a role, or tells one by its unique id."""
    for statement in template.statements():
        for name in statement.principals.get("AWS", ()):
            if _names_role(name):
                message = f"names {name} as principal, which may not exist yet: name the account, and the role in aws:PrincipalArn"
                yield Finding(statement.address, message)
        for key in _keys(statement):
            if key.lower() in _UNIQUE_IDS:
                message = f"tells a role by {key}, which changes when the role is made anew: use aws:PrincipalArn"
                yield Finding(statement.address, message)


def _names_role(name: str) -> bool:
    """A role by its ARN, by a reference to one of this stack, or by an output of another stack."""
    return any(part in name for part in _ROLES) or ("terraform_remote_state" in name and not name.endswith(":root"))


def _keys(statement: PolicyStatement) -> Iterator[str]:
    for keys in statement.condition.values():
        yield from keys
