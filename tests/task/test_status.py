"""`moulin task status`: all that is known, and an exit code that says whether something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.config.load import load_lake
from constructs_lib.config.table_mappings import table_mappings
from scripts.plan.mends.dms_tasks import EMULATED
from scripts.task.optimizers import Optimizer, wanted_optimizers
from tests.conftest import LAKE_FILES, ROOT, Templates
from tests.task.conftest import Deploy
from tests.task.deployed import Deployed, resources

Change = Callable[..., Path]


def loaded(lake: Deployed) -> Deployed:
    assert lake.run("start").exit_code == 0
    return lake.until("running").until_loaded()


def status(lake: Deployed, *, exit_code: int = 0) -> dict[str, Any]:
    result = lake.run("status", "--output", "json")
    assert (result.exit_code, result.stderr) == (exit_code, "")
    return dict(json.loads(result.stdout))


def test_the_shape_for_programs(deploy: Deploy) -> None:
    lake = loaded(deploy())
    assert status(lake) == {
        "lake": "minimal-dev",
        "task": "minimal-dev-capture",
        "arn": lake.arn,
        "kind": "instance",
        "mode": "full-load-and-cdc",
        "state": "running",
        "stop_reason": None,
        "failure": None,
        "recovery_checkpoint": None,
        "full_load": {
            "complete": True,
            "percent": 100,
            "tables_loaded": 1,
            "tables_loading": 0,
            "tables_queued": 0,
            "tables_errored": 0,
        },
        "tables": [
            {
                "name": "shop.orders",
                "state": "Table completed",
                "loaded_rows": 1000,
                "inserts": 0,
                "updates": 0,
                "deletes": 0,
                "ddls": 0,
                "error_rows": 0,
                "wrong": False,
            }
        ],
        "lag": [
            {"metric": "capture_source", "seconds": None, "at": None},
            {"metric": "capture_target", "seconds": None, "at": None},
            {"metric": "delivery_behind.iceberg", "seconds": None, "at": None},
            {"metric": "delivery_freshness.iceberg", "seconds": None, "at": None},
        ],
        "optimizers": [
            {"database": "minimal_dev", "table": "orders", "kind": kind, "enabled": True, "last_run": None, "error": None, "wrong": False}
            for kind in ("compaction", "retention", "orphan_file_deletion")
        ],
        "problems": [],
    }


def test_a_serverless_replication_has_the_same_shape(deploy: Deploy) -> None:
    found = status(loaded(deploy("serverless")))
    assert (found["kind"], found["state"], found["full_load"]["complete"]) == ("serverless", "running", True)
    assert [table["name"] for table in found["tables"]] == ["app.events"]
    assert [lag["metric"] for lag in found["lag"]] == ["delivery_behind.iceberg", "delivery_freshness.iceberg"]


def test_words_for_people(deploy: Deploy) -> None:
    lake = loaded(deploy())
    lake.say(lake.arn, tables={"shop.orders": {"Inserts": 1234, "Updates": 5, "Deletes": 6, "Ddls": 7}})
    lines = lake.run("status").stdout.splitlines()
    assert lines[:2] == [
        "minimal-dev-capture: running (DMS instance, full-load-and-cdc)",
        "full load: complete: 1 tables loaded, 0 loading, 0 queued, 0 with errors",
    ]
    assert lines[3].split() == ["shop.orders", "Table", "completed", "1,000", "1,234", "5", "6", "7", "0"]
    assert "DMS behind the source: no data yet (none in the last 15 minutes)" in lines


def test_before_the_first_start(deploy: Deploy) -> None:
    lake = deploy()
    assert "never started" in lake.run("status").stdout.splitlines()
    assert (status(lake)["state"], status(lake)["tables"]) == ("ready", [])


def test_lag_is_the_latest_value_of_the_right_dimensions(deploy: Deploy) -> None:
    lake = loaded(deploy())
    now = datetime.now(UTC).replace(microsecond=0)
    task = {"ReplicationInstanceIdentifier": "minimal-dev-capture", "ReplicationTaskIdentifier": lake.arn.split(":")[6]}
    put(lake, "AWS/DMS", "CDCLatencySource", task, 3, now - timedelta(minutes=2))
    put(lake, "AWS/DMS", "CDCLatencySource", task, 99, now - timedelta(minutes=9))
    put(lake, "AWS/DMS", "CDCLatencySource", task, 4_000, now - timedelta(minutes=40))
    put(lake, "AWS/DMS", "CDCLatencyTarget", {**task, "ReplicationTaskIdentifier": "OTHER"}, 7, now - timedelta(minutes=2))
    delivery = {"DeliveryStreamName": "minimal-dev-iceberg"}
    put(lake, "AWS/Firehose", "KinesisMillisBehindLatest", delivery, 61_000, now - timedelta(minutes=2))
    put(lake, "AWS/Firehose", "DeliveryToIceberg.DataFreshness", delivery, 88, now - timedelta(minutes=2))
    found = {lag["metric"]: lag["seconds"] for lag in status(lake)["lag"]}
    assert found == {"capture_source": 3, "capture_target": None, "delivery_behind.iceberg": 61, "delivery_freshness.iceberg": 88}
    text = lake.run("status").stdout
    assert "minimal-dev-iceberg behind the stream: 61 s at " in text
    assert "the stream behind the source: no data yet" in text


def put(lake: Deployed, namespace: str, name: str, dimensions: dict[str, str], value: float, at: datetime) -> None:
    named = [{"Name": dimension, "Value": of} for dimension, of in dimensions.items()]
    datum = {"MetricName": name, "Dimensions": named, "Value": value, "Timestamp": at}
    lake.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


@pytest.mark.parametrize("kind", ["minimal", "serverless"])
def test_every_page_of_tables_is_read(deploy: Deploy, changed: Change, tmp_path: Path, kind: str) -> None:
    more = "".join(f"  - {{source: shop.t{n:03}, mode: history, keys: [id], columns: {{id: long}}}}\n" for n in range(250))
    file = changed(added="") if kind == "minimal" else tmp_path / "lake.yaml"
    if kind == "serverless":
        file.write_text((Path(__file__).parents[2] / "lakes" / "serverless.yaml").read_text())
    none = "deliveries: [{optimizers: {compaction: false, snapshot_retention: false, orphan_file_deletion: false}}]\n"
    file.write_text(file.read_text().rstrip() + "\n" + more + none)
    lake = loaded(deploy(kind, file=file, mappings=table_mappings(load_lake(file))))
    names = [table["name"] for table in status(lake)["tables"]]
    assert len(set(names)) == len(names) == 251
    assert status(lake)["problems"] == []


# What is wrong.


def test_exits_with_1_when_the_task_has_failed(deploy: Deploy) -> None:
    lake = loaded(deploy())
    lake.say(lake.arn, task={"Status": "failed", "StopReason": "Stop Reason FATAL_ERROR", "LastFailureMessage": "Binlog is\ngone"})
    found = status(lake, exit_code=1)
    assert found["problems"] == ["the task has failed: Stop Reason FATAL_ERROR; Binlog is gone"]
    assert "problem: the task has failed: Stop Reason FATAL_ERROR; Binlog is gone" in lake.run("status").stdout


@pytest.mark.parametrize("state", ["Table error", "Table does not exist", "Table is suspended"])
def test_exits_with_1_when_a_table_is_given_up(deploy: Deploy, state: str) -> None:
    lake = loaded(deploy("many-tables"))
    lake.say(lake.arn, tables={"shop.products": {"TableState": state}})
    assert status(lake, exit_code=1)["problems"] == [f"shop.products: {state}"]


def test_exits_with_1_when_rows_could_not_be_loaded(deploy: Deploy) -> None:
    lake = loaded(deploy())
    lake.say(lake.arn, tables={"shop.orders": {"FullLoadErrorRows": 3}})
    assert status(lake, exit_code=1)["problems"] == ["shop.orders: Table completed, 3 rows not loaded"]


def test_exits_with_1_when_dms_does_not_see_a_table_of_the_lake(deploy: Deploy) -> None:
    lake = loaded(deploy("many-tables"))
    lake.say(lake.arn, tables={"shop.products": None})
    assert status(lake, exit_code=1)["problems"] == [
        "shop.products: in the lake file, but DMS does not see it (is it in the source, and may the replication user read it?)"
    ]


@pytest.mark.parametrize(("reason", "exit_code"), [("NORMAL", 0), ("RECOVERABLE_ERROR", 1), ("STOPPED_DUE_TO_LOW_DISK", 1)])
def test_a_stop_that_nobody_asked_for_is_a_problem(deploy: Deploy, reason: str, exit_code: int) -> None:
    lake = loaded(deploy())
    lake.say(lake.arn, task={"Status": "stopped", "StopReason": f"Stop Reason {reason}"})
    assert bool(status(lake, exit_code=exit_code)["problems"]) is bool(exit_code)


# Glue's optimizers.


def compaction_of(lake: Deployed, table: str) -> Optimizer:
    (found,) = [one for one in wanted_optimizers(lake.lake) if (one.table, one.kind) == (table, "compaction")]
    return found


def last_run(lake: Deployed, optimizer: Optimizer, **run: str) -> None:
    """What Glue says of the last run of an optimizer."""
    arn = f"arn:aws:glue:{lake.lake.region}:{lake.emulator.account}:table/{optimizer.database}/{optimizer.table}"
    lake.client("glue").tag_resource(ResourceArn=arn, TagsToAdd={EMULATED: json.dumps({optimizer.kind: run})})


def test_exits_with_1_when_glue_has_suspended_an_optimizer(deploy: Deploy) -> None:
    """Without compaction a mirror's reads grow with each commit, and nothing else says that it stopped."""
    lake = loaded(deploy("many-tables"))
    suspended = compaction_of(lake, "customers")
    lake.client("glue").update_table_optimizer(**lake.optimizer(suspended), TableOptimizerConfiguration=lake.enabled(False))
    last_run(lake, suspended, eventType="failed", error="Commit\nconflict")
    assert status(lake, exit_code=1)["problems"] == [
        f"{suspended.database}.customers: compaction is suspended: Commit conflict (mend that; deploy webshop-lake, or"
        " glue:UpdateTableOptimizer with enabled: true, turns it on again)"
    ]
    count = len(wanted_optimizers(lake.lake))
    assert f"Glue's table optimizers: {count - 1} of {count} in order" in lake.run("status").stdout
    (wrong,) = [one for one in status(lake, exit_code=1)["optimizers"] if one["wrong"]]
    assert wrong == {**asdict(suspended), "enabled": False, "last_run": "failed", "error": "Commit conflict", "wrong": True}


