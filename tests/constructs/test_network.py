"""The network: subnets, NAT gateways, endpoints, flow logs."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest

from constructs_lib.config.network import CreatedNetworkConfig
from constructs_lib.network import LakeNetwork
from tests.constructs.conftest import Bench, of_kind, statements, trust

PRIVATE_WAYS = ("kinesis-streams", "secretsmanager")


def network(bench: Bench, **config: Any) -> tuple[LakeNetwork, dict[str, Any]]:
    made = LakeNetwork(bench.stack(), "vpc", name="shop-dev", config=CreatedNetworkConfig(**config), log_retention_days=30)
    return made, bench.synth()


def test_default_network_has_a_pair_of_subnets_in_each_of_three_zones(bench: Bench) -> None:
    made, template = network(bench)
    vpc = template["resource"]["aws_vpc"]["vpc"]
    assert (vpc["cidr_block"], vpc["enable_dns_support"], vpc["enable_dns_hostnames"]) == ("10.0.0.0/16", True, True)
    subnets = of_kind(template, "aws_subnet")
    assert {name: subnet["cidr_block"] for name, subnet in subnets.items()} == {
        "vpc_public_0": "10.0.0.0/20",
        "vpc_public_1": "10.0.16.0/20",
        "vpc_public_2": "10.0.32.0/20",
        "vpc_private_0": "10.0.48.0/20",
        "vpc_private_1": "10.0.64.0/20",
        "vpc_private_2": "10.0.80.0/20",
    }
    assert len(made.exports.private_subnet_ids) == 3


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "172.31.0.0/17", "192.168.10.0/24"])
@pytest.mark.parametrize("zones", [2, 6])
def test_subnets_lie_in_the_range_and_do_not_overlap(bench: Bench, cidr: str, zones: int) -> None:
    _, template = network(bench, cidr=cidr, availability_zones=zones)
    blocks = [IPv4Network(subnet["cidr_block"]) for subnet in of_kind(template, "aws_subnet").values()]
    assert len(blocks) == 2 * zones
    assert all(block.subnet_of(IPv4Network(cidr)) and block.prefixlen <= 28 for block in blocks)
    assert not any(first.overlaps(second) for first, second in combinations(blocks, 2))


def test_each_zone_holds_one_public_and_one_private_subnet(bench: Bench) -> None:
    _, template = network(bench, availability_zones=2)
    zones = {name: subnet["availability_zone"] for name, subnet in of_kind(template, "aws_subnet").items()}
    assert zones["vpc_public_0"] == zones["vpc_private_0"] == "${element(data.aws_availability_zones.vpc_zones.names, 0)}"
    assert zones["vpc_public_1"] == zones["vpc_private_1"] == "${element(data.aws_availability_zones.vpc_zones.names, 1)}"
    (names,) = template["data"]["aws_availability_zones"].values()
    assert names["filter"] == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]  # no local zones: Aurora is not there


@pytest.mark.parametrize(
    ("region", "given", "excluded"),
    [
        ("us-east-1", None, ["use1-az3"]),
        ("eu-west-1", None, None),
        ("us-east-1", (), None),
        ("eu-west-1", ("euw1-az2",), ["euw1-az2"]),
    ],
)
def test_zones_that_lack_what_a_lake_needs_get_no_subnets(
    bench: Bench, region: str, given: tuple[str, ...] | None, excluded: list[str] | None
) -> None:
    config = CreatedNetworkConfig(exclude_zone_ids=given)
    LakeNetwork(bench.stack(region=region), "vpc", name="shop", config=config, log_retention_days=30)
    assert bench.synth()["data"]["aws_availability_zones"]["vpc_zones"].get("exclude_zone_ids") == excluded


def test_no_subnet_gives_public_addresses(bench: Bench) -> None:
    _, template = network(bench)
    assert {subnet["map_public_ip_on_launch"] for subnet in of_kind(template, "aws_subnet").values()} == {False}


@pytest.mark.parametrize(("zones", "gateways"), [(3, 1), (3, 2), (3, 3), (2, 2), (6, 6)])
def test_nat_gateways_serve_every_private_subnet(bench: Bench, zones: int, gateways: int) -> None:
    _, template = network(bench, availability_zones=zones, nat_gateways=gateways)
    assert len(of_kind(template, "aws_nat_gateway")) == len(of_kind(template, "aws_eip")) == gateways
    used = {name: route["nat_gateway_id"] for name, route in of_kind(template, "aws_route").items() if "nat_gateway_id" in route}
    assert used == {f"vpc_private_{zone}_nat": f"${{aws_nat_gateway.vpc_nat_{zone % gateways}.id}}" for zone in range(zones)}


def test_nat_gateways_lie_in_public_subnets_of_their_own_zone(bench: Bench) -> None:
    _, template = network(bench, nat_gateways=3)
    assert [gateway["subnet_id"] for gateway in of_kind(template, "aws_nat_gateway").values()] == [
        f"${{aws_subnet.vpc_public_{zone}.id}}" for zone in range(3)
    ]
    assert {tuple(gateway["depends_on"]) for gateway in of_kind(template, "aws_nat_gateway").values()} == {
        ("aws_internet_gateway.vpc_internet",)
    }


def test_without_nat_no_private_subnet_has_a_way_to_the_internet(bench: Bench) -> None:
    _, template = network(bench, nat_gateways=0, interface_endpoints=PRIVATE_WAYS)
    assert of_kind(template, "aws_nat_gateway") == of_kind(template, "aws_eip") == {}
    assert list(of_kind(template, "aws_route")) == ["vpc_public_internet"]


def test_default_takes_one_nat_gateway_not_three(bench: Bench) -> None:
    """The original paid for three."""
    _, template = network(bench)
    assert len(of_kind(template, "aws_nat_gateway")) == 1


def test_every_subnet_has_exactly_one_route_table(bench: Bench) -> None:
    _, template = network(bench)
    associated = [association["subnet_id"] for association in of_kind(template, "aws_route_table_association").values()]
    assert sorted(associated) == sorted(f"${{aws_subnet.{name}.id}}" for name in of_kind(template, "aws_subnet"))


def test_s3_is_reached_through_a_gateway_endpoint_on_every_route_table(bench: Bench) -> None:
    _, template = network(bench)
    (endpoint,) = of_kind(template, "aws_vpc_endpoint").values()
    assert (endpoint["service_name"], endpoint["vpc_endpoint_type"]) == ("com.amazonaws.eu-west-1.s3", "Gateway")
    assert sorted(endpoint["route_table_ids"]) == sorted(f"${{aws_route_table.{name}.id}}" for name in of_kind(template, "aws_route_table"))


def test_interface_endpoints_answer_https_from_the_vpc_only(bench: Bench) -> None:
    _, template = network(bench, cidr="172.16.0.0/18", interface_endpoints=(*PRIVATE_WAYS, "ssm"))
    endpoints = {
        endpoint["service_name"]: endpoint
        for endpoint in of_kind(template, "aws_vpc_endpoint").values()
        if endpoint["vpc_endpoint_type"] == "Interface"
    }
    assert sorted(endpoints) == [f"com.amazonaws.eu-west-1.{service}" for service in ("kinesis-streams", "secretsmanager", "ssm")]
    for endpoint in endpoints.values():
        assert endpoint["private_dns_enabled"] is True
        assert endpoint["subnet_ids"] == [f"${{aws_subnet.vpc_private_{zone}.id}}" for zone in range(3)]
        assert endpoint["security_group_ids"] == ["${aws_security_group.vpc_endpoints.id}"]
    (rule,) = of_kind(template, "aws_vpc_security_group_ingress_rule").values()
    assert (rule["cidr_ipv4"], rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("172.16.0.0/18", "tcp", 443, 443)


def test_without_interface_endpoints_there_is_no_security_group(bench: Bench) -> None:
    _, template = network(bench)
    assert of_kind(template, "aws_security_group") == of_kind(template, "aws_vpc_security_group_ingress_rule") == {}


def test_default_security_group_is_stripped_of_its_rules(bench: Bench) -> None:
    _, template = network(bench)
    assert of_kind(template, "aws_default_security_group") == {"vpc_default_security_group": {"vpc_id": "${aws_vpc.vpc.id}"}}


def test_flow_logs_go_to_a_log_group_through_a_role_of_this_account(bench: Bench) -> None:
    _, template = network(bench)
    (log,) = of_kind(template, "aws_flow_log").values()
    assert log["traffic_type"] == "ALL"
    assert log["log_destination"] == "${aws_cloudwatch_log_group.vpc_flow_log_group.arn}"
    assert log["depends_on"] == [
        "aws_iam_role_policy.vpc_flow_log_role_write_flow_log_group",
        "aws_iam_role_policy.vpc_flow_log_role_find_log_groups",
    ]
    group = template["resource"]["aws_cloudwatch_log_group"]["vpc_flow_log_group"]
    assert (group["name"], group["retention_in_days"]) == ("/aws/vpc/shop-dev", 30)
    assert group["kms_key_id"] == "${aws_kms_key.vpc_flow_log_key.arn}"
    (_, use) = json.loads(template["resource"]["aws_kms_key"]["vpc_flow_log_key"]["policy"])["Statement"]
    assert use["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"] == [
        "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vpc/shop-dev*"
    ]
    assert trust(template, "vpc_flow_log_role")["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_flow_log_role_may_do_what_aws_lists_and_write_to_this_group_only(bench: Bench) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html; the group itself is made here."""
    _, template = network(bench)
    granted = [statement for policy in statements(template, "vpc_flow_log_role").values() for statement in policy]
    actions = {action for statement in granted for action in statement["Action"]}
    assert actions >= {"logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogGroups", "logs:DescribeLogStreams"}
    writes = [statement["Resource"] for statement in granted if "logs:PutLogEvents" in statement["Action"]]
    assert writes == [["${aws_cloudwatch_log_group.vpc_flow_log_group.arn}:log-stream:*"]]


