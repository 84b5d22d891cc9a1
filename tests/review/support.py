"""Plans for the tests of `moulin review`: real ones, and small ones made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scripts.review.finding import Finding
from scripts.review.plan_file import Plan, parse_plan
from scripts.review.report import Review, review

PLANS = Path(__file__).resolve().parent / "plans"
NAMES = sorted(path.stem for path in PLANS.glob("*.json"))


def real(name: str) -> Review:
    """The review of a plan that `make_plans.py` made."""
    return review(parse_plan((PLANS / f"{name}.json").read_bytes(), name=name, file=name))


def document(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A plan with these resource changes."""
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(resources), **more}


def resource(type_: str, before: Any, after: Any, *, actions: list[str] | None = None, name: str = "x", **change: Any) -> dict[str, Any]:
    """One resource change; its action follows from what is there before and after."""
    guessed = ["create"] if before is None else ["delete"] if after is None else ["update"]
    outer = {key: change.pop(key) for key in ("action_reason", "previous_address", "deposed", "mode") if key in change}
    body = {"actions": actions or guessed, "before": before, "after": after, **change}
    return {"address": f"{type_}.{name}", "type": type_, "name": name, "mode": "managed", "change": body, **outer}


def parsed(*resources: dict[str, Any], **more: Any) -> Plan:
    return parse_plan(json.dumps(document(*resources, **more)).encode(), name="p", file="p.json")


def found(*resources: dict[str, Any], **more: Any) -> tuple[Finding, ...]:
    """What is found in a plan with these resource changes."""
    return review(parsed(*resources, **more)).findings


def lines(findings: tuple[Finding, ...]) -> list[str]:
    """Findings as `area: message`."""
    return [f"{finding.area.value}: {finding.message}" for finding in findings]
