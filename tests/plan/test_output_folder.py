"""The stacks of an output folder, their order and the choice among them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.plan.output_folder import read_stacks, with_upstream
from scripts.plan.terraform import SetupError

DEPENDENCIES = {"shop-capture": ["shop-delivery", "shop-network"], "shop-delivery": ["shop-lake"], "shop-lake": [], "shop-network": []}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An output folder as cdktf writes it, with the least that is read of each stack."""
    provider: dict[str, Any] = {"region": "cn-north-1", "allowed_account_ids": ["123456789012"]}
    entries = {}
    for name, upstream in DEPENDENCIES.items():
        file = tmp_path / "stacks" / name / "cdk.tf.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps({"provider": {"aws": [provider]}}))
        entries[name] = {"dependencies": upstream, "synthesizedStackPath": f"stacks/{name}/cdk.tf.json"}
    (tmp_path / "manifest.json").write_text(json.dumps({"stacks": entries}))
    return tmp_path


def test_stacks_come_in_an_order_in_which_they_can_be_deployed(out: Path) -> None:
    order = list(read_stacks(out))
    assert sorted(order) == sorted(DEPENDENCIES)
    assert all(order.index(upstream) < order.index(name) for name, upstreams in DEPENDENCIES.items() for upstream in upstreams)


def test_a_stack_knows_where_it_is_deployed(out: Path) -> None:
    stack = read_stacks(out)["shop-lake"]
    assert (stack.partition, stack.region, stack.account) == ("aws-cn", "cn-north-1", "123456789012")


@pytest.mark.parametrize(
    ("patterns", "chosen"),
    [
        ([], set(DEPENDENCIES)),
        (["shop-lake"], {"shop-lake"}),
        (["*-capture"], set(DEPENDENCIES)),
        (["shop-delivery", "*-network"], {"shop-lake", "shop-delivery", "shop-network"}),
    ],
)
def test_a_choice_brings_all_that_it_reads(out: Path, patterns: list[str], chosen: set[str]) -> None:
    assert set(with_upstream(read_stacks(out), patterns)) == chosen


def test_fails_when_a_stack_of_the_manifest_is_missing(out: Path) -> None:
    (out / "stacks" / "shop-lake" / "cdk.tf.json").unlink()
    with pytest.raises(SetupError, match=r"shop-lake/cdk\.tf\.json is missing: run `make synth` again"):
        read_stacks(out)
