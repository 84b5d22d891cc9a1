"""The freshness alarm: never below what a healthy delivery reaches."""

from __future__ import annotations

import pytest

from constructs_lib.config.freshness import freshness_threshold, oldest_in_health
from constructs_lib.config.load import load_lake
from tests.config.support import lake, mistakes
from tests.conftest import LAKE_FILES, ROOT


def thresholds(change: str) -> list[int]:
    made = lake(change)
    return [freshness_threshold(made.operations, delivery) for delivery in made.deliveries]


@pytest.mark.parametrize(
    ("transform", "delivery", "seconds"),
    [(60, 60, 900), (0, 0, 900), (60, 540, 900), (60, 541, 901), (60, 900, 1260), (900, 900, 2100)],
)
def test_default_follows_from_the_buffers(transform: int, delivery: int, seconds: int) -> None:
    buffers = f"{{buffering_interval_seconds: {delivery}, transform: {{buffering_interval_seconds: {transform}}}}}"
    assert thresholds(f"deliveries: [{buffers}]") == [seconds]


def test_each_delivery_has_its_own() -> None:
    deliveries = "[{name: a, database: a}, {name: b, database: b, buffering_interval_seconds: 900}]"
    assert thresholds(f"deliveries: {deliveries}") == [900, 1260]


@pytest.mark.parametrize(("given", "is_good"), [(1259, False), (1260, True), (1261, True)])
def test_fails_when_a_given_threshold_is_below_the_slowest_delivery(given: int, is_good: bool) -> None:
    deliveries = "deliveries: [{name: a, database: a}, {name: b, database: b, buffering_interval_seconds: 900}]"
    found = mistakes(f"{deliveries}\noperations: {{delivery_freshness_seconds: {given}}}")
    assert (
        found == []
        if is_good
        else [
            "operations.delivery_freshness_seconds must be at least 1260 seconds, got 1259: deliveries[1] (b) holds rows back for 60 + 900"
            " seconds, and the alarm looks every 300 (raise it, or remove it for the default)"
        ]
    )


def test_given_threshold_is_for_every_delivery() -> None:
    assert thresholds("operations: {delivery_freshness_seconds: 420}") == [420]


def test_no_example_rings_in_health() -> None:
    for file in LAKE_FILES:
        made = load_lake(ROOT / file)
        for delivery in made.deliveries:
            assert freshness_threshold(made.operations, delivery) >= oldest_in_health(delivery)
