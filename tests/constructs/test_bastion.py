"""The bastion: no public address, no open port, no secret in its user data."""

from __future__ import annotations

import json
import subprocess
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.bastion import FILES, Bastion
from constructs_lib.config.lake import BastionConfig
from constructs_lib.function_zip import build_zip
from tests.conftest import only
from tests.constructs.conftest import KEY_ARN, SECRET_ARN, Bench, make_bucket, make_key, of_kind, statements, trust

ADMIN_ARN = SECRET_ARN.replace("user", "admin")
SECRETS = {"MOULIN_REPLICATION_SECRET_ARN": SECRET_ARN, "MOULIN_ADMIN_SECRET_ARN": ADMIN_ARN}
ENVIRONMENT = {"MOULIN_SOURCE_HOST": "db.example.com", "MOULIN_SOURCE_SCHEMAS": "shop billing"}


def build(
    bench: Bench,
    *,
    secret_arns: dict[str, str] = SECRETS,
    secret_key_arn: str | None = KEY_ARN,
    environment: dict[str, str] = ENVIRONMENT,
    **config: str,
) -> dict[str, Any]:
    stack = bench.stack()
    key = make_key(stack)
    Bastion(
        stack,
        "host",
        name="shop-bastion",
        config=BastionConfig(**config),
        subnet_id="subnet-1",
        security_group_ids=["sg-1"],
        bucket=make_bucket(stack, key),
        tools=build_zip({"bin/tool": b"#!/bin/sh\n"}, bench.build_folder / "tools.zip"),
        secret_arns=secret_arns,
        secret_key_arn=secret_key_arn,
        environment=environment,
        key=key,
    )
    return bench.synth()


def host(template: dict[str, Any]) -> dict[str, Any]:
    return only(template, "aws_instance")


def as_applied(user_data: str) -> str:
    """What the instance gets, once Terraform has put in what only it knows."""
    known = {
        "${aws_s3_object.host_tools_object.bucket}": "shop-data",
        "${aws_s3_object.host_tools_object.key}": "moulin/tools/x.zip",
    }
    for reference, value in known.items():
        user_data = user_data.replace(reference, value)
    assert "${" not in user_data.replace("$${", "")
    return user_data.replace("$${", "${")


def test_host_is_private(bench: Bench) -> None:
    """The original stood in a public subnet with SSH open to the world."""
    template = build(bench)
    assert host(template)["associate_public_ip_address"] is False
    assert host(template)["subnet_id"] == "subnet-1"
    assert host(template)["vpc_security_group_ids"] == ["sg-1"]
    assert "key_name" not in host(template)
    for kind in ("aws_vpc_security_group_ingress_rule", "aws_security_group", "aws_eip"):
        assert of_kind(template, kind) == {}


def test_metadata_is_answered_with_a_token_only(bench: Bench) -> None:
    """The original answered without one (IMDSv1)."""
    assert host(build(bench))["metadata_options"] == {
        "http_endpoint": "enabled",
        "http_tokens": "required",
        "http_put_response_hop_limit": 1,
    }


def test_disk_is_encrypted_with_the_key(bench: Bench) -> None:
    assert host(build(bench))["root_block_device"] == {
        "encrypted": True,
        "kms_key_id": "${aws_kms_key.key.arn}",
        "volume_size": 10,
        "volume_type": "gp3",
    }


def test_newer_image_alone_does_not_replace_the_host(bench: Bench) -> None:
    instance = host(build(bench))
    assert instance["lifecycle"] == {"ignore_changes": ["ami"]}
    assert instance["user_data_replace_on_change"] is True


@pytest.mark.parametrize(
    ("instance_type", "architecture"),
    [
        ("t4g.small", "arm64"),
        ("m7gd.large", "arm64"),
        ("c8gn.xlarge", "arm64"),
        ("x2gd.medium", "arm64"),
        ("im4gn.large", "arm64"),
        ("g5g.xlarge", "arm64"),
        ("t3.medium", "x86_64"),
        ("g4dn.xlarge", "x86_64"),
        ("m7i.large", "x86_64"),
        ("u-6tb1.56xlarge", "x86_64"),
    ],
)
def test_image_is_of_the_instance_types_processor(bench: Bench, instance_type: str, architecture: str) -> None:
    template = build(bench, instance_type=instance_type)
    assert host(template)["instance_type"] == instance_type
    (image,) = template["data"]["aws_ssm_parameter"].values()
    assert image["name"] == f"/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"


