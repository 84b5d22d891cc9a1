"""The stream between capture and delivery."""

from __future__ import annotations

import pytest

from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole
from constructs_lib.lake_stack import LakeStack
from tests.conftest import only
from tests.constructs.conftest import KEY_ARN, Bench, make_key, make_stream, statements


def test_default_stream_is_on_demand_keeps_a_week_and_uses_the_lakes_key(bench: Bench, stack: LakeStack) -> None:
    """The original kept 24 hours: a longer outage of the delivery lost changes."""
    make_stream(stack, make_key(stack))
    assert only(bench.synth(), "aws_kinesis_stream") == {
        "name": "shop-cdc",
        "retention_period": 168,
        "encryption_type": "KMS",
        "kms_key_id": "${aws_kms_key.key.arn}",
        "stream_mode_details": {"stream_mode": "ON_DEMAND"},
        "lifecycle": {"prevent_destroy": True},
    }


def test_provisioned_stream_has_its_shards(bench: Bench, stack: LakeStack) -> None:
    make_stream(stack, make_key(stack), capacity="provisioned", shards=6, retention_hours=8760)
    stream = only(bench.synth(), "aws_kinesis_stream")
    assert (stream["shard_count"], stream["retention_period"]) == (6, 8760)
    assert stream["stream_mode_details"] == {"stream_mode": "PROVISIONED"}


def test_stream_without_a_key_of_ours_is_encrypted_with_awss(bench: Bench, stack: LakeStack) -> None:
    make_stream(stack, None, encryption="aws-managed")
    stream = only(bench.synth(), "aws_kinesis_stream")
    assert (stream["encryption_type"], stream["kms_key_id"]) == ("KMS", "alias/aws/kinesis")


def test_stream_takes_an_existing_key(bench: Bench, stack: LakeStack) -> None:
    make_stream(stack, EncryptionKey(stack, "key", alias="a", description="d", existing_arn=KEY_ARN))
    assert only(bench.synth(), "aws_kinesis_stream")["kms_key_id"] == "${data.aws_kms_key.key.arn}"


@pytest.mark.parametrize(
    ("grant", "actions"),
    [
        ("grant_read", ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]),
        ("grant_write", ["kinesis:DescribeStream", "kinesis:PutRecord", "kinesis:PutRecords"]),
    ],
)
def test_grant_covers_this_stream_and_its_key_only(bench: Bench, stack: LakeStack, grant: str, actions: list[str]) -> None:
    """The original let DMS put records to every stream of the account."""
    stream = make_stream(stack, make_key(stack))
    getattr(stream, grant)(ServiceRole(stack, "role", role_name="r", service="dms.amazonaws.com", description="d"))
    granted = statements(bench.synth(), "role")
    (stream_statement,) = granted.pop(grant.removeprefix("grant_") + "-stream")
    assert (stream_statement["Action"], stream_statement["Resource"]) == (actions, ["${aws_kinesis_stream.stream.arn}"])
    (key_statement,) = granted.pop("use-key-kinesis")
    assert key_statement["Resource"] == ["${aws_kms_key.key.arn}"]
    assert key_statement["Condition"] == {"StringEquals": {"kms:ViaService": ["kinesis.eu-west-1.amazonaws.com"]}}
    assert granted == {}


def test_grant_on_a_stream_with_awss_key_needs_no_key_policy(bench: Bench, stack: LakeStack) -> None:
    stream = make_stream(stack, None, encryption="aws-managed")
    stream.grant_read(ServiceRole(stack, "role", role_name="r", service="firehose.amazonaws.com", description="d"))
    assert list(statements(bench.synth(), "role")) == ["read-stream"]
