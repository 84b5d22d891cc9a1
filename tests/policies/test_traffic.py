"""Every security group rule of every example lake, found without the rules' help."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from scripts.security.tables import traffic_table
from tests.conftest import Templates
from tests.policies.conftest import MarkdownFiles

ANYWHERE = "0.0.0.0/0"
OTHER_SIDES = {"referenced_security_group_id", "cidr_ipv4", "cidr_ipv6", "prefix_list_id"}


def rules(templates: Templates, direction: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for stack, template in templates.items():
        for name, rule in template["resource"].get(f"aws_vpc_security_group_{direction}_rule", {}).items():
            yield f"{stack}: {name}", rule


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_rule_is_for_one_port_of_one_other_side(templates: Templates, direction: str) -> None:
    found = list(rules(templates, direction))
    assert found
    for name, rule in found:
        assert rule["ip_protocol"] == "tcp", name
        assert rule["from_port"] == rule["to_port"], name
        assert len(OTHER_SIDES & set(rule)) == 1, name
        assert rule["description"], name


def test_nothing_comes_in_but_from_a_group_or_the_network_itself(templates: Templates) -> None:
    for name, rule in rules(templates, "ingress"):
        if "referenced_security_group_id" not in rule:
            assert IPv4Network(rule["cidr_ipv4"]).is_private, name
            assert rule["from_port"] == 443, name


def test_what_goes_out_goes_to_a_group_or_by_https_with_a_reason(templates: Templates) -> None:
    for name, rule in rules(templates, "egress"):
        if "referenced_security_group_id" not in rule:
            assert (rule["cidr_ipv4"], rule["from_port"]) == (ANYWHERE, 443), name
            assert rule["//"]["why_anywhere"], name


def test_dms_reaches_only_the_endpoints_where_the_network_has_them(synthesised: Mapping[str, Templates]) -> None:
    """local-state has interface endpoints for all that DMS calls; retail has none."""
    narrow = {rule.get("cidr_ipv4") for name, rule in rules(synthesised["local-state"], "egress") if "-capture: " in name}
    wide = {rule.get("cidr_ipv4") for name, rule in rules(synthesised["retail"], "egress") if "-capture: " in name}
    assert (narrow, wide) == ({None}, {None, ANYWHERE})


def test_database_opens_no_connection(synthesised: Mapping[str, Templates]) -> None:
    for lake in synthesised.values():
        assert [name for name, rule in rules(lake, "egress") if "aws_security_group.database" in rule["security_group_id"]] == []


def test_every_other_way_to_open_a_group_is_unused(templates: Templates) -> None:
    for template in templates.values():
        assert "aws_security_group_rule" not in template["resource"]
        for kind in ("aws_security_group", "aws_default_security_group"):
            for group in template["resource"].get(kind, {}).values():
                assert {"ingress", "egress"}.isdisjoint(group)


def test_traffic_is_as_reviewed(templates: Templates, lake_name: str, snapshot: SnapshotAssertion) -> None:
    """`make snapshots` accepts a change; CI never does."""
    assert traffic_table(templates) == snapshot(name=lake_name, extension_class=MarkdownFiles)
