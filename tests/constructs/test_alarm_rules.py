"""Which alarms there are, and why."""

from __future__ import annotations

import pytest

from constructs_lib.alarm_rules import capture_alarms, delivery_alarms, event_alarms, source_alarms, stream_alarms, truncation_alarms
from constructs_lib.alarms import AlarmRule
from constructs_lib.defaults.limits import ALARM_PERIOD_SECONDS


def delivery_rules(*, freshness_seconds: int = 900, retention_hours: int = 168) -> dict[str, AlarmRule]:
    rules = delivery_alarms(
        delivery="iceberg",
        firehose_name="shop-fh",
        function_name="shop-fn",
        freshness_seconds=freshness_seconds,
        retention_hours=retention_hours,
    )
    return {rule.name: rule for rule in rules}


def every_rule() -> list[AlarmRule]:
    return [
        *delivery_rules().values(),
        *stream_alarms(stream_name="shop-cdc"),
        *event_alarms(rule_name="shop-capture-events"),
        *truncation_alarms(metric_name="shop-capture-truncated"),
        *capture_alarms(dimensions={"ReplicationTaskIdentifier": "x"}, latency_seconds=600),
        *source_alarms(cluster_identifier="shop-source", local_storage=True),
    ]


def test_delivery_watches_freshness_failures_and_its_function() -> None:
    """The original had no alarm at all."""
    assert list(delivery_rules()) == [
        "iceberg-behind",
        "iceberg-freshness",
        "iceberg-failed-rows",
        "iceberg-function-errors",
        "iceberg-function-throttles",
        "iceberg-refused-records",
        "iceberg-unknown-columns",
        "iceberg-unrouted",
        "iceberg-fallback-positions",
    ]


def test_freshness_takes_the_threshold_that_it_is_given() -> None:
    assert delivery_rules(freshness_seconds=1260)["iceberg-freshness"].threshold == 1260


def test_a_single_lost_row_or_failed_call_wakes_somebody() -> None:
    rules = delivery_rules()
    assert {name for name, rule in rules.items() if rule.threshold == 0} == set(rules) - {"iceberg-behind", "iceberg-freshness"}


def test_metrics_name_what_they_belong_to() -> None:
    rules = delivery_rules()
    assert rules["iceberg-freshness"].metric.dimensions == {"DeliveryStreamName": "shop-fh"}
    assert rules["iceberg-function-errors"].metric.dimensions == {"FunctionName": "shop-fn"}


@pytest.mark.parametrize(("hours", "milliseconds"), [(24, 6 * 3600 * 1000), (168, 42 * 3600 * 1000), (8760, 2190 * 3600 * 1000)])
def test_delivery_wakes_when_it_is_a_quarter_of_the_retention_behind(hours: int, milliseconds: int) -> None:
    """Its own lag, and not the age at which any reader of the stream reads."""
    behind = delivery_rules(retention_hours=hours)["iceberg-behind"]
    assert (behind.threshold, behind.metric.statistic) == (milliseconds, "Maximum")
    assert (behind.metric.namespace, behind.metric.name) == ("AWS/Firehose", "KinesisMillisBehindLatest")
    assert behind.metric.dimensions == {"DeliveryStreamName": "shop-fh"}


def test_delivery_that_stops_reading_is_told_and_one_that_never_read_is_not() -> None:
    """Without data there is no state to compare: one that goes from OK to INSUFFICIENT_DATA says so, one that begins there does not."""
    behind = delivery_rules()["iceberg-behind"]
    assert (behind.no_data, behind.tell_silence) == ("missing", True)
    assert [rule.name for rule in every_rule() if rule.tell_silence] == ["iceberg-behind"]


def test_stream_watches_what_it_refuses() -> None:
    (throttled,) = stream_alarms(stream_name="shop-cdc")
    assert throttled.metric.name == "WriteProvisionedThroughputExceeded"


def test_message_that_eventbridge_cannot_publish_wakes_somebody() -> None:
    (rule,) = event_alarms(rule_name="shop-capture-events")
    metric = rule.metric
    assert (metric.namespace, metric.name, metric.dimensions) == ("AWS/Events", "FailedInvocations", {"RuleName": "shop-capture-events"})
    assert (rule.threshold, rule.minutes) == (0, 5)


def test_one_line_about_a_truncated_value_wakes_somebody() -> None:
    (rule,) = truncation_alarms(metric_name="shop-capture-truncated")
    assert (rule.metric.namespace, rule.metric.name, rule.metric.dimensions) == ("Moulin/Capture", "shop-capture-truncated", {})
    assert (rule.threshold, rule.minutes, rule.metric.statistic) == (0, 5, "Sum")


def test_capture_watches_both_sides_and_does_not_wake_while_it_is_stopped() -> None:
    source, target = capture_alarms(dimensions={"ReplicationTaskIdentifier": "x"}, latency_seconds=120)
    assert (source.metric.name, target.metric.name) == ("CDCLatencySource", "CDCLatencyTarget")
    assert {rule.threshold for rule in (source, target)} == {120}
    assert {rule.no_data for rule in (source, target)} == {"missing"}


def test_source_watches_storage_from_below_and_the_binlog_from_above() -> None:
    rules = {rule.name: rule for rule in source_alarms(cluster_identifier="shop-source", local_storage=True)}
    assert {name: rule.below for name, rule in rules.items()} == {
        "source-storage": True,
        "source-local-storage": True,
        "source-binlog-size": False,
    }
    assert {tuple(rule.metric.dimensions.items()) for rule in rules.values()} == {(("DBClusterIdentifier", "shop-source"),)}


def test_instances_without_a_metric_of_local_storage_have_no_alarm_on_it() -> None:
    rules = source_alarms(cluster_identifier="shop-source", local_storage=False)
    assert [rule.name for rule in rules] == ["source-storage", "source-binlog-size"]


@pytest.mark.parametrize("rule", every_rule(), ids=lambda rule: rule.name)
def test_every_rule_says_why_in_words_and_lasts_whole_periods(rule: AlarmRule) -> None:
    assert len(rule.why) > 40
    assert rule.why.endswith(".")
    assert len(rule.why) <= 1024
    assert rule.minutes * 60 % ALARM_PERIOD_SECONDS == 0
    assert rule.no_data in {"missing", "ignore", "breaching", "notBreaching"}
    assert rule.metric.statistic in {"Maximum", "Minimum", "Sum", "Average"}


def test_names_of_all_rules_differ() -> None:
    names = [rule.name for rule in every_rule()]
    assert len(names) == len(set(names))
