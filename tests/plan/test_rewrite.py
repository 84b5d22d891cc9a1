"""What is changed in a stack before it is planned, and that nothing else is."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from scripts.plan.provider_mirror import version_key
from scripts.plan.rewrite import ABSENT, AbsentArgument, Rewritten, rewrite

ENDPOINT = {"endpoint_id": "source", "mysql_settings": {"server_timezone": "Europe/Dublin"}}
STACK: dict[str, Any] = {
    "terraform": {"backend": {"s3": {"bucket": "b"}}, "required_providers": {"aws": {"source": "aws", "version": "6.25.0"}}},
    "provider": {"aws": [{"region": "eu-west-1", "allowed_account_ids": ["123456789012"]}]},
    "data": {"terraform_remote_state": {"network": {"backend": "s3", "config": {"bucket": "b"}, "workspace": "${terraform.workspace}"}}},
    "resource": {"aws_dms_endpoint": {"source": ENDPOINT, "target": {"endpoint_id": "stream", "flavour": "sweet"}}},
}
DROPS = [
    AbsentArgument("aws_dms_endpoint", "mysql_settings", "6.0.0", "why"),
    AbsentArgument("aws_thing", "rule.filter.size", "6.8.0", "why"),
]


def rewritten(version: str = "5.100.0", stack: dict[str, Any] = STACK) -> Rewritten:
    return rewrite(stack, provider_version=version, states={"network": Path("/states/network.tfstate")}, absent=DROPS)


def test_leaves_the_original_alone() -> None:
    before = copy.deepcopy(STACK)
    rewritten()
    assert before == STACK


def test_asks_for_the_version_in_reach_and_keeps_state_locally() -> None:
    assert rewritten().template["terraform"] == {"required_providers": {"aws": {"source": "aws", "version": "5.100.0"}}}


def test_keeps_the_account_guard_and_uses_made_up_credentials() -> None:
    (provider,) = rewritten().template["provider"]["aws"]
    assert provider["allowed_account_ids"] == ["123456789012"]
    assert provider["region"] == "eu-west-1"
    assert (provider["access_key"], provider["max_retries"], provider["s3_use_path_style"]) == ("emulated", 2, True)


def test_reads_the_state_of_another_stack_from_a_file() -> None:
    source = rewritten().template["data"]["terraform_remote_state"]["network"]
    assert source == {"backend": "local", "config": {"path": "/states/network.tfstate"}, "workspace": "${terraform.workspace}"}


def test_drops_what_is_listed_and_tells() -> None:
    result = rewritten()
    assert result.template["resource"]["aws_dms_endpoint"]["source"] == {"endpoint_id": "source"}
    assert [(drop.address, drop.argument) for drop in result.dropped] == [("aws_dms_endpoint.source", "mysql_settings")]


def test_does_not_drop_an_argument_that_is_not_listed() -> None:
    assert rewritten().template["resource"]["aws_dms_endpoint"]["target"] == {"endpoint_id": "stream", "flavour": "sweet"}


def test_drops_nothing_from_a_provider_that_has_it() -> None:
    result = rewritten(version="6.25.0")
    assert result.template["resource"] == STACK["resource"]
    assert result.dropped == ()


def test_drops_inside_every_block_of_a_list() -> None:
    rules = [{"filter": [{"size": 1, "prefix": "a"}]}, {"id": "x"}, {"filter": [{"size": 2}]}]
    stack = {**STACK, "resource": {"aws_thing": {"one": {"rule": rules}, "two": {"rule": []}}}}
    result = rewritten(stack=stack)
    assert result.template["resource"]["aws_thing"]["one"]["rule"] == [{"filter": [{"prefix": "a"}]}, {"id": "x"}, {"filter": [{}]}]
    assert [drop.address for drop in result.dropped] == ["aws_thing.one"]


def test_every_listed_argument_has_a_reason() -> None:
    assert all(entry.reason and version_key(entry.since) > version_key("5.100.0") for entry in ABSENT)


def test_drops_what_a_version_of_the_same_major_does_not_have_yet() -> None:
    stack = {**STACK, "resource": {"aws_thing": {"one": {"rule": [{"filter": [{"size": 1}]}]}}}}
    assert [drop.argument for drop in rewritten(version="6.7.0", stack=stack).dropped] == ["rule.filter.size"]
    assert rewritten(version="6.8.0", stack=stack).dropped == ()


def test_deployment_keeps_its_backend_and_reads_the_real_states() -> None:
    result = rewrite(STACK, provider_version="5.100.0", absent=DROPS).template
    assert result["terraform"]["backend"] == STACK["terraform"]["backend"]
    assert result["data"] == STACK["data"]
