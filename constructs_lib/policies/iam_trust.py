"""A service may take on a role only for this account's resources, where the service says for whom it acts."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template

WITHOUT_SOURCE = {
    "lambda.amazonaws.com": "Lambda sends no source account when it takes on an execution role",
    "ec2.amazonaws.com": "EC2 sends no source account when it takes on an instance role",
    "firehose.amazonaws.com": "controlling-access.html shows the trust without a condition; one that is not met would shut Firehose out",
    "lakeformation.amazonaws.com": "registration-role.html shows the trust without a condition",
    "glue.amazonaws.com": "optimization-prerequisites.html shows the optimizers' trust without a condition",
}
"""A condition is set only where a page of AWS says that the service sends its key: without the key, the role cannot be taken on at all."""

ACCOUNT_WIDE_ROLES = {
    "dms-vpc-role": "DMS documents its trust without conditions, and other tools of the account share it",
    "dms-cloudwatch-logs-role": "DMS documents its trust without conditions, and other tools of the account share it",
}


def check(template: Template) -> Iterator[Finding]:
    """Yields every role that a service could be tricked into using for another account, and every role open to anybody."""
    roles = dict(template.resources("aws_iam_role"))
    for trust in template.trusts():
        if trust.is_for_anybody or trust.excepts:
            yield Finding(trust.address, "may be taken on by anybody: name a principal")
        if roles[trust.address].get("name") in ACCOUNT_WIDE_ROLES or "aws:SourceAccount" in trust.condition.get("StringEquals", {}):
            continue
        for service in trust.principals.get("Service", ()):
            if service not in WITHOUT_SOURCE:
                yield Finding(trust.address, f"must trust {service} for this account only (aws:SourceAccount)")