@pytest.mark.parametrize(("run", "exit_code"), [("starting", 0), ("in_progress", 0), ("completed", 0), ("failed", 1)])
def test_a_last_run_that_failed_is_a_problem(deploy: Deploy, run: str, exit_code: int) -> None:
    lake = loaded(deploy())
    last_run(lake, compaction_of(lake, "orders"), eventType=run)
    assert [line.split(" (")[0] for line in status(lake, exit_code=exit_code)["problems"]] == [
        "minimal_dev.orders: compaction failed when it last ran"
    ][:exit_code]


def test_exits_with_1_when_an_optimizer_is_not_there(deploy: Deploy) -> None:
    lake = loaded(deploy())
    lake.client("glue").delete_table_optimizer(**lake.optimizer(compaction_of(lake, "orders")))
    assert status(lake, exit_code=1)["problems"] == ["minimal_dev.orders: compaction does not exist (deploy minimal-dev-lake)"]


@pytest.mark.parametrize("lake_file", [file.stem for file in LAKE_FILES])
def test_every_optimizer_of_the_templates_is_looked_at_and_no_other(lake_file: str, synthesised: Mapping[str, Templates]) -> None:
    """Tables that Terraform does not make, and optimizers that the file switches off, have none."""
    made = resources(synthesised[lake_file], "aws_glue_catalog_table_optimizer")
    wanted = wanted_optimizers(load_lake(ROOT / "lakes" / f"{lake_file}.yaml"))
    assert sorted(optimizer["type"] for optimizer in made) == sorted(one.kind for one in wanted)
    assert len(set(wanted)) == len(wanted) > 0


def test_optimizers_of_many_tables_are_read_and_keep_their_order(deploy: Deploy, changed: Change) -> None:
    more = "".join(f"  - {{source: shop.t{n:03}, mode: history, keys: [id], columns: {{id: long}}}}\n" for n in range(20))
    file = changed()
    file.write_text(file.read_text().rstrip() + "\n" + more)
    lake = loaded(deploy(file=file, mappings=table_mappings(load_lake(file))))
    found = [(one["table"], one["kind"]) for one in status(lake)["optimizers"]]
    assert found == [(one.table, one.kind) for one in wanted_optimizers(lake.lake)]
    assert len(found) == 63
