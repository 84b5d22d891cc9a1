"""Every stack of every example lake, validated and planned with the real AWS provider."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.plan import StackPlan, validate_and_plan
from scripts.plan.emulator import Emulator
from scripts.plan.output_folder import SynthesisedStack, read_stacks
from scripts.plan.provider import ReadyProvider

pytestmark = pytest.mark.plan

SET = re.compile(r"\$\{toset\((\[.*\])\)\}")


def declared_addresses(template: Mapping[str, Any]) -> set[str]:
    """Every resource that a stack declares, one by one: what a plan of an empty account must create."""
    return {
        f"{kind}.{name}{index}"
        for kind, resources in template["resource"].items()
        for name, resource in resources.items()
        for index in indexes(resource)
    }


def indexes(resource: Mapping[str, Any]) -> list[str]:
    if "for_each" in resource:
        found = SET.fullmatch(resource["for_each"])
        assert found, f"this test cannot count {resource['for_each']}"
        return [f'["{key}"]' for key in json.loads(found[1])]
    return [f"[{index}]" for index in range(resource["count"])] if "count" in resource else [""]


def assert_plan_creates_what_is_declared(plan: StackPlan, stack: SynthesisedStack) -> None:
    assert {change.actions for change in plan.changes} <= {("create",)}
    assert {change.address for change in plan.changes} == declared_addresses(stack.template)


def assert_everything_is_tagged(plan: StackPlan) -> None:
    component = {"moulin:lake", "moulin:environment", "moulin:stack"}
    assert [change.address for change in plan.changes if change.tags is not None and not component <= change.tags.keys()] == []
    assert [change.address for change in plan.changes if change.tags] or plan.count_by_type().total() == 0


def test_every_stack_validates_and_plans(
    lake_name: str, synthesise_lake: Callable[[str], Path], provider: ReadyProvider, emulator: Emulator, tmp_path: Path
) -> None:
    out = synthesise_lake(lake_name)
    stacks = read_stacks(out)

    plans = validate_and_plan(out, work=tmp_path / "work", provider=provider, emulator=emulator)

    assert [str(error) for plan in plans for error in plan.errors] == []
    assert [str(warning) for plan in plans for warning in plan.warnings] == []
    assert [plan.stack for plan in plans] == list(stacks)
    for plan in plans:
        assert plan.validated
        assert_plan_creates_what_is_declared(plan, stacks[plan.stack])
        assert_everything_is_tagged(plan)
    nameless = [path.name for path in (tmp_path / "work" / "states").iterdir() if "placeholder-of-" in path.read_text()]
    assert nameless == [], "an output of a kind that scripts/plan/placeholders.py does not know"
