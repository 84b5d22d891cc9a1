"""The Aurora cluster that DMS reads from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from constructs_lib.aurora import AuroraMysql
from constructs_lib.config.source import CreatedSourceConfig
from constructs_lib.lake_stack import DESTROY_DATA
from tests.conftest import only
from tests.constructs.conftest import NETWORK, Bench, make_key, of_kind, trust


def build(bench: Bench, *, name: str = "shop-source", lake: dict[str, Any] | None = None, **config: Any) -> dict[str, Any]:
    stack = bench.stack(**lake or {})
    AuroraMysql(
        stack,
        "cluster",
        name=name,
        config=CreatedSourceConfig.model_validate(config),
        port=3307,
        network=NETWORK,
        security_group_id="sg-1",
        key=make_key(stack),
        log_retention_days=30,
    )
    return bench.synth()


def cluster(template: dict[str, Any]) -> dict[str, Any]:
    return only(template, "aws_rds_cluster")


def parameters(template: dict[str, Any], kind: str = "aws_rds_cluster_parameter_group") -> dict[str, tuple[str, str]]:
    group = only(template, kind)
    assert group["family"] == "aurora-mysql8.0"
    return {parameter["name"]: (parameter["value"], parameter["apply_method"]) for parameter in group["parameter"]}


def test_default_cluster_is_encrypted_protected_and_backed_up(bench: Bench) -> None:
    """The original's storage was in clear, its deletion unprotected, its log export off."""
    assert cluster(build(bench)) == {
        "cluster_identifier": "shop-source",
        "engine": "aurora-mysql",
        "engine_version": "8.0.mysql_aurora.3.10.4",
        "apply_immediately": False,
        "port": 3307,
        "db_subnet_group_name": "${aws_db_subnet_group.cluster_subnets.name}",
        "vpc_security_group_ids": ["sg-1"],
        "db_cluster_parameter_group_name": "${aws_rds_cluster_parameter_group.cluster_cluster_parameters.name}",
        "master_username": "admin",
        "manage_master_user_password": True,
        "master_user_secret_kms_key_id": "${aws_kms_key.key.arn}",
        "storage_encrypted": True,
        "kms_key_id": "${aws_kms_key.key.arn}",
        "iam_database_authentication_enabled": True,
        "backup_retention_period": 7,
        "preferred_backup_window": "03:00-04:00",
        "copy_tags_to_snapshot": True,
        "enabled_cloudwatch_logs_exports": ["audit", "error", "slowquery"],
        "deletion_protection": True,
        "skip_final_snapshot": False,
        "final_snapshot_identifier": "shop-source-final-${terraform_data.cluster_final_snapshot.id}",
        "lifecycle": {"prevent_destroy": True, "ignore_changes": ["engine_version"]},
        "depends_on": [f"aws_cloudwatch_log_group.cluster_{log}_log" for log in ("audit", "error", "slowquery")],
    }


def test_password_is_made_by_rds_and_stands_nowhere(bench: Bench) -> None:
    """The original's had eight characters."""
    template = build(bench)
    assert "master_password" not in cluster(template)
    assert "aws_secretsmanager_secret_version" not in template["resource"]


@pytest.mark.parametrize(
    ("parameter", "value"),
    [("binlog_format", "ROW"), ("binlog_row_image", "full"), ("binlog_checksum", "NONE"), ("require_secure_transport", "ON")],
)
def test_binlog_is_what_dms_needs_and_tls_is_required(bench: Bench, parameter: str, value: str) -> None:
    """The original set the format only, and no TLS."""
    assert parameters(build(bench))[parameter][0] == value


def test_no_parameter_is_applied_in_a_way_that_a_static_one_refuses(bench: Bench) -> None:
    template = build(bench)
    for kind in ("aws_rds_cluster_parameter_group", "aws_db_parameter_group"):
        assert {method for _, method in parameters(template, kind).values()} == {"pending-reboot"}


def test_text_is_utf8_of_four_bytes(bench: Bench) -> None:
    found = parameters(build(bench))
    assert (found["character_set_server"][0], found["collation_server"][0]) == ("utf8mb4", "utf8mb4_unicode_ci")


def test_instances_have_their_own_parameters(bench: Bench) -> None:
    assert set(parameters(build(bench), "aws_db_parameter_group")) == {"slow_query_log", "wait_timeout", "init_connect"}


@pytest.mark.parametrize("readers", [0, 1, 15])
def test_one_writer_and_so_many_readers(bench: Bench, readers: int) -> None:
    instances = of_kind(build(bench, readers=readers), "aws_rds_cluster_instance")
    assert {instance["identifier"]: instance["promotion_tier"] for instance in instances.values()} == {
        "shop-source-writer": 0,
        **{f"shop-source-reader-{number}": number for number in range(1, readers + 1)},
    }


def test_every_instance_is_private_checked_and_monitored(bench: Bench) -> None:
    for instance in of_kind(build(bench, instance_class="db.r7g.large"), "aws_rds_cluster_instance").values():
        assert instance["publicly_accessible"] is False
        assert instance["ca_cert_identifier"] == "rds-ca-rsa2048-g1"
        assert instance["auto_minor_version_upgrade"] is False
        assert instance["monitoring_interval"] == 60
        assert instance["depends_on"] == ["aws_iam_role_policy_attachment.cluster_monitoring_role_enhanced_monitoring"]


