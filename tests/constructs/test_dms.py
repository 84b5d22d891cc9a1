"""Capture: endpoints, replication instance and task, serverless replication."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.aurora import SourceExports
from constructs_lib.config.capture import ReplicationInstanceConfig, ServerlessCaptureConfig
from constructs_lib.config.table_mappings import table_mappings
from constructs_lib.config.task_settings import task_settings
from constructs_lib.defaults.certificates import certificate_file
from constructs_lib.defaults.task_settings import STABLE, STABLE_VALUES
from constructs_lib.dms import (
    InstanceReplication,
    KinesisTargetEndpoint,
    Migration,
    MysqlSourceEndpoint,
    ReplicationNetwork,
    ReplicationSubnets,
    ServerlessReplication,
)
from constructs_lib.dms_account_roles import DmsAccountRoles
from constructs_lib.lake_stack import LakeStack
from tests.conftest import only
from tests.constructs.conftest import (
    KEY_ARN,
    NETWORK,
    SECRET_ARN,
    Bench,
    make_key,
    make_lake,
    make_stream,
    of_kind,
    statements,
    trust,
)

PEM = certificate_file("eu-west-1").read_text()


def source(secret_key_arn: str | None = KEY_ARN) -> SourceExports:
    return SourceExports(
        cluster_identifier="shop-source",
        host="db.example.com",
        port=3306,
        security_group_id="sg-1",
        replication_secret_arn=SECRET_ARN,
        secret_key_arn=secret_key_arn,
        admin_secret_arn=None,
    )


def source_endpoint(scope: Any, *, secret_key_arn: str | None = KEY_ARN, server_timezone: str | None = None) -> MysqlSourceEndpoint:
    return MysqlSourceEndpoint(
        scope,
        "source",
        name="shop-source",
        source=source(secret_key_arn),
        certificate_pem=PEM,
        server_timezone=server_timezone,
        key=make_key(scope, "settings"),
    )


def target_endpoint(scope: Any, *, own_key: bool = True) -> KinesisTargetEndpoint:
    stream = make_stream(scope, make_key(scope) if own_key else None)
    return KinesisTargetEndpoint(scope, "target", name="shop-stream", stream=stream, key=make_key(scope, "target-settings"))


def replication(
    bench: Bench, *, serverless: ServerlessCaptureConfig | None = None, instance: dict[str, Any] | None = None, **capture: Any
) -> dict[str, Any]:
    lake = make_lake(capture=capture)
    stack = bench.stack()
    migration = Migration(
        mode=lake.capture.mode,
        source=source_endpoint(stack),
        target=target_endpoint(stack),
        table_mappings=table_mappings(lake),
        task_settings=task_settings(lake),
    )
    subnets = ReplicationSubnets(stack, "subnets", name="shop-capture", network=NETWORK, after=[])
    network = ReplicationNetwork(subnet_group_id=subnets.id, security_group_ids=["sg-2"], key=make_key(stack, "disk"))
    if serverless is None:
        config = ReplicationInstanceConfig(**instance or {})
        InstanceReplication(stack, "task", name="shop-capture", config=config, network=network, migration=migration)
    else:
        ServerlessReplication(stack, "task", name="shop-capture", config=serverless, network=network, migration=migration)
    return bench.synth()


def test_source_endpoint_takes_its_credentials_from_the_secret(bench: Bench, stack: LakeStack) -> None:
    """The original wrote the administrator's name and password into the endpoint, and set no TLS."""
    source_endpoint(stack)
    template = bench.synth()
    assert only(template, "aws_dms_endpoint") == {
        "endpoint_id": "shop-source",
        "endpoint_type": "source",
        "engine_name": "aurora",
        "ssl_mode": "verify-full",
        "certificate_arn": "${aws_dms_certificate.source_certificate.certificate_arn}",
        "kms_key_arn": "${aws_kms_key.settings.arn}",
        "secrets_manager_access_role_arn": "${aws_iam_role.source_role.arn}",
        "secrets_manager_arn": SECRET_ARN,
        "depends_on": ["aws_iam_role_policy.source_role_read_secret", "aws_iam_role_policy.source_role_decrypt_secrets"],
    }
    assert only(template, "aws_dms_certificate") == {"certificate_id": "shop-source", "certificate_pem": PEM}


def test_role_of_the_source_endpoint_reads_one_secret_with_its_key(bench: Bench, stack: LakeStack) -> None:
    source_endpoint(stack)
    template = bench.synth()
    granted = statements(template, "source_role")
    assert {name: found[0]["Resource"] for name, found in granted.items()} == {"read-secret": [SECRET_ARN], "decrypt-secrets": [KEY_ARN]}
    assert granted["decrypt-secrets"][0]["Condition"] == {"StringEquals": {"kms:ViaService": ["secretsmanager.eu-west-1.amazonaws.com"]}}
    assert trust(template, "source_role")["Principal"] == {"Service": "dms.eu-west-1.amazonaws.com"}


