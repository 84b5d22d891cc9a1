"""The dashboard: one graph per alarm."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

from constructs_lib.alarm_rules import delivery_alarms, source_alarms
from constructs_lib.alarms import AlarmRule, Metric
from constructs_lib.dashboard import LakeDashboard
from tests.conftest import only
from tests.constructs.conftest import Bench

RULE = AlarmRule("errors", Metric("AWS/Lambda", "Errors", {"FunctionName": "fn", "Alias": "live"}, "Sum", "calls"), 0, "Errors.")


def widgets(bench: Bench, *rules: AlarmRule) -> list[dict[str, Any]]:
    LakeDashboard(bench.stack(), "dashboard", name="shop-dev", rules=rules)
    dashboard = only(bench.synth(), "aws_cloudwatch_dashboard")
    assert dashboard["dashboard_name"] == "shop-dev"
    return list(json.loads(dashboard["dashboard_body"])["widgets"])


def test_graph_shows_the_metric_of_its_alarm_with_the_threshold(bench: Bench) -> None:
    (widget,) = widgets(bench, RULE)
    assert widget["properties"] == {
        "title": "errors (calls)",
        "region": "eu-west-1",
        "metrics": [["AWS/Lambda", "Errors", "FunctionName", "fn", "Alias", "live"]],
        "stat": "Sum",
        "period": 300,
        "annotations": {"horizontal": [{"label": "alarm", "value": 0}]},
    }


def test_graphs_stand_in_the_order_of_the_rules_and_do_not_overlap(bench: Bench) -> None:
    rules = [
        *source_alarms(cluster_identifier="c", local_storage=True),
        *(
            rule
            for name in ("a", "b")
            for rule in delivery_alarms(delivery=name, firehose_name="f", function_name="g", freshness_seconds=900, retention_hours=24)
        ),
    ]
    found = widgets(bench, *rules)
    assert [widget["properties"]["title"].split(" ")[0] for widget in found] == [rule.name for rule in rules]
    places = [(widget["x"], widget["y"], widget["width"], widget["height"]) for widget in found]
    assert all(x + width <= 24 for x, _, width, _ in places)
    for (x, y, width, height), (other_x, other_y, _, _) in combinations(places, 2):
        assert other_y >= y + height or other_x >= x + width or other_x < x


def test_dashboard_without_rules_is_empty(bench: Bench) -> None:
    assert widgets(bench) == []
