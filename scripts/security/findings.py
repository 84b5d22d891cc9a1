"""Findings against what the resources accept: each with a reason that stands on the resource itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Template = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Finding:
    """A check that an element of a stack fails.

    Attributes:
        stack: such as `retail-dev-lake`.
        address: such as `aws_s3_bucket.data`.
        check: such as `CKV_AWS_18`.
        title: what the check wants.
    """

    stack: str
    address: str
    check: str
    title: str

    def __str__(self) -> str:
        return f"{self.stack}: {self.address}: {self.title} [{self.check}]"


@dataclass(frozen=True, order=True)
class Accepted:
    """A finding that a resource accepts (constructs_lib/notes.py), with the reason that stands on it."""

    stack: str
    address: str
    check: str
    reason: str

    def __str__(self) -> str:
        return f"{self.stack}: {self.address}: accepts {self.check}, which checkov does not find: remove it ({self.reason})"


@dataclass(frozen=True)
class Verdict:
    """What remains once the accepted findings are taken away.

    Attributes:
        passed: how many checks passed.
        open: findings that nothing accepts.
        accepted: what was accepted, and found.
        unused: what is accepted, and not found.
    """

    passed: int
    open: tuple[Finding, ...]
    accepted: tuple[Accepted, ...]
    unused: tuple[Accepted, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is open and nothing is accepted in vain."""
        return not self.open and not self.unused


def accepted_in(templates: Mapping[str, Template]) -> Iterator[Accepted]:
    """Everything that resources and data sources accept; without a reason, nothing is accepted."""
    for stack, template in templates.items():
        for address, arguments in elements(template):
            for skip in arguments.get("//", {}).get("checkov", {}).get("skip", []):
                if str(skip.get("comment", "")).strip():
                    yield Accepted(stack, address, skip["id"], skip["comment"])


def judge(findings: Sequence[Finding], templates: Mapping[str, Template], *, passed: int) -> Verdict:
    """Takes away exactly what is accepted: this check on this resource of this stack."""
    accepted = {(one.stack, one.address, one.check): one for one in accepted_in(templates)}
    found = {(one.stack, one.address, one.check) for one in findings}
    return Verdict(
        passed=passed,
        open=tuple(one for one in findings if (one.stack, one.address, one.check) not in accepted),
        accepted=tuple(sorted(one for key, one in accepted.items() if key in found)),
        unused=tuple(sorted(one for key, one in accepted.items() if key not in found)),
    )


def elements(template: Template) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Address and arguments of every resource and data source."""
    for section, prefix in (("resource", ""), ("data", "data.")):
        for kind, named in template.get(section, {}).items():
            for name, arguments in named.items():
                yield f"{prefix}{kind}.{name}", arguments
