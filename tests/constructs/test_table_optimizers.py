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
    """The optimizers of the only table, by their type."""
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


def test_each_table_has_its_own_of_each_kind(bench: Bench) -> None:
    made = of_kind(build(bench, ORDERS, LEDGER, LINES), "aws_glue_catalog_table_optimizer")
    assert {name: (optimizer["table_name"], optimizer["type"]) for name, optimizer in made.items()} == {
        f"iceberg_optimizers_{table}_{kind}": (f"${{aws_glue_catalog_table.iceberg_{table}.name}}", kind)
        for table in ("orders", "ledger", "lines")
        for kind in ("compaction", "retention", "orphan_file_deletion")
    }


def test_tables_differ_in_their_name_only(bench: Bench) -> None:
    """The first is made by the provider's class, the others are its copies."""
    made = of_kind(build(bench, ORDERS, LEDGER, LINES), "aws_glue_catalog_table_optimizer")
    for kind in ("compaction", "retention", "orphan_file_deletion"):
        orders, *others = ({**made[f"iceberg_optimizers_{table}_{kind}"]} for table in ("orders", "ledger", "lines"))
        for optimizer in (orders, *others):
            del optimizer["table_name"]
            optimizer.pop("//", None)
        assert others == [orders, orders]
        assert (orders["catalog_id"], orders["database_name"]) == ("123456789012", "${aws_glue_catalog_database.iceberg.name}")


def test_tables_that_moulin_does_not_make_are_left_to_their_owner(bench: Bench) -> None:
    made = of_kind(build(bench, ORDERS, {**LINES, "create": False}), "aws_glue_catalog_table_optimizer")
    assert {optimizer["table_name"] for optimizer in made.values()} == {"${aws_glue_catalog_table.iceberg_orders.name}"}


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


def test_optimizers_wait_for_grants_policies_and_no_other_table(bench: Bench) -> None:
    template = build(bench, ORDERS, LEDGER)
    policies = [f"aws_iam_role_policy.{name}" for name in of_kind(template, "aws_iam_role_policy")]
    grants = [f"aws_lakeformation_permissions.{name}" for name in of_kind(template, "aws_lakeformation_permissions")]
    for optimizer in of_kind(template, "aws_glue_catalog_table_optimizer").values():
        assert sorted(optimizer["depends_on"]) == sorted([*policies, *grants])
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
