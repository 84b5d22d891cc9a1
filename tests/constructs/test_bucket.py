"""Buckets: private, encrypted, versioned, TLS only, with a lifecycle."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.bucket import PrivateBucket
from constructs_lib.iam import ServiceRole
from constructs_lib.lake_stack import LakeStack
from tests.constructs.conftest import Bench, make_bucket, make_key, of_kind, statements


def test_default_bucket_is_closed_in_every_way(bench: Bench, stack: LakeStack) -> None:
    """The original set nothing but the name."""
    make_bucket(stack, make_key(stack))
    resources = bench.synth()["resource"]
    bucket = {"bucket": "${aws_s3_bucket.data.bucket}"}
    assert resources["aws_s3_bucket"]["data"] == {
        "bucket": "shop-data",
        "force_destroy": False,
        "lifecycle": {"prevent_destroy": True},
    }
    assert resources["aws_s3_bucket_public_access_block"]["data_public_access"] == {
        **bucket,
        "block_public_acls": True,
        "block_public_policy": True,
        "ignore_public_acls": True,
        "restrict_public_buckets": True,
    }
    assert resources["aws_s3_bucket_ownership_controls"]["data_ownership"] == {
        **bucket,
        "rule": {"object_ownership": "BucketOwnerEnforced"},
    }
    assert resources["aws_s3_bucket_versioning"]["data_versioning"] == {**bucket, "versioning_configuration": {"status": "Enabled"}}
    assert resources["aws_s3_bucket_server_side_encryption_configuration"]["data_encryption"] == {
        **bucket,
        "rule": [
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": "${aws_kms_key.key.arn}"},
                "bucket_key_enabled": True,
            }
        ],
    }


def test_policy_denies_plain_http_to_everybody(bench: Bench, stack: LakeStack) -> None:
    make_bucket(stack, make_key(stack))
    policy = bench.synth()["resource"]["aws_s3_bucket_policy"]["data_policy"]
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Sid": "DenyPlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": ["${aws_s3_bucket.data.arn}", "${aws_s3_bucket.data.arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    assert policy["depends_on"] == ["aws_s3_bucket_public_access_block.data_public_access"]


@pytest.mark.parametrize("expiration_days", [None, 30])
def test_lifecycle_removes_old_versions_and_expires_only_what_it_is_told_to(
    bench: Bench, stack: LakeStack, expiration_days: int | None
) -> None:
    PrivateBucket(stack, "data", name="b", key=make_key(stack), noncurrent_days=3, expiration_days=expiration_days)
    (lifecycle,) = of_kind(bench.synth(), "aws_s3_bucket_lifecycle_configuration").values()
    (rule,) = lifecycle["rule"]
    assert (rule["status"], rule["filter"]) == ("Enabled", [{"prefix": ""}])
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 3}]
    assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
    assert rule["expiration"] == [{"expired_object_delete_marker": True} if expiration_days is None else {"days": 30}]


def grants(bench: Bench, stack: LakeStack, *, write: bool, prefixes: list[str] | None) -> dict[str, list[dict[str, Any]]]:
    bucket = make_bucket(stack, make_key(stack))
    role = ServiceRole(stack, "role", role_name="r", service="glue.amazonaws.com", description="d")
    grant = bucket.grant_read_write if write else bucket.grant_read
    if prefixes is None:
        grant(role)
    else:
        grant(role, prefixes=prefixes)
    return statements(bench.synth(), "role")


def test_writer_may_write_below_its_prefixes_only(bench: Bench, stack: LakeStack) -> None:
    granted = grants(bench, stack, write=True, prefixes=["lake/", "other/"])
    objects, bucket = granted["write-data"]
    assert objects["Action"] == ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    assert objects["Resource"] == ["${aws_s3_bucket.data.arn}/lake/*", "${aws_s3_bucket.data.arn}/other/*"]
    assert bucket["Resource"] == ["${aws_s3_bucket.data.arn}"]
    assert "use-key-s3" in granted


def test_without_prefixes_the_whole_bucket_is_granted(bench: Bench, stack: LakeStack) -> None:
    assert grants(bench, stack, write=True, prefixes=None)["write-data"][0]["Resource"] == ["${aws_s3_bucket.data.arn}/*"]


def test_reader_may_not_write(bench: Bench, stack: LakeStack) -> None:
    granted = grants(bench, stack, write=False, prefixes=["moulin/tools/"])
    actions = {action for statement in granted["read-data"] for action in statement["Action"]}
    assert actions <= {"s3:GetObject", "s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}
    assert granted["read-data"][0]["Resource"] == ["${aws_s3_bucket.data.arn}/moulin/tools/*"]