@pytest.mark.parametrize(("instance_class", "insights"), [("db.t4g.medium", False), ("db.t3.large", False), ("db.r7g.large", True)])
def test_performance_insights_run_where_the_class_has_them(bench: Bench, instance_class: str, insights: bool) -> None:
    for instance in of_kind(build(bench, instance_class=instance_class), "aws_rds_cluster_instance").values():
        assert instance["performance_insights_enabled"] is insights
        assert instance.get("performance_insights_kms_key_id") == ("${aws_kms_key.key.arn}" if insights else None)


def test_provisioned_cluster_has_no_serverless_capacity(bench: Bench) -> None:
    assert "serverlessv2_scaling_configuration" not in cluster(build(bench))


def test_serverless_cluster_has_its_bounds_and_class(bench: Bench) -> None:
    template = build(bench, serverless={"min_capacity_units": 0.5, "max_capacity_units": 8})
    assert cluster(template)["serverlessv2_scaling_configuration"] == {"min_capacity": 0.5, "max_capacity": 8}
    assert {instance["instance_class"] for instance in of_kind(template, "aws_rds_cluster_instance").values()} == {"db.serverless"}


def test_serverless_minimum_of_zero_is_written(bench: Bench) -> None:
    template = build(bench, serverless={"min_capacity_units": 0, "max_capacity_units": 1})
    assert cluster(template)["serverlessv2_scaling_configuration"] == {"min_capacity": 0, "max_capacity": 1}


def test_everything_set_reaches_the_cluster(bench: Bench) -> None:
    template = build(
        bench, engine_version="8.0.mysql_aurora.3.04.2", backup_retention_days=35, password_rotation_days=30, apply_immediately=True
    )
    assert (cluster(template)["engine_version"], cluster(template)["backup_retention_period"]) == ("8.0.mysql_aurora.3.04.2", 35)
    everything = [cluster(template), *of_kind(template, "aws_rds_cluster_instance").values()]
    assert {part["apply_immediately"] for part in everything} == {True}
    assert {"engine_version" in instance for instance in everything[1:]} == {False}  # an instance has its cluster's
    rotation = only(template, "aws_secretsmanager_secret_rotation")
    assert rotation["rotation_rules"] == {"automatically_after_days": 30}
    assert rotation["secret_id"] == "${aws_rds_cluster.cluster.master_user_secret[0].secret_arn}"
    assert rotation["rotate_immediately"] is False


def test_password_rotation_is_on_by_default_and_can_be_left_to_rds(bench: Bench, tmp_path: Any) -> None:
    """The original never rotated it."""
    assert only(build(bench), "aws_secretsmanager_secret_rotation")["rotation_rules"] == {"automatically_after_days": 7}
    other = Bench(tmp_path / "other")
    assert of_kind(build(other, password_rotation_days=None), "aws_secretsmanager_secret_rotation") == {}


def test_exported_logs_are_made_with_a_key_and_a_retention(bench: Bench) -> None:
    """The original set a retention for logs that it did not export."""
    groups = of_kind(build(bench), "aws_cloudwatch_log_group").values()
    assert {group["name"].removeprefix("/aws/rds/cluster/shop-source/"): group["retention_in_days"] for group in groups} == {
        "audit": 365,
        "error": 30,
        "slowquery": 30,
    }
    assert {group["kms_key_id"] for group in groups} == {"${aws_kms_key.key.arn}"}


def test_who_connects_is_logged_but_no_statement(bench: Bench) -> None:
    """A statement may hold rows, and the set-up script's one holds a password."""
    found = parameters(build(bench))
    assert found["server_audit_logging"] == ("1", "pending-reboot")
    assert found["server_audit_events"] == ("CONNECT", "pending-reboot")


def test_instance_without_insights_says_why(bench: Bench, tmp_path: Path) -> None:
    small, large = bench, Bench(tmp_path / "large")
    build(small, instance_class="db.t4g.medium")
    build(large, instance_class="db.r7g.large")
    accepted = [one.notes("aws_rds_cluster_instance.cluster_writer")["checkov"]["skip"] for one in (small, large)]
    assert [[skip["id"] for skip in skips] for skips in accepted] == [["CKV_AWS_226", "CKV_AWS_353"], ["CKV_AWS_226"]]


def test_cluster_lies_in_the_private_subnets(bench: Bench) -> None:
    assert only(build(bench), "aws_db_subnet_group")["subnet_ids"] == ["subnet-1", "subnet-2"]


def test_monitoring_role_serves_this_account_only(bench: Bench) -> None:
    template = build(bench)
    assert trust(template, "cluster_monitoring_role")["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
    assert trust(template, "cluster_monitoring_role")["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_names_follow_the_cluster_so_that_two_can_live_in_one_account(bench: Bench) -> None:
    """The original's subnet group was called `aurora-mysql` in every account."""
    template = build(bench, name="other-source")
    for kind in ("aws_db_subnet_group", "aws_db_parameter_group", "aws_rds_cluster_parameter_group"):
        assert only(template, kind)["name"] == "other-source"
    assert only(template, "aws_iam_role")["name"] == "other-source-monitoring"


def test_longest_cluster_name_leaves_room_for_what_is_named_after_it(bench: Bench) -> None:
    template = build(bench, name="x" * 53, readers=15)
    assert max(len(instance["identifier"]) for instance in of_kind(template, "aws_rds_cluster_instance").values()) <= 63
    assert len(only(template, "aws_iam_role")["name"]) <= 64


def test_both_keys_let_the_cluster_go_with_its_data(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DESTROY_DATA, "shop")
    found = cluster(build(bench, lake={"protection": {"allow_data_destruction": True}}))
    assert found["lifecycle"] == {"ignore_changes": ["engine_version"]}
    assert (found["deletion_protection"], found["skip_final_snapshot"]) == (False, True)
