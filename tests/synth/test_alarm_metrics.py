"""Every alarm watches a metric that comes, under exactly its dimensions: from the function's own log, a filter on a log, or AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import load_lake
from constructs_lib.config.names import cluster_identifier
from constructs_lib.config.routes import routes
from functions.firehose_transform.handler import respond
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer
from tests.conftest import ROOT, Templates
from tests.synth.published_metrics import PUBLISHED

Key = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name, and dimensions with their values: what CloudWatch tells metrics apart by."""

# The argument of a resource that holds a dimension's value.
NAMED_BY = {
    "DeliveryStreamName": ("aws_kinesis_firehose_delivery_stream", "name"),
    "FunctionName": ("aws_lambda_function", "function_name"),
    "StreamName": ("aws_kinesis_stream", "name"),
    "DBClusterIdentifier": ("aws_rds_cluster", "cluster_identifier"),
    "RuleName": ("aws_cloudwatch_event_rule", "name"),
    "ReplicationInstanceIdentifier": ("aws_dms_replication_instance", "replication_instance_id"),
}
# DMS names a task by the end of its ARN, which only Terraform knows.
TASK = re.compile(r'\$\{element\(split\(":", data\.\S+aws_dms_replication_task\w+_arn\), 6\)\}')


def resources(templates: Templates, kind: str) -> Iterator[Mapping[str, Any]]:
    for template in templates.values():
        yield from template.get("resource", {}).get(kind, {}).values()


def key(namespace: str, name: str, dimensions: Mapping[str, str]) -> Key:
    return namespace, name, frozenset(dimensions.items())


def extracted(line: str) -> set[Key]:
    """What CloudWatch takes out of a line in Embedded Metric Format: numbers at the top level, under dimensions that are there."""
    document = json.loads(line)
    assert isinstance(document["_aws"]["Timestamp"], int)
    found = set()
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            dimensions = {name: document[name] for name in names}
            for metric in directive["Metrics"]:
                assert isinstance(document[metric["Name"]], (int, float))
                found.add(key(directive["Namespace"], metric["Name"], dimensions))
    return found


def logged(lake: Lake, templates: Templates, capsys: pytest.CaptureFixture[str]) -> set[Key]:
    """What the lake's own functions log about a batch, each run as Firehose would: with the name of the stream that Terraform makes."""
    found = set()
    streams = sorted(stream["name"] for stream in resources(templates, "aws_kinesis_firehose_delivery_stream"))
    for delivery in lake.deliveries:
        transformer = Transformer(parse_routes(json.dumps(routes(lake, delivery))), hash_key=b"key")
        for stream in streams:
            arn = f"arn:aws:firehose:{lake.region}:123456789012:deliverystream/{stream}"
            respond({"invocationId": "1", "deliveryStreamArn": arn, "records": []}, transformer)
            found |= extracted(capsys.readouterr().out)
    return found


def test_every_alarm_watches_a_metric_that_comes(lake_name: str, templates: Templates, capsys: pytest.CaptureFixture[str]) -> None:
    """Renaming a metric or a dimension on one side alone leaves an alarm that nothing can wake."""
    lake = load_lake(ROOT / "lakes" / f"{lake_name}.yaml")
    own = logged(lake, templates, capsys)
    for transformation in (one["metric_transformation"] for one in resources(templates, "aws_cloudwatch_log_metric_filter")):
        own.add(key(transformation["namespace"], transformation["name"], transformation.get("dimensions", {})))

    alarms = list(resources(templates, "aws_cloudwatch_metric_alarm"))
    assert len(alarms) > 10
    for alarm in alarms:
        watched = key(alarm["namespace"], alarm["metric_name"], alarm.get("dimensions", {}))
        if not alarm["namespace"].startswith("AWS/"):
            assert watched in own, f"{alarm['alarm_name']}: nothing writes {watched}"
            continue
        assert watched[:2] in PUBLISHED, f"{alarm['alarm_name']}: AWS publishes no {watched[:2]}, or its page is not yet in the list"
        published = PUBLISHED[watched[:2]]
        assert set(alarm["dimensions"]) == published.dimensions, alarm["alarm_name"]
        assert alarm["treat_missing_data"] == "notBreaching" or not published.only_when, alarm["alarm_name"]
        for dimension, value in alarm["dimensions"].items():
            assert exists(dimension, value, lake, templates), f"{alarm['alarm_name']}: no {dimension} {value}"


def exists(dimension: str, value: str, lake: Lake, templates: Templates) -> bool:
    """Whether the lake's templates make what a dimension names, or the lake file says that it is there."""
    if dimension == "ReplicationTaskIdentifier":
        return TASK.fullmatch(value) is not None
    if dimension == "DBClusterIdentifier" and lake.source.existing is not None:
        return value == cluster_identifier(lake)
    kind, argument = NAMED_BY[dimension]
    return value in {resource[argument] for resource in resources(templates, kind)}


def test_each_counter_of_trouble_is_alarmed(templates: Templates, capsys: pytest.CaptureFixture[str]) -> None:
    """What the function counts is either the ordinary course of things, or somebody is told."""
    empty = {"version": 1, "unrouted": "drop", "other_deliveries": [], "before_image": None, "position_epoch": 0, "routes": []}
    respond({"records": []}, Transformer(parse_routes(json.dumps(empty))))
    counted = {name for _, name, _ in extracted(capsys.readouterr().out)}
    ordinary = {"Records", "Ok", "Dropped", "KeyChanged", "ResponseBytes", "DurationMs"}
    alarmed = {alarm["metric_name"] for alarm in resources(templates, "aws_cloudwatch_metric_alarm")}
    assert counted - ordinary == counted & alarmed