def test_tools_come_from_the_bucket_and_newer_ones_do_not_replace_the_host(bench: Bench) -> None:
    template = build(bench)
    tools = only(template, "aws_s3_object")
    archive = (bench.build_folder / "tools.zip").read_bytes()
    assert tools["key"] == "moulin/tools/tools.zip"
    assert tools["source_hash"] == b64encode(sha256(archive).digest()).decode()
    assert (bench.out / "stacks" / "shop-dev-unit" / tools["source"]).read_bytes() == archive
    assert (
        "MOULIN_TOOLS='s3://${aws_s3_object.host_tools_object.bucket}/${aws_s3_object.host_tools_object.key}'"
        in host(template)["user_data"]
    )


def test_role_reads_its_tools_and_secrets_only(bench: Bench) -> None:
    """The original could read everything in the bucket of its assets."""
    granted = statements(build(bench), "host_role")
    assert granted["read-data"][0]["Resource"] == ["${aws_s3_bucket.data.arn}/moulin/tools/*"]
    assert granted["read-data"][0]["Action"] == ["s3:GetObject"]
    assert granted["read-moulin-replication-secret-arn"][0]["Resource"] == [SECRET_ARN]
    assert granted["read-moulin-admin-secret-arn"][0]["Resource"] == [ADMIN_ARN]
    assert granted["decrypt-secrets"][0]["Resource"] == [KEY_ARN]
    assert len(granted) == 5


def test_role_is_taken_on_by_ec2_and_lets_session_manager_in(bench: Bench) -> None:
    template = build(bench)
    assert trust(template, "host_role")["Principal"] == {"Service": "ec2.amazonaws.com"}
    attachment = only(template, "aws_iam_role_policy_attachment")
    assert attachment["policy_arn"] == "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


def test_secrets_with_awss_own_key_need_no_key_policy(bench: Bench) -> None:
    template = build(bench, secret_arns={"MOULIN_REPLICATION_SECRET_ARN": SECRET_ARN}, secret_key_arn=None)
    assert set(statements(template, "host_role")) == {"read-moulin-replication-secret-arn", "read-data", "use-key-s3"}


def test_host_waits_for_what_it_may_do(bench: Bench) -> None:
    template = build(bench)
    waits = set(host(template)["depends_on"])
    assert waits >= {f"aws_iam_role_policy.{name}" for name in of_kind(template, "aws_iam_role_policy")}
    assert "aws_iam_role_policy_attachment.host_role_session_manager" in waits


def test_user_data_holds_arns_and_no_secret(bench: Bench) -> None:
    """The original passed the password on a command line."""
    user_data = host(build(bench))["user_data"]
    assert f"export MOULIN_REPLICATION_SECRET_ARN={SECRET_ARN}" in user_data
    assert "password" not in user_data.lower()
    assert "get-secret-value" not in user_data


def test_user_data_fits_and_begins_with_its_interpreter(bench: Bench) -> None:
    user_data = host(build(bench))["user_data"]
    assert user_data.startswith("#!/bin/bash\n")
    assert len(user_data.encode()) < 16 * 1024


def test_user_data_is_a_script_that_bash_can_read(bench: Bench) -> None:
    script = as_applied(host(build(bench))["user_data"])
    subprocess.run(["bash", "-n"], input=script, text=True, check=True, capture_output=True)


@pytest.mark.parametrize(
    "value", ["plain", "two words", "it's", 'say "x"', "$(touch broken)", "`touch broken`", "a;touch broken", "back\\slash", ""]
)
def test_environment_reaches_the_host_as_it_is(bench: Bench, tmp_path: Path, value: str) -> None:
    script = as_applied(host(build(bench, environment={"MOULIN_SOURCE_SCHEMAS": value}))["user_data"])
    first_steps = script[: script.index("# First boot")].replace("/etc/moulin.env", str(tmp_path / "moulin.env"))
    run = subprocess.run(
        ["bash", "-c", f'{first_steps}\nprintf %s "$MOULIN_SOURCE_SCHEMAS"'], cwd=tmp_path, text=True, check=True, capture_output=True
    )
    assert run.stdout == value
    assert not (tmp_path / "broken").exists()


@pytest.mark.parametrize("script", sorted(FILES.iterdir()), ids=lambda path: path.name)
def test_scripts_of_the_host_are_strict_and_keep_passwords_off_command_lines(script: Path) -> None:
    text = script.read_text()
    subprocess.run(["bash", "-n", str(script)], check=True, capture_output=True)
    assert "set -euo pipefail" in text
    assert "--password" not in text
    assert " -p$" not in text


def test_names_follow_the_lake(bench: Bench) -> None:
    template = build(bench)
    assert only(template, "aws_iam_role")["name"] == only(template, "aws_iam_instance_profile")["name"] == "shop-bastion"
    assert host(template)["tags"] == {"Name": "shop-bastion"}
    assert json.dumps(template).count("0.0.0.0/0") == 0
