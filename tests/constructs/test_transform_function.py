"""The transform function: its zip, its settings, its role."""

from __future__ import annotations

import json
import zipfile
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.config.lake import Lake, PrivacyConfig
from constructs_lib.config.routes import routes
from constructs_lib.iam import ServiceRole
from constructs_lib.lake_stack import LakeStack
from tests.conftest import only
from tests.constructs.conftest import KEY_ARN, ORDERS, SECRET_ARN, Bench, make_function, make_key, make_lake, of_kind, statements, trust

HASHED = {**ORDERS, "columns": {"order_id": "long", "email": {"type": "string", "pii": "hash"}}}


def build(bench: Bench, stack: LakeStack, **arguments: Any) -> dict[str, Any]:
    make_function(stack, make_key(stack), bench.build_folder, **arguments)
    return bench.synth()


def hashing_lake(**privacy: str) -> Lake:
    return make_lake(tables=[HASHED], privacy={"hash_secret_arn": SECRET_ARN, **privacy})


def zip_of(bench: Bench, template: dict[str, Any]) -> Path:
    return bench.out / "stacks" / "shop-dev-unit" / only(template, "aws_lambda_function")["filename"]


def test_default_function_is_small_traced_and_waits_for_its_role(bench: Bench, stack: LakeStack) -> None:
    function = only(build(bench, stack), "aws_lambda_function")
    assert function["function_name"] == "shop-transform"
    assert (function["runtime"], function["architectures"]) == ("python3.13", ["arm64"])
    assert function["handler"] == "firehose_transform.handler.lambda_handler"
    assert (function["memory_size"], function["timeout"]) == (512, 120)
    assert function["tracing_config"] == {"mode": "Active"}
    assert function["depends_on"] == [
        "aws_cloudwatch_log_group.transform_log",
        "aws_iam_role_policy.transform_role_write_log",
        "aws_iam_role_policy.transform_role_trace",
    ]
    assert {"environment", "reserved_concurrent_executions"}.isdisjoint(function)


def test_everything_set_reaches_the_function(bench: Bench, stack: LakeStack) -> None:
    template = build(
        bench, stack, memory_mib=1024, timeout_seconds=300, architecture="x86_64", reserved_concurrency=50, lake=hashing_lake()
    )
    function = only(template, "aws_lambda_function")
    assert (function["memory_size"], function["timeout"], function["architectures"]) == (1024, 300, ["x86_64"])
    assert function["reserved_concurrent_executions"] == 50
    assert function["environment"] == {"variables": {"HASH_SECRET_ARN": SECRET_ARN}}


def test_log_group_is_made_before_the_function_and_named_for_it(bench: Bench, stack: LakeStack) -> None:
    template = build(bench, stack)
    assert only(template, "aws_cloudwatch_log_group") == {
        "name": "/aws/lambda/shop-transform",
        "retention_in_days": 30,
        "kms_key_id": "${aws_kms_key.key.arn}",
    }
    assert only(template, "aws_lambda_function")["logging_config"] == {
        "log_format": "Text",
        "log_group": "${aws_cloudwatch_log_group.transform_log.name}",
    }


def test_role_may_log_and_trace_and_nothing_else(bench: Bench, stack: LakeStack) -> None:
    template = build(bench, stack)
    assert set(statements(template, "transform_role")) == {"write-log", "trace"}
    assert trust(template, "transform_role")["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert of_kind(template, "aws_iam_role_policy_attachment") == {}


def test_zip_beside_the_template_holds_code_and_routes(bench: Bench, stack: LakeStack) -> None:
    lake = make_lake()
    with zipfile.ZipFile(zip_of(bench, build(bench, stack, lake=lake))) as archive:
        names = archive.namelist()
        assert json.loads(archive.read("firehose_transform/routes.json")) == routes(lake, lake.deliveries[0])
    assert "firehose_transform/handler.py" in names
    assert not any("__pycache__" in name or name.startswith("/") for name in names)


def test_function_is_updated_when_the_zip_changes_and_not_otherwise(bench: Bench, stack: LakeStack, tmp_path: Path) -> None:
    template = build(bench, stack)
    code_hash = only(template, "aws_lambda_function")["source_code_hash"]
    assert code_hash == b64encode(sha256(zip_of(bench, template).read_bytes()).digest()).decode()

    again = Bench(tmp_path / "again")
    assert only(build(again, again.stack()), "aws_lambda_function")["source_code_hash"] == code_hash

    changed = Bench(tmp_path / "changed")
    more = make_lake(tables=[{**ORDERS, "columns": {**ORDERS["columns"], "paid": "boolean"}}])
    assert only(build(changed, changed.stack(), lake=more), "aws_lambda_function")["source_code_hash"] != code_hash


def test_path_of_the_zip_is_relative_and_named_for_its_content(bench: Bench, stack: LakeStack) -> None:
    template = build(bench, stack)
    filename = only(template, "aws_lambda_function")["filename"]
    assert filename.startswith("assets/")
    assert sha256(zip_of(bench, template).read_bytes()).hexdigest() in filename


def test_hashing_function_may_read_its_key_and_only_that_secret(bench: Bench, stack: LakeStack) -> None:
    granted = statements(build(bench, stack, lake=hashing_lake()), "transform_role")
    (secret,) = granted["read-hash-key"]
    assert secret["Resource"] == [SECRET_ARN]
    assert secret["Action"] == ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    assert "decrypt-secrets" not in granted


def test_hashing_function_may_decrypt_with_the_secrets_own_key(bench: Bench, stack: LakeStack) -> None:
    granted = statements(build(bench, stack, lake=hashing_lake(hash_secret_kms_key_arn=KEY_ARN)), "transform_role")
    (decrypt,) = granted["decrypt-secrets"]
    assert (decrypt["Action"], decrypt["Resource"]) == (["kms:Decrypt", "kms:DescribeKey"], [KEY_ARN])
    assert "kms:ViaService" in decrypt["Condition"]["StringEquals"]


def test_function_without_hashed_columns_reads_no_secret(bench: Bench, stack: LakeStack) -> None:
    granted = statements(build(bench, stack, privacy=PrivacyConfig(hash_secret_arn=SECRET_ARN)), "transform_role")
    assert "read-hash-key" not in granted


def test_fails_when_a_column_is_hashed_without_a_key(bench: Bench, stack: LakeStack) -> None:
    with pytest.raises(ValueError, match=r"a column is hashed, but privacy\.hash_secret_arn is not set"):
        build(bench, stack, lake=hashing_lake(), privacy=PrivacyConfig())


def test_invoker_may_call_the_latest_version_only(bench: Bench, stack: LakeStack) -> None:
    function = make_function(stack, make_key(stack), bench.build_folder)
    function.grant_invoke(ServiceRole(stack, "caller", role_name="r", service="firehose.amazonaws.com", description="d"))
    (invoke,) = statements(bench.synth(), "caller")["invoke-transform"]
    assert invoke["Action"] == ["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"]
    assert invoke["Resource"] == ["${aws_lambda_function.transform.arn}:$LATEST"]
