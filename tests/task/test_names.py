"""The commands look for what the templates make: a test here fails when either side renames."""

from __future__ import annotations

from typing import Any

from constructs_lib.config.load import load_lake
from scripts.task.lag import lag_metrics
from scripts.task.state import Kind, TaskState
from tests.conftest import ROOT, Templates
from tests.task.conftest import Deploy
from tests.task.deployed import resources


def test_start_finds_everything_that_the_templates_name(deploy: Deploy, lake_name: str) -> None:
    lake = deploy(lake_name)
    started = lake.run("start")
    assert (started.exit_code, started.stderr) == (0, "")
    lake.until("running")


def test_lag_is_read_from_the_metrics_that_the_alarms_watch(templates: Templates, lake_name: str) -> None:
    lake = load_lake(ROOT / "lakes" / f"{lake_name}.yaml")
    kind = Kind.INSTANCE if lake.capture.serverless is None else Kind.SERVERLESS
    arn = "arn:aws:dms:us-east-1:123456789012:task:ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    state = TaskState("task", arn, kind, lake.capture.mode, "running")
    alarms = [
        (alarm["namespace"], alarm["metric_name"], read(alarm.get("dimensions", {})))
        for alarm in resources(templates, "aws_cloudwatch_metric_alarm")
    ]
    metrics = lag_metrics(lake, state)
    assert [metric for metric in metrics if (metric.namespace, metric.name, metric.dimensions) not in alarms] == []
    assert len(metrics) == (2 if kind is Kind.INSTANCE else 0) + 2 * len(lake.deliveries)


def read(dimensions: dict[str, Any]) -> dict[str, str]:
    """A task is named by the seventh part of its ARN, which only an apply knows."""
    return {
        name: "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if value.startswith('${element(split(":"') and value.endswith(", 6)}") else value
        for name, value in dimensions.items()
    }
