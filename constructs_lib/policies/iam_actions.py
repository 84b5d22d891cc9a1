"""No policy allows actions by wildcard, but for the account's own administration of a key."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, PolicyStatement, Template


def check(template: Template) -> Iterator[Finding]:
    """Yields every allowing statement with a wildcard in an action."""
    for statement in template.statements():
        for action in statement.actions:
            if statement.allows and "*" in action and not _administers_key(statement, action):
                yield Finding(statement.address, f"allows {action}: list the actions")


def _administers_key(statement: PolicyStatement, action: str) -> bool:
    """The account root's `kms:*`, without which nobody could ever change the key's policy."""
    root = str(statement.principal.get("AWS", "")) if isinstance(statement.principal, dict) else ""
    return statement.kind == "aws_kms_key" and action == "kms:*" and root.endswith(":root")