def test_subnet_keeps_its_zone_when_aws_opens_another(bench: Bench) -> None:
    """The zones are counted by their place in a list that may grow; another zone would replace the subnet and what lies in it."""
    _, template = network(bench)
    assert {tuple(subnet["lifecycle"]["ignore_changes"]) for subnet in of_kind(template, "aws_subnet").values()} == {("availability_zone",)}
    assert [skip["id"] for skip in bench.notes("data.aws_availability_zones.vpc_zones")["checkov"]["skip"]] == ["CKV_AWS_394"]


@pytest.mark.parametrize(
    ("endpoints", "known"),
    [((), False), (("kinesis-streams",), False), (("kinesis-streams", "ssm"), False), (PRIVATE_WAYS, True), ((*PRIVATE_WAYS, "ssm"), True)],
)
def test_group_of_the_endpoints_is_given_out_once_they_serve_all_that_dms_calls(
    bench: Bench, endpoints: tuple[str, ...], known: bool
) -> None:
    made, _ = network(bench, interface_endpoints=endpoints)
    assert (made.exports.dms_endpoints_group_id is not None) == known


def test_flow_logs_can_be_switched_off(bench: Bench) -> None:
    _, template = network(bench, flow_logs=False)
    assert of_kind(template, "aws_flow_log") == of_kind(template, "aws_cloudwatch_log_group") == of_kind(template, "aws_iam_role") == {}


def test_two_networks_in_one_account_have_different_names(bench: Bench) -> None:
    """The original's fixed names forbade a second copy."""
    stack = bench.stack()
    for name in ("a-dev", "b-dev"):
        config = CreatedNetworkConfig(interface_endpoints=PRIVATE_WAYS)
        LakeNetwork(stack, name, name=name, config=config, log_retention_days=30)
    template = bench.synth()
    for kind in ("aws_security_group", "aws_iam_role", "aws_cloudwatch_log_group"):
        names = [resource["name"] for resource in of_kind(template, kind).values()]
        assert len(names) == len(set(names)) == 2
