"""The base of every stack: provider, state, tags, outputs, and the two keys that destroying data needs."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.lake_stack import DESTROY_DATA, LakeStack
from constructs_lib.provider import Fn, SnsTopic
from tests.constructs.conftest import KEY_ARN, Bench, make_bucket, make_database, make_key, make_lake, make_stream

S3_STATE = {"backend": "s3", "bucket": "shop-state"}


def test_stack_is_named_for_lake_environment_and_component(bench: Bench, stack: LakeStack) -> None:
    assert list(bench.synth_all()) == ["shop-dev-unit"]
    assert stack.name("cdc") == "shop-dev-cdc"


def test_name_prefix_replaces_name_and_environment(bench: Bench) -> None:
    assert bench.stack(name_prefix="webshop").stack_name == "webshop-unit"


def test_two_lakes_in_one_account_never_collide(bench: Bench) -> None:
    first, second = bench.stack(environment="dev"), bench.stack(environment="prod")
    assert first.stack_name != second.stack_name
    assert first.name("x") != second.name("x")


def test_provider_refuses_any_other_account(bench: Bench, stack: LakeStack) -> None:
    template = bench.synth()
    assert template["provider"]["aws"] == [
        {
            "region": "eu-west-1",
            "allowed_account_ids": ["123456789012"],
            "default_tags": [{"tags": {"moulin:lake": "shop", "moulin:environment": "dev", "moulin:stack": "unit"}}],
        }
    ]
    assert stack.aws.account_id == "123456789012"
    assert "data" not in template


def test_account_is_asked_for_when_the_file_names_none(bench: Bench) -> None:
    stack = bench.stack(account=None)
    stack.export("Arn", stack.aws.arn("sns", "x"), "an ARN")
    template = bench.synth()
    assert "allowed_account_ids" not in template["provider"]["aws"][0]
    assert list(template["data"]["aws_caller_identity"]) == ["caller"]
    assert template["output"]["Arn"]["value"] == "arn:aws:sns:eu-west-1:${data.aws_caller_identity.caller.account_id}:x"


def test_lake_tags_are_on_everything_and_cannot_hide_moulins_own(bench: Bench) -> None:
    bench.stack(tags={"team": "data"})
    (tags,) = bench.synth()["provider"]["aws"][0]["default_tags"]
    assert tags["tags"] == {"team": "data", "moulin:lake": "shop", "moulin:environment": "dev", "moulin:stack": "unit"}


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-west-1", "aws"), ("cn-northwest-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-west-2", "aws")]
)
def test_partition_follows_the_region(bench: Bench, region: str, partition: str) -> None:
    assert bench.stack(region=region).aws.partition == partition


def test_local_state_is_a_relative_file_per_stack(bench: Bench) -> None:
    bench.stack("one", state={"backend": "local", "directory": "my-state"})
    bench.stack("two", state={"backend": "local", "directory": "my-state"})
    paths = {name: template["terraform"]["backend"] for name, template in bench.synth_all().items()}
    assert paths == {
        "shop-dev-one": {"local": {"path": "../../../my-state/shop-dev-one.tfstate"}},
        "shop-dev-two": {"local": {"path": "../../../my-state/shop-dev-two.tfstate"}},
    }


def test_fails_when_the_state_directory_is_absolute(bench: Bench) -> None:
    """It would silently become a folder below the working directory."""
    with pytest.raises(ValueError, match="directory"):
        bench.stack(state={"backend": "local", "directory": "/var/lib/state"})


def test_every_stack_asks_for_a_terraform_that_it_can_be_applied_with(bench: Bench, stack: LakeStack) -> None:
    assert bench.synth()["terraform"]["required_version"] == ">= 1.11"


def test_s3_state_is_locked_and_under_the_buckets_own_key_with_one_object_per_stack(bench: Bench) -> None:
    for component in ("one", "two"):
        bench.stack(component, state=S3_STATE)
    backends = [template["terraform"]["backend"] for template in bench.synth_all().values()]
    assert backends == [
        {
            "s3": {
                "bucket": "shop-state",
                "key": f"shop-dev/{component}.tfstate",
                "region": "eu-west-1",
                "use_lockfile": True,
            }
        }
        for component in ("one", "two")
    ]


def test_s3_state_takes_prefix_region_and_key_from_the_file(bench: Bench) -> None:
    key = KEY_ARN.replace("eu-west-1", "us-east-1")
    bench.stack(state={**S3_STATE, "key_prefix": "lakes/shop", "region": "us-east-1", "kms_key_arn": key})
    backend = bench.synth()["terraform"]["backend"]["s3"]
    assert (backend["key"], backend["region"], backend["kms_key_id"]) == ("lakes/shop/unit.tfstate", "us-east-1", key)
    assert backend["encrypt"] is True  # without it Terraform does not use the key


def test_stack_that_makes_the_state_bucket_keeps_its_own_state_locally(bench: Bench) -> None:
    LakeStack(bench.app, lake=make_lake(state=S3_STATE), component="bootstrap", local_state=True)
    assert bench.synth()["terraform"]["backend"] == {"local": {"path": "../../../state/shop-dev-bootstrap.tfstate"}}


@pytest.mark.parametrize("state", [S3_STATE, {"backend": "local"}], ids=["s3", "local"])
def test_value_crosses_stacks_through_the_state_that_it_lies_in(bench: Bench, state: dict[str, Any]) -> None:
    """What `Testing.synth` gets wrong."""
    topic = SnsTopic(bench.stack("one", state=state), "topic", name="a")
    bench.stack("two", state=state).export("Topic", topic.arn, "the other stack's topic")
    templates = bench.synth_all()
    (remote,) = templates["shop-dev-two"]["data"]["terraform_remote_state"].values()
    backend = templates["shop-dev-one"]["terraform"]["backend"]
    assert remote["backend"] in backend
    place = "key" if remote["backend"] == "s3" else "path"
    assert remote["config"][place] == backend[remote["backend"]][place]
    assert "cross-stack-output-aws_sns_topictopicarn" in templates["shop-dev-one"]["output"]


def test_output_has_exactly_the_name_given(bench: Bench, stack: LakeStack) -> None:
    stack.export("DBClusterEndpoint", Fn.join("-", ["a", "b"]), "an endpoint")
    assert bench.synth()["output"] == {"DBClusterEndpoint": {"value": '${join("-", ["a", "b"])}', "description": "an endpoint"}}


def data_stores(bench: Bench, **changes: Any) -> dict[str, Any]:
    stack = bench.stack(**changes)
    key = make_key(stack)
    make_stream(stack, key)
    make_database(stack, make_bucket(stack, key))
    resources = bench.synth()["resource"]
    kinds = ("aws_kms_key", "aws_kinesis_stream", "aws_s3_bucket", "aws_glue_catalog_table")
    return {kind: next(iter(resources[kind].values())) for kind in kinds}


ALLOWED = {"protection": {"allow_data_destruction": True}}


@pytest.mark.parametrize(
    ("in_file", "on_command_line"),
    [({}, None), ({}, "shop"), (ALLOWED, None), (ALLOWED, ""), (ALLOWED, "1"), (ALLOWED, "true"), (ALLOWED, "other")],
    ids=["no key", "only the variable", "only the file", "empty", "one", "true", "another lake"],
)
def test_one_key_destroys_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch, in_file: dict[str, Any], on_command_line: str) -> None:
    monkeypatch.delenv(DESTROY_DATA, raising=False)
    if on_command_line is not None:
        monkeypatch.setenv(DESTROY_DATA, on_command_line)
    stores = data_stores(bench, **in_file)
    assert {kind: store["lifecycle"]["prevent_destroy"] for kind, store in stores.items()} == dict.fromkeys(stores, True)
    assert stores["aws_s3_bucket"]["force_destroy"] is False


def test_both_keys_together_let_data_go(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOULIN_DESTROY_DATA", "shop")
    stores = data_stores(bench, **ALLOWED)
    assert not any("prevent_destroy" in store.get("lifecycle", {}) for store in stores.values())
    assert stores["aws_s3_bucket"]["force_destroy"] is True
    assert stores["aws_glue_catalog_table"]["lifecycle"] == {"ignore_changes": "all"}
