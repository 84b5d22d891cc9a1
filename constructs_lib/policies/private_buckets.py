"""Buckets block public access, deny plain HTTP, are encrypted with a key, versioned, and have a lifecycle."""

from __future__ import annotations

import json
from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Resource, Template

BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


def check(template: Template) -> Iterator[Finding]:
    """Yields every bucket that lacks one of them."""
    for address, _ in template.resources("aws_s3_bucket"):
        for kind, is_met, remedy in (
            ("aws_s3_bucket_public_access_block", _blocks_all, "block public access in all four ways"),
            ("aws_s3_bucket_policy", _denies_plain_http, "deny requests without TLS in its policy"),
            ("aws_s3_bucket_server_side_encryption_configuration", _uses_key, "encrypt with a KMS key by default"),
            ("aws_s3_bucket_versioning", _is_versioned, "be versioned"),
            ("aws_s3_bucket_lifecycle_configuration", _expires, "have a lifecycle rule for old versions"),
        ):
            if not any(is_met(resource) for resource in template.attached(address, kind, "bucket")):
                yield Finding(address, f"must {remedy}: use PrivateBucket")


def _blocks_all(resource: Resource) -> bool:
    return all(resource.get(block) is True for block in BLOCKS)


def _denies_plain_http(resource: Resource) -> bool:
    statements = json.loads(resource["policy"])["Statement"]
    return any(
        statement["Effect"] == "Deny" and statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        for statement in statements
    )


def _uses_key(resource: Resource) -> bool:
    defaults = [rule.get("apply_server_side_encryption_by_default", {}) for rule in resource.get("rule", [])]
    return any(default.get("sse_algorithm") == "aws:kms" and default.get("kms_master_key_id") for default in defaults)


def _is_versioned(resource: Resource) -> bool:
    return bool(resource.get("versioning_configuration", {}).get("status") == "Enabled")


def _expires(resource: Resource) -> bool:
    return any(rule.get("noncurrent_version_expiration") for rule in resource.get("rule", []))
