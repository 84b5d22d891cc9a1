"""Rules about alarms: none that rings in health."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.config.freshness import oldest_in_health
from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import Path, Problem
from constructs_lib.defaults import limits


def check_freshness(lake: Lake) -> Iterator[Problem]:
    """A row may be as old as the buffers make it: a lower threshold wakes somebody in every quiet hour."""
    given = lake.operations.delivery_freshness_seconds
    if given is None:
        return
    position, slowest = max(enumerate(lake.deliveries), key=lambda one: oldest_in_health(one[1]))
    if given >= oldest_in_health(slowest):
        return
    buffers = f"{slowest.transform.buffering_interval_seconds} + {slowest.buffering_interval_seconds}"
    message = (
        f"must be at least {oldest_in_health(slowest)} seconds, got {given}: deliveries[{position}] ({slowest.name}) holds rows back for"
        f" {buffers} seconds, and the alarm looks every {limits.ALARM_PERIOD_SECONDS} (raise it, or remove it for the default)"
    )
    here: Path = ("deliveries", position)
    reads: tuple[Path, ...] = ((*here, "buffering_interval_seconds"), (*here, "transform", "buffering_interval_seconds"))
    yield Problem(("operations", "delivery_freshness_seconds"), message, reads=reads)
