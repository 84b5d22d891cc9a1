"""A registered location, who is opted in at it, and what readers need of IAM."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.iam import ServiceRole
from constructs_lib.lake_formation import RegisteredLocation
from constructs_lib.lake_stack import LakeStack
from constructs_lib.reader_policy import ReaderPolicy
from stacks.lake import LakeDataStack
from tests.conftest import only
from tests.constructs.conftest import LEDGER, ORDERS, Bench, make_bucket, make_database, make_key, make_lake, of_kind, statements, trust

READER = "arn:aws:iam::123456789012:role/analysts"
DATABASE = "${aws_glue_catalog_database.iceberg.name}"


def registered(bench: Bench, **settings: Any) -> dict[str, Any]:
    """The lake stack of a lake with a registered location."""
    lake = make_lake(tables=[ORDERS, LEDGER], lake_formation={"register_location": True, "readers": [READER], **settings})
    LakeDataStack(bench.app, lake=lake)
    return bench.synth()


def test_location_is_registered_with_a_role_of_the_lake_that_may_use_its_key(bench: Bench) -> None:
    """The service-linked role cannot be given the bucket's key, and its registration cannot be edited."""
    template = registered(bench)
    location = only(template, "aws_lakeformation_resource")
    assert (location["arn"], location["role_arn"]) == ("${aws_s3_bucket.data.arn}", "${aws_iam_role.location_role.arn}")
    assert location["hybrid_access_enabled"] is True
    assert "use_service_linked_role" not in location
    granted = statements(template, "location_role")
    assert granted["write-data"][0]["Resource"] == ["${aws_s3_bucket.data.arn}/shop_dev/*"]
    assert granted["use-key-s3"][0]["Resource"] == ["${aws_kms_key.key.arn}"]
    assert trust(template, "location_role")["Principal"] == {"Service": "lakeformation.amazonaws.com"}


def test_location_is_registered_once_its_tables_are_made(bench: Bench) -> None:
    """At a registered location it takes a grant on the location to make a table."""
    after = set(only(registered(bench), "aws_lakeformation_resource")["depends_on"])
    assert {"aws_glue_catalog_table.iceberg_orders", "aws_glue_catalog_table.iceberg_ledger"} < after
    assert "aws_iam_role_policy.location_role_use_key_s3" in after


def test_whoever_is_granted_to_is_opted_in_on_the_database_and_its_tables(bench: Bench) -> None:
    opt_ins = of_kind(registered(bench), "aws_lakeformation_opt_in")
    found = {(one["principal"][0]["data_lake_principal_identifier"], next(iter(one["resource_data"][0]))) for one in opt_ins.values()}
    roles = ("${aws_iam_role.iceberg_optimizers_role.arn}", READER)
    assert found == {(role, kind) for role in roles for kind in ("database", "table")}
    assert opt_ins["iceberg_optimizers_tables_opt_in"]["resource_data"] == [
        {"table": [{"database_name": DATABASE, "wildcard": True, "catalog_id": "123456789012"}]}
    ]
    assert opt_ins["iceberg_reader_0_tables_opt_in"]["depends_on"] == [
        "aws_lakeformation_permissions.iceberg_reader_0_database",
        "aws_lakeformation_permissions.iceberg_reader_0_tables",
        "aws_lakeformation_resource.location",
    ]


def test_writer_of_a_later_stack_is_opted_in_there_and_waits_for_it(bench: Bench) -> None:
    lake, delivery = bench.stack("lake"), bench.stack("delivery")
    bucket = make_bucket(lake, make_key(lake))
    database = make_database(lake, bucket)
    database.register(RegisteredLocation(lake, "location", role_name="r", bucket=bucket, databases=[database]))
    role = ServiceRole(delivery, "writer", role_name="w", service="firehose.amazonaws.com", description="d")
    ready = database.grant_write(role, lake_formation=True)
    template = bench.synth_all()["shop-dev-delivery"]
    assert set(of_kind(template, "aws_lakeformation_opt_in")) == {"writer_iceberg_database_opt_in", "writer_iceberg_tables_opt_in"}
    assert len(ready) == 4


def test_nothing_is_opted_in_where_nothing_is_registered(bench: Bench) -> None:
    template = registered(bench, register_location=False)
    assert of_kind(template, "aws_lakeformation_opt_in") == {}
    assert of_kind(template, "aws_lakeformation_resource") == {}
    assert "location_role" not in template["resource"]["aws_iam_role"]


@pytest.mark.parametrize(
    ("register", "sids"),
    [(True, ["Catalog", "LakeFormation"]), (False, ["Catalog", "Objects", "Bucket", "UseKey"])],
    ids=["registered", "not registered"],
)
def test_readers_policy_allows_what_lake_formation_does_not_vend(bench: Bench, register: bool, sids: list[str]) -> None:
    template = registered(bench, register_location=register)
    policy = only(template, "aws_iam_policy")
    found = json.loads(policy["policy"])["Statement"]
    assert policy["name"] == "shop-dev-read"
    assert [statement["Sid"] for statement in found] == sids
    assert not any(action.startswith(("s3:Put", "s3:Delete", "glue:Update", "kms:Gen")) for one in found for action in one["Action"])
    assert template["output"]["ReaderPolicyArn"]["value"] == "${aws_iam_policy.data_readers.arn}"


def test_readers_policy_names_the_tables_of_every_database(bench: Bench, stack: LakeStack) -> None:
    bucket = make_bucket(stack, make_key(stack))
    ReaderPolicy(stack, "readers", name="read", bucket=bucket, databases=[make_database(stack, bucket)], registered=False)
    catalog, objects, _, _ = json.loads(only(bench.synth(), "aws_iam_policy")["policy"])["Statement"]
    assert catalog["Resource"][1:] == [
        "arn:aws:glue:eu-west-1:123456789012:database/shop_lake",
        "arn:aws:glue:eu-west-1:123456789012:table/shop_lake/*",
    ]
    assert objects["Resource"] == ["${aws_s3_bucket.data.arn}/lake/shop/*"]


def test_without_grants_readers_have_their_policy_only(bench: Bench) -> None:
    template = registered(bench, register_location=False, grants=False)
    assert of_kind(template, "aws_lakeformation_permissions") == {}
    assert list(of_kind(template, "aws_iam_policy")) == ["data_readers"]
