"""A plan's review, before it is written as text, Markdown or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scripts.review.change import Action
from scripts.review.finding import NEEDS_A_YES, Area, Finding
from scripts.review.plan_file import Plan
from scripts.review.rules import findings

TITLES: Final[Mapping[Area, str]] = {
    Area.LOSS: "loses data or positions",
    Area.ACCESS: "widens access",
    Area.UNKNOWN: "cannot be judged: look at it",
    Area.COST: "costs more",
    Area.NOTE: "to know",
}

NOT_VISIBLE: Final = (
    "No plan shows that prevent_destroy or ignore_changes was taken away (the diff of the code does), nor what is in a bucket, a table or a"
    " function's code."
)

_COUNTED: Final = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE, Action.FORGET, Action.UNCLEAR)
_PAST: Final = {
    Action.CREATE: "created",
    Action.UPDATE: "changed",
    Action.REPLACE: "replaced",
    Action.DELETE: "destroyed",
    Action.FORGET: "forgotten",
    Action.UNCLEAR: "unclear",
}


@dataclass(frozen=True)
class Review:
    """What there is to say of one plan.

    Attributes:
        name: the plan.
        terraform_version: of the Terraform that made it.
        counts: what happens (`created`, ...) to how many of each type.
        findings: what a reviewer must know, losses first.
        outputs: names of the outputs that change.
    """

    name: str
    terraform_version: str
    counts: Mapping[str, Mapping[str, int]]
    findings: tuple[Finding, ...]
    outputs: tuple[str, ...]

    @property
    def needs_a_yes(self) -> bool:
        """Whether a person must agree to it."""
        return any(finding.area in NEEDS_A_YES for finding in self.findings)

    def of(self, area: Area) -> tuple[Finding, ...]:
        """The findings of one area."""
        return tuple(finding for finding in self.findings if finding.area is area)

    @property
    def summary(self) -> str:
        """Such as `3 created, 1 replaced`."""
        return ", ".join(f"{sum(types.values())} {verb}" for verb, types in self.counts.items()) or "no change"

    @property
    def verdict(self) -> str:
        """How many findings of each area there are, in words."""
        parts = [f"{len(self.of(area))} {area.value}" for area in NEEDS_ORDER if self.of(area)]
        return f"needs a person's yes: {', '.join(parts)}" if parts else "nothing that needs a person's yes"


NEEDS_ORDER: Final = tuple(area for area in Area if area in NEEDS_A_YES)


def review(plan: Plan) -> Review:
    """Reviews a plan."""
    counts = {}
    for action in _COUNTED:
        types = Counter(change.type for change in plan.changes if change.action is action)
        if types:
            counts[_PAST[action]] = dict(sorted(types.items()))
    return Review(name=plan.name, terraform_version=plan.terraform_version, counts=counts, findings=findings(plan), outputs=plan.outputs)


def review_records(reviews: Sequence[Review]) -> dict[str, Any]:
    """Every review as plain data."""
    return {
        "needs_a_yes": any(one.needs_a_yes for one in reviews),
        "plans": [
            {
                "name": one.name,
                "needs_a_yes": one.needs_a_yes,
                "terraform_version": one.terraform_version,
                "counts": one.counts,
                "findings": [
                    {"area": found.area.value, "address": found.address, "message": found.message, "needs_a_yes": found.area in NEEDS_A_YES}
                    for found in one.findings
                ],
                "outputs": list(one.outputs),
            }
            for one in reviews
        ],
        "not_visible": NOT_VISIBLE,
    }


def kinds_line(types: Mapping[str, int]) -> str:
    """Such as `kinesis_stream 1, s3_bucket 2`."""
    return ", ".join(f"{kind.removeprefix('aws_')} {count}" for kind, count in types.items())
