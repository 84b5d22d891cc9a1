"""Addresses of resources, and what every construct knows of its stack."""

from __future__ import annotations

import pytest

from constructs_lib.lake_stack import LakeStack
from constructs_lib.part import AwsEnvironment, Part, child_address, to_json
from constructs_lib.provider import CloudwatchLogGroup, Construct, KinesisStream, SnsTopic
from tests.constructs.conftest import Bench, make_key, make_stream


def test_primary_resource_has_the_address_of_its_construct(bench: Bench, stack: LakeStack) -> None:
    make_stream(stack, make_key(stack))
    resources = bench.synth()["resource"]
    assert list(resources["aws_kinesis_stream"]) == ["stream"]
    assert list(resources["aws_kms_key"]) == ["key"]
    assert list(resources["aws_kms_alias"]) == ["key_alias"]


def test_references_use_the_short_address(bench: Bench, stack: LakeStack) -> None:
    make_stream(stack, make_key(stack))
    assert bench.synth()["resource"]["aws_kinesis_stream"]["stream"]["kms_key_id"] == "${aws_kms_key.key.arn}"


def test_nested_parts_join_their_names_with_underscores(bench: Bench, stack: LakeStack) -> None:
    inner = Part(Part(stack, "big-part"), "small-part")
    SnsTopic(inner, "Resource", name="a")
    SnsTopic(inner, "second-topic", name="b")
    assert set(bench.synth()["resource"]["aws_sns_topic"]) == {"big_part_small_part", "big_part_small_part_second_topic"}


def test_resource_made_in_the_stack_itself_is_called_by_its_own_name(bench: Bench, stack: LakeStack) -> None:
    SnsTopic(stack, "wake-up", name="a")
    assert list(bench.synth()["resource"]["aws_sns_topic"]) == ["wake_up"]


def test_child_address_of_a_resource_is_the_scope_itself(stack: LakeStack) -> None:
    part = Part(stack, "part")
    assert child_address(part, "Resource") == "part"
    assert child_address(part, "a-b") == "part_a_b"


def test_same_address_in_two_stacks_is_allowed(bench: Bench) -> None:
    for component in ("one", "two"):
        SnsTopic(bench.stack(component), "topic", name=component)
    assert {name: list(template["resource"]["aws_sns_topic"]) for name, template in bench.synth_all().items()} == {
        "shop-dev-one": ["topic"],
        "shop-dev-two": ["topic"],
    }


def test_same_address_of_two_types_is_allowed(bench: Bench, stack: LakeStack) -> None:
    part = Part(stack, "part")
    SnsTopic(part, "Resource", name="a")
    CloudwatchLogGroup(part, "log", name="b")
    KinesisStream(stack, "part-log", name="c")
    assert list(bench.synth()["resource"]["aws_kinesis_stream"]) == ["part_log"]


def test_fails_when_two_resources_would_share_an_address(stack: LakeStack) -> None:
    SnsTopic(Part(stack, "alarm"), "topic", name="a")
    with pytest.raises(ValueError, match="two SnsTopic would share the address alarm_topic: give one of them another name"):
        SnsTopic(stack, "alarm-topic", name="b")


def test_a_resource_below_a_construct_that_is_none_of_ours_has_a_short_address_too(bench: Bench, stack: LakeStack) -> None:
    SnsTopic(Construct(stack, "foreign"), "topic", name="a")
    assert list(bench.synth()["resource"]["aws_sns_topic"]) == ["foreign_topic"]


def test_part_takes_environment_and_protection_from_its_scope(stack: LakeStack) -> None:
    part = Part(Part(stack, "outer"), "inner")
    assert (part.aws, part.protected, part.label) == (stack.aws, True, "inner")


def test_data_lifecycle_prevents_destruction_only_while_protected(stack: LakeStack) -> None:
    part = Part(stack, "part")
    assert part.data_lifecycle is not None
    assert part.data_lifecycle.prevent_destroy is True
    part.protected = False
    assert part.data_lifecycle is None


def test_arn_names_partition_region_and_account() -> None:
    aws = AwsEnvironment(partition="aws-cn", region="cn-north-1", account_id="123456789012")
    assert aws.arn("kinesis", "stream/x") == "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/x"
    assert aws.arn("iam", "role/x", region=False) == "arn:aws-cn:iam::123456789012:role/x"


def test_json_keeps_the_order_of_keys_and_writes_letters_as_they_are() -> None:
    assert to_json({"b": 1, "a": "Größe"}) == '{"b": 1, "a": "Größe"}'
