"""How far each part of the path is behind: the same metrics that the alarms watch (constructs_lib/alarm_rules.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from constructs_lib.config.capture import CaptureMode
from constructs_lib.config.lake import Lake
from constructs_lib.config.names import capture_name, firehose_name
from scripts.task.aws import Aws
from scripts.task.state import Kind, TaskState

WINDOW_MINUTES = 15
PERIOD_SECONDS = 60
_FIREHOSE = "AWS/Firehose"


@dataclass(frozen=True)
class LagMetric:
    """A metric that says how old something is.

    Attributes:
        key: its name in JSON.
        label: its name for people.
        namespace: CloudWatch's, and so on.
        per_second: what a second counts in its unit.
    """

    key: str
    label: str
    namespace: str
    name: str
    dimensions: Mapping[str, str]
    per_second: float = 1.0


@dataclass(frozen=True)
class Lag:
    """The latest value of a metric; None where there is no data in the last minutes."""

    metric: LagMetric
    seconds: float | None = None
    at: datetime | None = None


def lag_metrics(lake: Lake, state: TaskState) -> list[LagMetric]:
    """What tells the lag of a lake, in the order in which rows travel.

    DMS Serverless is left out: under which dimensions it publishes is not confirmed. A task that only loads has no latency.
    """
    metrics = []
    if state.kind is Kind.INSTANCE and state.mode is not CaptureMode.FULL_LOAD:
        # DMS's metrics name a task by the end of its ARN
        task = {"ReplicationInstanceIdentifier": capture_name(lake), "ReplicationTaskIdentifier": state.arn.split(":")[6]}
        metrics += [
            LagMetric("capture_source", "DMS behind the source", "AWS/DMS", "CDCLatencySource", task),
            LagMetric("capture_target", "the stream behind the source", "AWS/DMS", "CDCLatencyTarget", task),
        ]
    for delivery in lake.deliveries:
        name, key = firehose_name(lake, delivery), delivery.name
        stream = {"DeliveryStreamName": name}
        metrics += [
            LagMetric(f"delivery_behind.{key}", f"{name} behind the stream", _FIREHOSE, "KinesisMillisBehindLatest", stream, 1000),
            LagMetric(
                f"delivery_freshness.{key}", f"oldest undelivered row of {name}", _FIREHOSE, "DeliveryToIceberg.DataFreshness", stream
            ),
        ]
    return metrics


def read_lags(aws: Aws, metrics: Sequence[LagMetric], *, now: datetime | None = None) -> list[Lag]:
    """The latest maximum of each metric of the last minutes, in one call."""
    until = now or datetime.now(UTC)
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": f"m{index}",
                "MetricStat": {
                    "Metric": {
                        "Namespace": metric.namespace,
                        "MetricName": metric.name,
                        "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions.items()],
                    },
                    "Period": PERIOD_SECONDS,
                    "Stat": "Maximum",
                },
            }
            for index, metric in enumerate(metrics)
        ],
        StartTime=until - timedelta(minutes=WINDOW_MINUTES),
        EndTime=until,
        ScanBy="TimestampDescending",
    )
    results = {result["Id"]: result for result in answer["MetricDataResults"]}
    return [_latest(metric, results.get(f"m{index}", {})) for index, metric in enumerate(metrics)]


def _latest(metric: LagMetric, result: Mapping[str, Any]) -> Lag:
    points = sorted(zip(result.get("Timestamps", ()), result.get("Values", ()), strict=True))
    if not points:
        return Lag(metric)
    at, value = points[-1]
    return Lag(metric, seconds=value / metric.per_second, at=at)
