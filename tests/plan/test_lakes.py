"""Every stack of every example lake, validated and planned with the real AWS provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from scripts.plan import StackPlan
from scripts.plan.output_folder import SynthesisedStack, read_stacks
from tests.plan.conftest import PlannedLake

pytestmark = pytest.mark.plan


def declared_addresses(template: Mapping[str, Any]) -> set[str]:
    """Every resource that a stack declares, one by one: what a plan of an empty account must create."""
    return {
        f"{kind}.{name}{index}"
        for kind, resources in template["resource"].items()
        for name, resource in resources.items()
        for index in indexes(resource)
    }


def indexes(resource: Mapping[str, Any]) -> list[str]:
    assert "for_each" not in resource, "this test cannot count them"
    return [f"[{index}]" for index in range(resource["count"])] if "count" in resource else [""]


def assert_plan_creates_what_is_declared(plan: StackPlan, stack: SynthesisedStack) -> None:
    assert {change.actions for change in plan.changes} <= {("create",)}
    assert {change.address for change in plan.changes} == declared_addresses(stack.template)


def assert_everything_is_tagged(plan: StackPlan) -> None:
    component = {"moulin:lake", "moulin:environment", "moulin:stack"}
    assert [change.address for change in plan.changes if change.tags is not None and not component <= change.tags.keys()] == []
    assert [change.address for change in plan.changes if change.tags] or plan.count_by_type().total() == 0


def test_every_stack_validates_and_plans(lake_name: str, plan_lake: Callable[[str], PlannedLake]) -> None:
    planned = plan_lake(lake_name)
    stacks, plans = read_stacks(planned.out), planned.plans

    assert [str(error) for plan in plans for error in plan.errors] == []
    assert [str(warning) for plan in plans for warning in plan.warnings] == []
    assert [plan.stack for plan in plans] == list(stacks)
    for plan in plans:
        assert plan.validated
        assert_plan_creates_what_is_declared(plan, stacks[plan.stack])
        assert_everything_is_tagged(plan)
    nameless = [path.name for path in (planned.work / "states").iterdir() if "placeholder-of-" in path.read_text()]
    assert nameless == [], "an output of a kind that scripts/plan/placeholders.py does not know"