def test_secret_with_awss_own_key_needs_no_key_policy(bench: Bench, stack: LakeStack) -> None:
    source_endpoint(stack, secret_key_arn=None)
    assert list(statements(bench.synth(), "source_role")) == ["read-secret"]


def test_server_time_zone_is_set_only_when_it_is_given(bench: Bench, stack: LakeStack) -> None:
    source_endpoint(stack, server_timezone="Europe/Berlin")
    assert only(bench.synth(), "aws_dms_endpoint")["mysql_settings"] == {"server_timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    "switch",
    [
        "include_transaction_details",
        "include_null_and_empty",
        "include_control_details",
        "include_table_alter_operations",
        "include_partition_value",
        "partition_include_schema_table",
        "use_large_integer_value",
    ],
)
def test_kinesis_endpoint_sets_each_of_its_seven_switches(bench: Bench, stack: LakeStack, switch: str) -> None:
    """The original left them at false: no position, and no difference between null and absent."""
    target_endpoint(stack)
    assert only(bench.synth(), "aws_dms_endpoint")["kinesis_settings"][switch] is True


def test_kinesis_endpoint_writes_one_line_per_change_to_its_stream(bench: Bench, stack: LakeStack) -> None:
    target_endpoint(stack)
    endpoint = only(bench.synth(), "aws_dms_endpoint")
    assert (endpoint["endpoint_type"], endpoint["engine_name"]) == ("target", "kinesis")
    settings = endpoint["kinesis_settings"]
    assert settings["message_format"] == "json-unformatted"
    assert settings["stream_arn"] == "${aws_kinesis_stream.stream.arn}"
    assert settings["service_access_role_arn"] == "${aws_iam_role.target_role.arn}"
    assert len(settings) == 10
    assert endpoint["depends_on"] == ["aws_iam_role_policy.target_role_write_stream", "aws_iam_role_policy.target_role_use_key_kinesis"]


def test_role_of_the_kinesis_endpoint_writes_to_one_stream(bench: Bench, stack: LakeStack) -> None:
    """The original allowed it on every stream, under a role name that is fixed for the account."""
    target_endpoint(stack, own_key=False)
    template = bench.synth()
    granted = statements(template, "target_role")
    assert {name: found[0]["Resource"] for name, found in granted.items()} == {"write-stream": ["${aws_kinesis_stream.stream.arn}"]}
    assert template["resource"]["aws_iam_role"]["target_role"]["name"] == "shop-stream"


def test_default_instance_is_private_encrypted_and_never_upgrades_itself(bench: Bench) -> None:
    instance = only(replication(bench), "aws_dms_replication_instance")
    assert instance == {
        "replication_instance_id": "shop-capture",
        "replication_instance_class": "dms.t3.medium",
        "allocated_storage": 50,
        "engine_version": "3.6.1",
        "apply_immediately": True,
        "multi_az": False,
        "publicly_accessible": False,
        "auto_minor_version_upgrade": False,
        "allow_major_version_upgrade": False,
        "preferred_maintenance_window": "sat:03:17-sat:03:47",
        "replication_subnet_group_id": "${aws_dms_replication_subnet_group.subnets.replication_subnet_group_id}",
        "vpc_security_group_ids": ["sg-2"],
        "kms_key_arn": "${aws_kms_key.disk.arn}",
        "lifecycle": {"ignore_changes": ["engine_version"]},
    }


def test_everything_set_reaches_the_instance(bench: Bench) -> None:
    config = {
        "instance_class": "dms.r6i.xlarge",
        "storage_gib": 200,
        "engine_version": "3.6.1",
        "multi_az": True,
        "maintenance_window": "sun:01:00-sun:02:00",
    }
    instance = only(replication(bench, instance=config), "aws_dms_replication_instance")
    assert instance["replication_instance_class"] == "dms.r6i.xlarge"
    assert (instance["allocated_storage"], instance["engine_version"], instance["multi_az"]) == (200, "3.6.1", True)
    assert instance["preferred_maintenance_window"] == "sun:01:00-sun:02:00"


@pytest.mark.parametrize("mode", ["full-load-and-cdc", "cdc", "full-load"])
def test_task_migrates_as_the_file_says_and_is_not_started(bench: Bench, mode: str) -> None:
    """Firehose reads a stream from LATEST: a task that starts with the deployment loses rows."""
    task = only(replication(bench, mode=mode), "aws_dms_replication_task")
    assert (task["replication_task_id"], task["migration_type"], task["start_replication_task"]) == ("shop-capture", mode, False)
    assert task["source_endpoint_arn"] == "${aws_dms_endpoint.source.endpoint_arn}"
    assert task["target_endpoint_arn"] == "${aws_dms_endpoint.target.endpoint_arn}"


