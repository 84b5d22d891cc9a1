"""What exists once per account is never taken over: replacing it takes it from whoever relied on it."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template

SINGLETONS = {
    "aws_lakeformation_data_lake_settings": "it replaces the account's Lake Formation administrators: use grants",
    "aws_glue_data_catalog_encryption_settings": "it changes the whole account's catalog",
    "aws_glue_resource_policy": "it replaces the whole account's catalog policy",
    "aws_s3_account_public_access_block": "it changes every bucket of the account",
    "aws_iam_account_password_policy": "it changes every user of the account",
}


def check(template: Template) -> Iterator[Finding]:
    """Yields every resource that is an account singleton."""
    for kind, reason in SINGLETONS.items():
        for address, _ in template.resources(kind):
            yield Finding(address, f"is a singleton of the account: {reason}")
