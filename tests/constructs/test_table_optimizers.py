"""Compaction, snapshot retention and orphan file deletion."""

from __future__ import annotations

from typing import Any

import pytest

from tests.constructs.conftest import LEDGER, LINES, ORDERS, Bench, make_bucket, make_database, make_key, of_kind, statements, trust

ALL_OFF = {"compaction": False, "snapshot_retention": False, "orphan_file_deletion": False}


def build(bench: Bench, *tables: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    stack = bench.stack()
    make_database(stack, make_bucket(stack, make_key(stack)), *tables, **arguments)
    return bench.synth()


def optimizers(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {optimizer["type"]: optimizer for optimizer in of_kind(template, "aws_glue_catalog_table_optimizer").values()}


def test_all_three_run_by_default(bench: Bench) -> None:
    made = optimizers(build(bench))
    assert {kind: optimizer["configuration"] for kind, optimizer in made.items()} == {
        "compaction": [{"enabled": True, "role_arn": "${aws_iam_role.iceberg_optimizers_role.arn}"}],
        "retention": [
            {
                "enabled": True,
                "role_arn": "${aws_iam_role.iceberg_optimizers_role.arn}",
                "retention_configuration": [
                    {
                        "iceberg_configuration": [
                            {
                                "snapshot_retention_period_in_days": 5,
                                "number_of_snapshots_to_retain": 1,
                                "clean_expired_files": True,
                            }
                        ]
                    }
                ],
            }
        ],
        "orphan_file_deletion": [
            {
                "enabled": True,
                "role_arn": "${aws_iam_role.iceberg_optimizers_role.arn}",
                "orphan_file_deletion_configuration": [{"iceberg_configuration": [{"orphan_file_retention_period_in_days": 3}]}],
            }
        ],
    }


def test_everything_set_reaches_the_optimizers(bench: Bench) -> None:
    made = optimizers(build(bench, snapshot_retention_days=365, snapshots_to_retain=100, orphan_file_days=7))
    (retention,) = made["retention"]["configuration"][0]["retention_configuration"][0]["iceberg_configuration"]
    assert (retention["snapshot_retention_period_in_days"], retention["number_of_snapshots_to_retain"]) == (365, 100)
    (orphans,) = made["orphan_file_deletion"]["configuration"][0]["orphan_file_deletion_configuration"][0]["iceberg_configuration"]
    assert orphans["orphan_file_retention_period_in_days"] == 7


def test_one_resource_covers_all_tables(bench: Bench) -> None:
    made = optimizers(build(bench, ORDERS, LEDGER, LINES))
    assert len(made) == 3
    for optimizer in made.values():
        assert optimizer["for_each"] == '${toset(["orders", "ledger", "lines"])}'
        assert optimizer["table_name"] == "${each.value}"
        assert (optimizer["catalog_id"], optimizer["database_name"]) == ("123456789012", "${aws_glue_catalog_database.iceberg.name}")


def test_tables_that_moulin_does_not_make_are_left_to_their_owner(bench: Bench) -> None:
    made = optimizers(build(bench, ORDERS, {**LINES, "create": False}))
    assert {optimizer["for_each"] for optimizer in made.values()} == {'${toset(["orders"])}'}


@pytest.mark.parametrize(
    ("switch", "kind"),
    [("compaction", "compaction"), ("snapshot_retention", "retention"), ("orphan_file_deletion", "orphan_file_deletion")],
)
def test_each_can_be_switched_off_alone(bench: Bench, switch: str, kind: str) -> None:
    assert set(optimizers(build(bench, **{switch: False}))) == {"compaction", "retention", "orphan_file_deletion"} - {kind}


@pytest.mark.parametrize(
    ("tables", "switches"), [((ORDERS,), ALL_OFF), (({**ORDERS, "create": False},), {})], ids=["all off", "no table of ours"]
)
def test_without_work_there_is_neither_optimizer_nor_role(bench: Bench, tables: tuple[Any, ...], switches: dict[str, bool]) -> None:
    template = build(bench, *tables, **switches)
    for kind in ("aws_glue_catalog_table_optimizer", "aws_iam_role", "aws_lakeformation_permissions"):
        assert of_kind(template, kind) == {}


def test_optimizers_wait_for_tables_grants_and_policies(bench: Bench) -> None:
    template = build(bench, ORDERS, LEDGER)
    policies = [f"aws_iam_role_policy.{name}" for name in of_kind(template, "aws_iam_role_policy")]
    grants = [f"aws_lakeformation_permissions.{name}" for name in of_kind(template, "aws_lakeformation_permissions")]
    tables = ["aws_glue_catalog_table.iceberg_orders", "aws_glue_catalog_table.iceberg_ledger"]
    for optimizer in optimizers(template).values():
        assert sorted(optimizer["depends_on"]) == sorted([*policies, *grants, *tables])
    assert len(grants) == 2


def test_role_of_the_optimizers_reaches_the_tables_their_files_and_glues_logs(bench: Bench) -> None:
    template = build(bench)
    trusted = trust(template, "iceberg_optimizers_role")
    assert trusted == {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}  # no condition
    granted = statements(template, "iceberg_optimizers_role")
    assert set(granted) == {"write-logs", "commit-tables", "write-data", "use-key-s3", "lake-formation-access"}
    assert granted["write-data"][0]["Resource"] == ["${aws_s3_bucket.data.arn}/lake/shop/*"]
    assert all(":log-group:/aws-glue/iceberg-" in resource for resource in granted["write-logs"][0]["Resource"])


def test_without_lake_formation_there_are_no_grants(bench: Bench) -> None:
    template = build(bench, lake_formation=False)
    assert of_kind(template, "aws_lakeformation_permissions") == {}
    assert "lake-formation-access" not in statements(template, "iceberg_optimizers_role")
