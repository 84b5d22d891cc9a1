"""Nothing in the templates grows faster than the tables: neither what is written, nor what a state will hold of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from graphlib import TopologicalSorter
from typing import Any

import pytest

from constructs_lib.config.load import parse_lake
from constructs_lib.defaults import limits
from scripts.bench.scaling import generated_lake
from tests.conftest import Templates

FEW, MANY = 100, 200
STEEPEST = 2.1
"""Twice as many tables, and what they share besides."""

ZIPS: dict[int, int] = {}
"""Number of tables to the bytes of its functions."""

REFERENCE = re.compile(r"\b([a-z]+_[a-z0-9_]+\.[A-Za-z0-9_-]+)")
SET = re.compile(r"\$\{toset\((\[.*\])\)\}")


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, Templates]:
    """Number of tables to the stacks of a lake with so many."""
    from constructs_lib.provider import App
    from stacks.app import build_stacks
    from stacks.synth import read_templates

    made = {}
    for tables in (FEW, MANY):
        out = tmp_path_factory.mktemp(f"{tables}-tables")
        app = App(outdir=str(out))
        build_stacks(app, parse_lake(generated_lake(tables)), build_folder=out / "build")
        app.synth()
        made[tables] = read_templates(out)
        ZIPS[tables] = sum(path.stat().st_size for path in out.rglob("assets/**/*.zip"))
    return made


def resources(template: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A stack's resources and data sources by address, as they are referred to."""
    kinds = {**template.get("resource", {}), **template.get("data", {})}
    return {f"{kind}.{name}": resource for kind, named in kinds.items() for name, resource in named.items()}


def instances(resource: Mapping[str, Any]) -> int:
    """How many a block makes."""
    found = SET.fullmatch(str(resource.get("for_each", "")))
    return len(json.loads(found[1])) if found else int(resource.get("count", 1))


def written(template: Mapping[str, Any]) -> Counter[str]:
    """Characters of each type of resource."""
    sizes: Counter[str] = Counter()
    for address, resource in resources(template).items():
        sizes[address.split(".")[0]] += len(json.dumps(resource))
    return sizes


def dependencies(template: Mapping[str, Any]) -> Counter[str]:
    """Names of dependencies that the state will hold, by type: every instance names all that its block depends on, however indirectly."""
    known = resources(template)
    direct = {address: set(REFERENCE.findall(json.dumps(resource))) & known.keys() - {address} for address, resource in known.items()}
    ancestors: dict[str, set[str]] = {}
    for address in TopologicalSorter(direct).static_order():
        ancestors[address] = direct[address].union(*(ancestors[other] for other in direct[address]))
    named: Counter[str] = Counter()
    for address, others in ancestors.items():
        named[address.split(".")[0]] += len(others) * instances(known[address])
    return named


@pytest.mark.parametrize("measure", [written, dependencies])
def test_twice_the_tables_are_twice_the_template_at_most(sizes: Mapping[int, Templates], measure: Any) -> None:
    few, many = sizes[FEW], sizes[MANY]
    steep = {
        (stack, kind): f"{measure(few[stack])[kind]} at {FEW} tables, {amount} at {MANY}"
        for stack, template in many.items()
        for kind, amount in measure(template).items()
        if amount > STEEPEST * measure(few[stack])[kind]
    }
    assert steep == {}


def test_every_reference_is_seen(sizes: Mapping[int, Templates]) -> None:
    """The measure itself: an optimizer waits for its table, the database, its role with its policies, and two grants."""
    template = sizes[FEW]["generated-dev-lake"]
    optimizers = dependencies(template)["aws_glue_catalog_table_optimizer"]
    assert optimizers >= 3 * FEW * len(("table", "database", "role", "policy", "grant"))


def policies(template: Mapping[str, Any]) -> Counter[str]:
    """Characters of each role's inline policies, as IAM counts them."""
    held: Counter[str] = Counter()
    for policy in template["resource"].get("aws_iam_role_policy", {}).values():
        held[policy["role"]] += len("".join(policy["policy"].split()))
    return held


def test_policies_do_not_grow_with_the_tables_and_fit(sizes: Mapping[int, Templates]) -> None:
    for name, template in sizes[MANY].items():
        assert policies(template) == policies(sizes[FEW][name])
        assert all(characters <= limits.ROLE_POLICIES_CHARACTERS.maximum for characters in policies(template).values())


def test_as_many_tables_as_a_delivery_may_have_fit_where_aws_bounds_them(sizes: Mapping[int, Templates]) -> None:
    times = limits.DELIVERY_TABLES.maximum / MANY
    (task,) = sizes[MANY]["generated-dev-capture"]["resource"]["aws_dms_replication_task"].values()
    assert len(task["table_mappings"]) * times < limits.TABLE_MAPPINGS_BYTES.maximum
    assert 0 < ZIPS[MANY] * times < limits.FUNCTION_ZIP_BYTES.maximum
