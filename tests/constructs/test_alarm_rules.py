"""Which alarms there are, and why."""

from __future__ import annotations

import pytest

from constructs_lib.alarm_rules import capture_alarms, delivery_alarms, source_alarms, stream_alarms
from constructs_lib.alarms import PERIOD_SECONDS, AlarmRule
from constructs_lib.config.lake import OperationsConfig


def delivery_rules(**config: int) -> dict[str, AlarmRule]:
    rules = delivery_alarms(delivery="iceberg", firehose_name="shop-fh", function_name="shop-fn", config=OperationsConfig(**config))
    return {rule.name: rule for rule in rules}


def every_rule() -> list[AlarmRule]:
    return [
        *delivery_rules().values(),
        *stream_alarms(stream_name="shop-cdc", retention_hours=168),
        *capture_alarms(dimensions={"ReplicationTaskIdentifier": "x"}, latency_seconds=600),
        *source_alarms(cluster_identifier="shop-source"),
    ]


def test_delivery_watches_freshness_failures_and_its_function() -> None:
    """The original had no alarm at all."""
    assert list(delivery_rules()) == [
        "iceberg-freshness",
        "iceberg-failed-rows",
        "iceberg-function-errors",
        "iceberg-function-throttles",
        "iceberg-refused-records",
        "iceberg-unknown-columns",
        "iceberg-fallback-positions",
    ]


def test_freshness_takes_its_threshold_from_the_file() -> None:
    assert delivery_rules()["iceberg-freshness"].threshold == 900
    assert delivery_rules(delivery_freshness_seconds=60)["iceberg-freshness"].threshold == 60


def test_a_single_lost_row_or_failed_call_wakes_somebody() -> None:
    rules = delivery_rules()
    assert {name for name, rule in rules.items() if rule.threshold == 0} == set(rules) - {"iceberg-freshness"}


def test_metrics_name_what_they_belong_to() -> None:
    rules = delivery_rules()
    assert rules["iceberg-freshness"].metric.dimensions == {"DeliveryStreamName": "shop-fh"}
    assert rules["iceberg-function-errors"].metric.dimensions == {"FunctionName": "shop-fn"}


@pytest.mark.parametrize(("hours", "milliseconds"), [(24, 6 * 3600 * 1000), (168, 42 * 3600 * 1000), (8760, 2190 * 3600 * 1000)])
def test_iterator_age_wakes_at_a_quarter_of_the_retention(hours: int, milliseconds: int) -> None:
    age, throttled = stream_alarms(stream_name="shop-cdc", retention_hours=hours)
    assert (age.threshold, age.metric.statistic) == (milliseconds, "Maximum")
    assert throttled.metric.name == "WriteProvisionedThroughputExceeded"


def test_capture_watches_both_sides_and_does_not_wake_while_it_is_stopped() -> None:
    source, target = capture_alarms(dimensions={"ReplicationTaskIdentifier": "x"}, latency_seconds=120)
    assert (source.metric.name, target.metric.name) == ("CDCLatencySource", "CDCLatencyTarget")
    assert {rule.threshold for rule in (source, target)} == {120}
    assert {rule.no_data for rule in (source, target)} == {"missing"}


def test_source_watches_storage_from_below_and_the_binlog_from_above() -> None:
    rules = {rule.name: rule for rule in source_alarms(cluster_identifier="shop-source")}
    assert {name: rule.below for name, rule in rules.items()} == {
        "source-storage": True,
        "source-local-storage": True,
        "source-binlog-size": False,
    }
    assert {tuple(rule.metric.dimensions.items()) for rule in rules.values()} == {(("DBClusterIdentifier", "shop-source"),)}


@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.name)
def test_every_rule_says_why_in_words_and_lasts_whole_periods(rule: AlarmRule) -> None:
    assert len(rule.why) > 40
    assert rule.why.endswith(".")
    assert len(rule.why) <= 1024
    assert rule.minutes * 60 % PERIOD_SECONDS == 0
    assert rule.no_data in {"missing", "ignore", "breaching", "notBreaching"}
    assert rule.metric.statistic in {"Maximum", "Minimum", "Sum", "Average"}


def test_names_of_all_rules_differ() -> None:
    names = [rule.name for rule in every_rule()]
    assert len(names) == len(set(names))
