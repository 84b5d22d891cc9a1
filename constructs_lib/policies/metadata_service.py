"""Instances answer metadata requests with a session token only (IMDSv2): a forged request cannot read their credentials."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template


def check(template: Template) -> Iterator[Finding]:
    """Yields every instance that answers without a token."""
    for address, arguments in template.resources("aws_instance"):
        if arguments.get("metadata_options", {}).get("http_tokens") != "required":
            yield Finding(address, "must set metadata_options.http_tokens to required")