def test_task_settings_are_complete(bench: Bench) -> None:
    """DMS merges settings: a key that is left out keeps an old override for ever."""
    settings = json.loads(only(replication(bench), "aws_dms_replication_task")["replication_task_settings"])
    assert {section: set(settings[section]) for section in STABLE} == {section: set(keys) for section, keys in STABLE.items()}
    assert set(settings) == {*STABLE, *STABLE_VALUES, "BeforeImageSettings"}
    assert settings["TargetMetadata"]["BatchApplyEnabled"] is False


@pytest.mark.parametrize("overrides", [{}, {"Logging": {"EnableLogging": False}}, {"ErrorBehavior": {"RecoverableErrorInterval": 10}}])
def test_task_settings_never_name_the_log_group_and_stream(bench: Bench, overrides: dict[str, Any]) -> None:
    """DMS sets them itself and refuses them in a new task."""
    text = only(replication(bench, task_settings=overrides), "aws_dms_replication_task")["replication_task_settings"]
    assert "CloudWatchLogGroup" not in text
    assert "CloudWatchLogStream" not in text


def test_overrides_and_threads_reach_the_task_settings(bench: Bench) -> None:
    capture = {
        "apply_threads": 16,
        "apply_buffer_records": 500,
        "full_load_subtasks": 4,
        "task_settings": {"TargetMetadata": {"LobMaxSize": 64}},
    }
    settings = json.loads(only(replication(bench, **capture), "aws_dms_replication_task")["replication_task_settings"])
    assert settings["TargetMetadata"]["ParallelApplyThreads"] == 16
    assert settings["TargetMetadata"]["ParallelApplyBufferSize"] == 500
    assert settings["TargetMetadata"]["LobMaxSize"] == 64
    assert settings["FullLoadSettings"]["MaxFullLoadSubTasks"] == 4


def test_table_mappings_reach_the_task_as_they_are(bench: Bench) -> None:
    task = only(replication(bench), "aws_dms_replication_task")
    assert json.loads(task["table_mappings"]) == table_mappings(make_lake())


def test_serverless_replication_has_its_bounds_and_is_not_started(bench: Bench) -> None:
    template = replication(bench, serverless=ServerlessCaptureConfig(min_capacity_units=2, max_capacity_units=16, multi_az=True))
    config = only(template, "aws_dms_replication_config")
    assert (config["replication_config_identifier"], config["replication_type"]) == ("shop-capture", "full-load-and-cdc")
    assert config["start_replication"] is False
    assert config["compute_config"] == {
        "replication_subnet_group_id": "${aws_dms_replication_subnet_group.subnets.replication_subnet_group_id}",
        "vpc_security_group_ids": ["sg-2"],
        "kms_key_id": "${aws_kms_key.disk.arn}",
        "min_capacity_units": 2,
        "max_capacity_units": 16,
        "multi_az": True,
    }
    assert json.loads(config["table_mappings"]) == table_mappings(make_lake())
    assert json.loads(config["replication_settings"]) == task_settings(make_lake())
    assert "aws_dms_replication_instance" not in template["resource"]


def test_subnet_group_holds_the_private_subnets_and_waits_for_the_account_roles(bench: Bench, stack: LakeStack) -> None:
    ready = DmsAccountRoles(stack, "account-roles").ready
    ReplicationSubnets(stack, "subnets", name="shop-capture", network=NETWORK, after=ready)
    assert only(bench.synth(), "aws_dms_replication_subnet_group") == {
        "replication_subnet_group_id": "shop-capture",
        "replication_subnet_group_description": "Private subnets of shop-capture",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "depends_on": ["terraform_data.account_roles_propagated"],
    }


def test_names_of_two_lakes_in_one_account_differ(bench: Bench) -> None:
    """The original's task, roles and endpoints had names that are fixed for the account."""
    stack = bench.stack()
    key = make_key(stack)
    for name in ("a-dev", "b-dev"):
        MysqlSourceEndpoint(stack, name, name=name, source=source(), certificate_pem=PEM, server_timezone=None, key=key)
    template = bench.synth()
    assert {endpoint["endpoint_id"] for endpoint in of_kind(template, "aws_dms_endpoint").values()} == {"a-dev", "b-dev"}
    assert {role["name"] for role in of_kind(template, "aws_iam_role").values()} == {"a-dev", "b-dev"}
