"""Policies list the actions they allow; what cannot be listed cannot be reviewed."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, PolicyStatement, Template

MANAGED_POLICIES = {
    "AmazonSSMManagedInstanceCore": "Session Manager documents no narrower one",
    "AmazonRDSEnhancedMonitoringRole": "RDS documents no narrower one",
    "AmazonDMSVPCManagementRole": "DMS looks for the role with this policy",
    "AmazonDMSCloudWatchLogsRole": "DMS looks for the role with this policy",
}
"""AWS's own policies that a role may have, with the reason."""


def check(template: Template) -> Iterator[Finding]:
    """Yields every statement that allows by a wildcard or by exception, every policy that cannot be read, and AWS's own wide policies."""
    for statement in template.statements():
        if statement.allows and statement.excepts:
            yield Finding(statement.address, "allows everything but what it names: list what is allowed")
        for action in statement.actions:
            if statement.allows and "*" in action and not _administers_key(statement, action):
                yield Finding(statement.address, f"allows {action}: list the actions")
    for address in template.unreadable_policies():
        yield Finding(address, "has a policy that only Terraform can read: write the document into the template")
    for address, arguments in template.resources("aws_iam_role_policy_attachment"):
        if str(arguments.get("policy_arn", "")).split("/")[-1] not in MANAGED_POLICIES:
            yield Finding(address, "attaches a policy that nobody has listed: allow the actions that are needed by ServiceRole.allow")


def _administers_key(statement: PolicyStatement, action: str) -> bool:
    """The account root's `kms:*`, without which nobody could ever change the key's policy."""
    accounts = statement.principals.get("AWS", ())
    return statement.kind == "aws_kms_key" and action == "kms:*" and len(accounts) == 1 and accounts[0].endswith(":root")
