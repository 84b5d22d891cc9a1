"""Secrets whose value never enters the state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.iam import ServiceRole
from constructs_lib.lake_stack import DESTROY_DATA, LakeStack
from constructs_lib.secret import DatabaseSecret, grant_read_secret
from tests.conftest import only
from tests.constructs.conftest import SECRET_ARN, Bench, make_key, statements

REFERENCE = "${ephemeral.aws_secretsmanager_random_password.replication_password.random_password}"


def build(bench: Bench, *, version: int = 1, **lake: Any) -> dict[str, Any]:
    stack = bench.stack(**lake)
    DatabaseSecret(
        stack,
        "replication",
        name="shop/replication",
        description="The user that DMS reads as",
        key=make_key(stack),
        username="moulin_replication",
        connection={"host": "db.example.com", "port": 3306},
        version=version,
    )
    return bench.synth()


def test_default_secret_has_a_key_and_can_be_recovered(bench: Bench) -> None:
    assert only(build(bench), "aws_secretsmanager_secret") == {
        "name": "shop/replication",
        "description": "The user that DMS reads as",
        "kms_key_id": "${aws_kms_key.key.arn}",
        "recovery_window_in_days": 7,
    }


def test_password_is_drawn_while_terraform_applies(bench: Bench) -> None:
    """The original's had eight characters and no punctuation."""
    assert build(bench)["ephemeral"] == {
        "aws_secretsmanager_random_password": {"replication_password": {"password_length": 32, "exclude_punctuation": True}}
    }


def test_value_is_written_through_a_write_only_argument(bench: Bench) -> None:
    value = only(build(bench), "aws_secretsmanager_secret_version")
    assert set(value) == {"secret_id", "secret_string_wo", "secret_string_wo_version"}
    assert json.loads(value["secret_string_wo"]) == {
        "username": "moulin_replication",
        "password": REFERENCE,
        "host": "db.example.com",
        "port": 3306,
    }


def test_ephemeral_password_is_in_no_argument_that_terraform_keeps(bench: Bench) -> None:
    template = build(bench)
    value = template["resource"]["aws_secretsmanager_secret_version"]["replication_value"].pop("secret_string_wo")
    assert REFERENCE in value
    assert "random_password}" not in json.dumps({**template, "ephemeral": None})


@pytest.mark.parametrize("version", [1, 2, 17])
def test_raising_the_version_replaces_the_password(bench: Bench, version: int) -> None:
    assert only(build(bench, version=version), "aws_secretsmanager_secret_version")["secret_string_wo_version"] == version


def test_secret_without_protection_is_gone_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DESTROY_DATA, "shop")
    template = build(bench, protection={"allow_data_destruction": True})
    assert only(template, "aws_secretsmanager_secret")["recovery_window_in_days"] == 0


def test_two_secrets_draw_two_passwords(bench: Bench, stack: LakeStack) -> None:
    for name in ("first", "second"):
        DatabaseSecret(stack, name, name=name, description="d", key=make_key(stack, f"{name}-key"), username="u", connection={}, version=1)
    template = bench.synth()
    assert set(template["ephemeral"]["aws_secretsmanager_random_password"]) == {"first_password", "second_password"}
    values = template["resource"]["aws_secretsmanager_secret_version"]
    assert "second_password" in values["second_value"]["secret_string_wo"]


def test_reader_may_read_one_secret(bench: Bench, stack: LakeStack) -> None:
    role = ServiceRole(stack, "role", role_name="r", service="dms.amazonaws.com", description="d")
    grant_read_secret(role, purpose="read-it", secret_arn=SECRET_ARN, key_arn=None)
    assert statements(bench.synth(), "role") == {
        "read-it": [
            {
                "Sid": "ReadSecret",
                "Effect": "Allow",
                "Action": ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
                "Resource": [SECRET_ARN],
            }
        ]
    }
