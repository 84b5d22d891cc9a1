"""Stand-ins for values that only an apply knows have AWS's form, and known values are never replaced."""

from __future__ import annotations

import re
from typing import Any

import pytest

from scripts.plan.placeholders import FORMS, Place, PlannedValues
from scripts.plan.remote_state import promised_outputs, type_of

PLACE = Place(partition="aws", region="eu-west-1", account="123456789012")
ARN = re.compile(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+")
ID = re.compile(r"(vpc|subnet|sg|rtb|igw|nat|vpce|eni|i|eipalloc)-[0-9a-f]{17}")
KEY = re.compile(r"arn:aws:kms:eu-west-1:123456789012:key/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def values(stack: str = "shop-lake", **resources: dict[str, Any]) -> PlannedValues:
    return PlannedValues(stack=stack, resources={name.replace("__", "."): known for name, known in resources.items()}, place=PLACE)


@pytest.mark.parametrize(("kind", "attribute"), [(kind, attribute) for kind, forms in FORMS.items() for attribute in forms])
def test_every_form_can_be_filled(kind: str, attribute: str) -> None:
    filled = values().resolve(f"{kind}.thing.{attribute}", output="x")
    assert filled
    assert "{" not in filled
    if attribute.endswith("arn"):
        assert ARN.fullmatch(filled)
    if kind in {"aws_vpc", "aws_subnet", "aws_security_group"} and attribute == "id":
        assert ID.fullmatch(filled)


def test_a_planned_value_stays_as_it_is() -> None:
    assert values(aws_s3_bucket__data={"bucket": "shop-data"}).resolve("aws_s3_bucket.data.bucket", output="x") == "shop-data"


def test_an_arn_names_what_the_plan_names() -> None:
    known = values(aws_kinesis_stream__stream={"name": "shop-cdc"})
    assert known.resolve("aws_kinesis_stream.stream.arn", output="x") == "arn:aws:kinesis:eu-west-1:123456789012:stream/shop-cdc"


def test_a_key_has_an_arn_of_its_own_in_every_stack() -> None:
    arns = {values(stack).resolve("aws_kms_key.key.arn", output="x") for stack in ("shop-lake", "shop-source")}
    assert len(arns) == 2
    assert all(KEY.fullmatch(arn) for arn in arns)
    assert values("shop-lake").resolve("aws_kms_key.key.arn", output="x") in arns


def test_reaches_into_blocks() -> None:
    known = values(aws_rds_cluster__cluster={"cluster_identifier": "shop"})
    assert known.resolve("aws_rds_cluster.cluster.master_user_secret[0].secret_arn", output="x").startswith(
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-"
    )


def test_fills_text_around_a_value_and_leaves_escaped_text() -> None:
    known = values(aws_rds_cluster__cluster={"cluster_identifier": "shop"})
    filled = known.fill("${aws_rds_cluster.cluster.endpoint}:3306 $${schema-name}", output="x")
    assert re.fullmatch(r"shop\.cluster-\w+\.eu-west-1\.rds\.amazonaws\.com:3306 \$\$\{schema-name\}", filled)


def test_a_list_has_as_many_items_as_there_are_resources() -> None:
    known = PlannedValues(stack="shop", resources={f"aws_subnet.private[{index}]": {} for index in range(3)}, place=PLACE)
    ids = known.fill("${aws_subnet.private[*].id}", output="x")
    assert len(set(ids)) == 3
    assert all(ID.fullmatch(found) for found in ids)
    assert known.fill(["${aws_subnet.private[0].id}", 7], output="x") == [ids[0], 7]


@pytest.mark.parametrize("expression", ["aws_unheard_of.thing.colour", 'join(",", aws_subnet.private[*].id)'])
def test_an_unknown_kind_is_named_after_its_output(expression: str) -> None:
    assert values().resolve(expression, output="Colour") == "placeholder-of-Colour"


def test_a_state_promises_known_values_with_their_types_and_stand_ins_for_the_rest() -> None:
    template = {"output": {"Zones": {"value": "${x.y.z}"}, "Key": {"value": "${aws_kms_key.key.arn}", "sensitive": True}}}
    plan = {
        "planned_values": {
            "outputs": {"Zones": {"value": ["a", "b"], "type": ["list", "string"], "sensitive": False}, "Key": {"sensitive": True}},
            "root_module": {"resources": [{"address": "aws_kms_key.key"}]},
        }
    }
    outputs = promised_outputs("shop-lake", plan, template, PLACE)
    assert outputs["Zones"] == {"value": ["a", "b"], "type": ["list", "string"], "sensitive": False}
    assert (outputs["Key"]["type"], outputs["Key"]["sensitive"]) == ("string", True)
    assert KEY.fullmatch(outputs["Key"]["value"])


def test_types_are_spelt_as_state_files_do() -> None:
    assert type_of(True) == "bool"
    assert type_of(1.5) == "number"
    assert type_of({"a": ["x", 1]}) == ["object", {"a": ["tuple", ["string", "number"]]}]
