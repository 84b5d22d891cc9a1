"""Rules that fail the synthesis when a stack breaks them, one file each.

A rule is a function from a synthesised stack to what breaks it. To add one: a file with a `check` function, and a line in `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.policies import (
    account_singletons,
    data_protection,
    encryption,
    iam_actions,
    iam_resources,
    iam_trust,
    log_destinations,
    metadata_service,
    private_buckets,
    public_access,
    role_principals,
    secrets,
    state_backend,
    transport,
)
from constructs_lib.policies.template import Finding, Template

Rule = Callable[[Template], Iterator[Finding]]

RULES: Mapping[str, Rule] = {
    "account-singletons": account_singletons.check,
    "data-protection": data_protection.check,
    "encryption": encryption.check,
    "iam-actions": iam_actions.check,
    "iam-resources": iam_resources.check,
    "iam-trust": iam_trust.check,
    "log-destinations": log_destinations.check,
    "metadata-service": metadata_service.check,
    "private-buckets": private_buckets.check,
    "public-access": public_access.check,
    "role-principals": role_principals.check,
    "secrets": secrets.check,
    "state-backend": state_backend.check,
    "transport": transport.check,
}


@dataclass(frozen=True)
class Violation:
    """A broken rule: in which stack, on which resource, and what to do."""

    stack: str
    rule: str
    address: str
    message: str

    def __str__(self) -> str:
        return f"{self.stack}: {self.address}: {self.message} [{self.rule}]"


def check_stack(stack: str, content: Mapping[str, Any], *, protected: bool = True) -> Iterator[Violation]:
    """Yields every broken rule of a stack.

    Args:
        stack: its name, for the message.
        content: what `cdk.tf.json` holds.
        protected: False when both keys to destroy data were given.
    """
    template = Template(content, protected=protected)
    for name, check in RULES.items():
        for finding in check(template):
            yield Violation(stack, name, finding.address, finding.message)
