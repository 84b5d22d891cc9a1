"""Security groups and their rules."""

from __future__ import annotations

from constructs_lib.lake_stack import LakeStack
from constructs_lib.security_group import TrafficGroup, allow_from_group
from tests.conftest import only
from tests.constructs.conftest import Bench, of_kind


def make_group(stack: LakeStack) -> TrafficGroup:
    return TrafficGroup(stack, "dms", name="shop-dms", vpc_id="vpc-1", description="DMS of shop")


def test_group_starts_without_any_rule(bench: Bench, stack: LakeStack) -> None:
    """The original's groups let everything out, and every port in from members."""
    make_group(stack)
    template = bench.synth()
    assert only(template, "aws_security_group") == {
        "name": "shop-dms",
        "description": "DMS of shop",
        "vpc_id": "vpc-1",
        "tags": {"Name": "shop-dms"},
    }
    assert set(template["resource"]) == {"aws_security_group"}


def test_members_reach_another_group_at_one_port(bench: Bench, stack: LakeStack) -> None:
    make_group(stack).allow_to_group("database-out", group_id="sg-db", port=3306, description="To the source")
    assert of_kind(bench.synth(), "aws_vpc_security_group_egress_rule") == {
        "dms_database_out": {
            "security_group_id": "${aws_security_group.dms.id}",
            "description": "To the source",
            "ip_protocol": "tcp",
            "from_port": 3306,
            "to_port": 3306,
            "referenced_security_group_id": "sg-db",
        }
    }


def test_members_reach_aws_by_https_only(bench: Bench, stack: LakeStack) -> None:
    make_group(stack).allow_https_out("To Kinesis", why_anywhere="it has no prefix list")
    (rule,) = of_kind(bench.synth(), "aws_vpc_security_group_egress_rule").values()
    assert (rule["ip_protocol"], rule["from_port"], rule["to_port"], rule["cidr_ipv4"]) == ("tcp", 443, 443, "0.0.0.0/0")
    assert bench.notes("aws_vpc_security_group_egress_rule.dms_https_out") == {"why_anywhere": "it has no prefix list"}


def test_existing_group_lets_another_in_at_one_port(bench: Bench, stack: LakeStack) -> None:
    allow_from_group(stack, "database-from-dms", security_group_id="sg-db", group_id="sg-dms", port=3306, description="DMS of shop")
    assert of_kind(bench.synth(), "aws_vpc_security_group_ingress_rule") == {
        "database_from_dms": {
            "security_group_id": "sg-db",
            "description": "DMS of shop",
            "ip_protocol": "tcp",
            "from_port": 3306,
            "to_port": 3306,
            "referenced_security_group_id": "sg-dms",
        }
    }


def test_every_rule_is_a_resource_of_its_own(bench: Bench, stack: LakeStack) -> None:
    group = make_group(stack)
    group.allow_https_out("To Kinesis", why_anywhere="it has no prefix list")
    group.allow_to_group("database-out", group_id="sg-db", port=3306, description="To the source")
    template = bench.synth()
    assert {"ingress", "egress"}.isdisjoint(only(template, "aws_security_group"))
    assert len(of_kind(template, "aws_vpc_security_group_egress_rule")) == 2
