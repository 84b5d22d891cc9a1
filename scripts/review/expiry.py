"""What the lifecycle of a bucket deletes, and when: rule by rule, what goes sooner than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.review.change import Change
from scripts.review.finding import Area, Finding
from scripts.review.values import at, blocks, has_mark, number

TYPE: Final = "aws_s3_bucket_lifecycle_configuration"

_AGES: Final = {
    "expiration.days": "objects",
    "noncurrent_version_expiration.noncurrent_days": "what was overwritten or deleted",
}
_NEVER: Final = float("inf")


def check(change: Change, *, new_buckets: frozenset[str]) -> Iterator[Finding]:
    """Yields what a lifecycle deletes sooner than before.

    Args:
        change: any resource.
        new_buckets: buckets that the same plan makes: there is nothing in them to delete.
    """
    if change.type != TYPE or not (change.stays or (change.comes and _bucket(change) not in new_buckets)):
        return
    if has_mark(change.before.get("rule")) or has_mark(_ages_only(change.after.get("rule"))):
        yield Finding(Area.UNKNOWN, change.address, "what it deletes is not known yet: look at its rules when it is")
        return
    before, after = _rules(change.before), _rules(change.after)
    for scope, ages in after.items():
        for path, days in ages.items():
            old = before.get(scope, {}).get(path, _NEVER)
            if days < old:
                was = "never were" if old == _NEVER else f"were after {old:g}"
                yield Finding(Area.LOSS, change.address, f"deletes {_AGES[path]} {scope} after {days:g} days ({was})")


def _bucket(change: Change) -> str:
    return str(change.after.get("bucket"))


def _ages_only(rules: Any) -> list[Any]:
    return [at(rule, path) for rule in blocks(rules) for path in _AGES] if isinstance(rules, list) else [rules]


def _rules(arguments: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Where a rule holds to the days after which it deletes; of several rules for one place the soonest."""
    found: dict[str, dict[str, float]] = {}
    for rule in blocks(arguments.get("rule")):
        if rule.get("status") != "Enabled":
            continue
        ages = found.setdefault(_scope(rule), {})
        for path in _AGES:
            days = number(at(rule, path))
            if days:  # the provider writes 0 where no age is set
                ages[path] = min(days, ages.get(path, _NEVER))
    return found


def _scope(rule: Mapping[str, Any]) -> str:
    """Where a rule holds, in words."""
    where = [f"below {prefix}" for prefix in (rule.get("prefix"), at(rule, "filter.prefix"), at(rule, "filter.and.prefix")) if prefix]
    tags = at(rule, "filter.tag") or at(rule, "filter.and.tags")
    return " ".join(where or ["everywhere"]) + (" with certain tags" if tags else "")
