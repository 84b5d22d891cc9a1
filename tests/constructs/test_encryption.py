"""Customer-managed keys: their policy, and who may use them."""

from __future__ import annotations

import json
from typing import Any

from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole
from constructs_lib.lake_stack import LakeStack
from constructs_lib.logs import LogGroup
from tests.constructs.conftest import KEY_ARN, Bench, of_kind, statements


def key_policy(template: dict[str, Any]) -> list[dict[str, Any]]:
    return list(json.loads(template["resource"]["aws_kms_key"]["key"]["policy"])["Statement"])


def test_default_key_rotates_is_protected_and_is_administered_by_the_account(bench: Bench, stack: LakeStack) -> None:
    EncryptionKey(stack, "key", alias="shop-rows", description="Rows")
    template = bench.synth()
    key = template["resource"]["aws_kms_key"]["key"]
    assert (key["enable_key_rotation"], key["deletion_window_in_days"], key["description"]) == (True, 30, "Rows")
    assert key["lifecycle"] == {"prevent_destroy": True}
    assert of_kind(template, "aws_kms_alias")["key_alias"] == {
        "name": "alias/shop-rows",
        "target_key_id": "${aws_kms_key.key.key_id}",
    }
    assert key_policy(template) == [
        {
            "Sid": "AccountAdministersByIam",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": ["kms:*"],
            "Resource": ["*"],
        }
    ]


def test_log_groups_are_named_in_the_policy(bench: Bench, stack: LakeStack) -> None:
    EncryptionKey(stack, "key", alias="a", description="d", log_groups=["/aws/lambda/", "dms-tasks-"])
    logs = key_policy(bench.synth())[1]
    assert logs["Principal"] == {"Service": "logs.eu-west-1.amazonaws.com"}
    assert logs["Condition"] == {
        "ArnLike": {
            "kms:EncryptionContext:aws:logs:arn": [
                "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/*",
                "arn:aws:logs:eu-west-1:123456789012:log-group:dms-tasks-*",
            ]
        }
    }
    assert set(logs["Action"]) == {  # kms:Encrypt*, Decrypt*, ReEncrypt*, GenerateDataKey* and Describe* of AWS's example, written out
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncryptFrom",
        "kms:ReEncryptTo",
        "kms:GenerateDataKey",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyPairWithoutPlaintext",
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms:DescribeKey",
    }


def test_services_use_the_key_for_this_account_only(bench: Bench, stack: LakeStack) -> None:
    EncryptionKey(stack, "key", alias="a", description="d", services=["cloudwatch.amazonaws.com", "dms.amazonaws.com"])
    services = key_policy(bench.synth())[1]
    assert services["Principal"] == {"Service": ["cloudwatch.amazonaws.com", "dms.amazonaws.com"]}
    assert services["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    assert services["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_everything_set_gives_one_statement_each(bench: Bench, stack: LakeStack) -> None:
    EncryptionKey(stack, "key", alias="a", description="d", log_groups=["x"], services=["sns.amazonaws.com"])
    assert [statement["Sid"] for statement in key_policy(bench.synth())] == ["AccountAdministersByIam", "CloudWatchLogs", "Services"]


def test_existing_key_is_read_so_that_a_wrong_arn_fails_the_plan(bench: Bench, stack: LakeStack) -> None:
    key = EncryptionKey(stack, "key", alias="a", description="d", existing_arn=KEY_ARN)
    stack.export("KeyArn", key.arn, "the key")
    template = bench.synth()
    assert "resource" not in template
    assert template["data"]["aws_kms_key"]["key"] == {"key_id": KEY_ARN}
    assert template["output"]["KeyArn"]["value"] == "${data.aws_kms_key.key.arn}"


def test_log_groups_beside_an_existing_key_get_a_key_that_lets_cloudwatch_in(bench: Bench, stack: LakeStack) -> None:
    """A company's own key does not name CloudWatch Logs, which then refuses to make the group."""
    key = EncryptionKey(stack, "key", alias="a", description="d", log_groups=["/aws/lambda/"], existing_arn=KEY_ARN)
    LogGroup(stack, "log", name="/aws/lambda/x", retention_days=30, key=key)
    template = bench.synth()
    assert template["resource"]["aws_cloudwatch_log_group"]["log"]["kms_key_id"] == "${aws_kms_key.key_logs.arn}"
    assert template["resource"]["aws_kms_alias"]["key_logs_alias"]["name"] == "alias/a-logs"
    policy = json.loads(template["resource"]["aws_kms_key"]["key_logs"]["policy"])
    assert [statement["Sid"] for statement in policy["Statement"]] == ["AccountAdministersByIam", "CloudWatchLogs"]


def test_grant_allows_use_through_the_named_services_only(bench: Bench, stack: LakeStack) -> None:
    key = EncryptionKey(stack, "key", alias="a", description="d")
    role = ServiceRole(stack, "role", role_name="r", service="firehose.amazonaws.com", description="d")
    key.grant_use(role, via=["s3", "kinesis"])
    key.grant_use(role, via=["s3", "kinesis"])
    assert statements(bench.synth(), "role") == {
        "use-key-s3-kinesis": [
            {
                "Sid": "UseKey",
                "Effect": "Allow",
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": ["${aws_kms_key.key.arn}"],
                "Condition": {"StringEquals": {"kms:ViaService": ["s3.eu-west-1.amazonaws.com", "kinesis.eu-west-1.amazonaws.com"]}},
            }
        ]
    }
