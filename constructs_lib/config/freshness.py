"""How old rows are in health, and from when on they are too old: Firehose holds them back in two buffers, one after the other."""

from __future__ import annotations

from constructs_lib.config.delivery import DeliveryConfig
from constructs_lib.config.lake import OperationsConfig
from constructs_lib.defaults import limits


def oldest_in_health(delivery: DeliveryConfig) -> int:
    """Seconds that a row may wait while nothing is wrong: the transform's buffer, the delivery's, and one period of the alarm."""
    return delivery.transform.buffering_interval_seconds + delivery.buffering_interval_seconds + limits.ALARM_PERIOD_SECONDS


def freshness_threshold(operations: OperationsConfig, delivery: DeliveryConfig) -> int:
    """Seconds above which a delivery's oldest undelivered row wakes somebody."""
    if operations.delivery_freshness_seconds is not None:
        return operations.delivery_freshness_seconds
    return max(limits.DELIVERY_FRESHNESS_SECONDS.int_default, oldest_in_health(delivery))
