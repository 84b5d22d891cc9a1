"""One line per invocation for CloudWatch: counters in Embedded Metric Format, and enough to find what failed. Never a row value."""

import json
from collections import Counter
from collections.abc import Sequence

from .outcome import Delivered, Delivery, Dropped, Outcome, Reason

NAMESPACE = "Moulin/Transform"
MAX_FAILED_LISTED = 20
NO_TABLE = "no table of the lake"
"""Stands for the table of a record whose name resembles none: the name itself came with the record and stays out of the log."""

_UNITS = {"ResponseBytes": "Bytes", "DurationMs": "Milliseconds"}


def log_line(
    delivery_stream: str,
    invocation_id: str,
    record_ids: Sequence[str],
    outcomes: Sequence[Outcome],
    response_bytes: int,
    timestamp_ms: int,
    duration_ms: float,
) -> str:
    """Returns the JSON line of one invocation.

    All names in it come from the routes file or from Firehose, all reasons from `Reason`: nothing out of a record's data can reach the log.

    Args:
        delivery_stream: the metric dimension.
        timestamp_ms: when the invocation ended, epoch milliseconds.
    """
    delivered: Counter[Delivery] = Counter()
    dropped: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    unrouted: Counter[str] = Counter()
    changed = fallback = 0
    listed: list[dict[str, str | None]] = []
    for record_id, outcome in zip(record_ids, outcomes, strict=True):
        if isinstance(outcome, Delivered):
            _, delivery, unknown_columns, key_changed, fallback_position = outcome
            delivered[delivery] += 1
            if unknown_columns:
                unknown[delivery.table] += unknown_columns
            changed += key_changed
            fallback += fallback_position
            continue
        if outcome.reason is Reason.UNROUTED:
            unrouted[outcome.table or NO_TABLE] += 1
        if isinstance(outcome, Dropped):
            dropped[outcome.reason] += 1
        else:
            failed[outcome.reason] += 1
            if len(listed) < MAX_FAILED_LISTED:
                listed.append({"recordId": record_id, "reason": outcome.reason, "table": outcome.table, "column": outcome.column})
    metrics = {
        "Records": len(outcomes),
        "Ok": delivered.total(),
        "Dropped": dropped.total(),
        "ProcessingFailed": failed.total(),
        "Unrouted": unrouted.total(),
        "UnknownColumns": unknown.total(),
        "KeyChanged": changed + failed[Reason.KEY_CHANGED],
        "FallbackPositions": fallback,
        "ResponseBytes": response_bytes,
        "DurationMs": round(duration_ms, 3),
    }
    tables: dict[str, dict[str, int]] = {}
    for delivery, count in sorted(delivered.items(), key=lambda item: (item[0].table, item[0].operation)):
        tables.setdefault(delivery.table, {})[delivery.operation] = count
    definitions = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in metrics]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["DeliveryStream"]], "Metrics": definitions}
    line = {
        "_aws": {"Timestamp": timestamp_ms, "CloudWatchMetrics": [directive]},
        "DeliveryStream": delivery_stream,
        "invocationId": invocation_id,
        **metrics,
        "dropped": dict(sorted(dropped.items())),
        "failures": dict(sorted(failed.items())),
        "tables": tables,
        "unknown": dict(sorted(unknown.items())),
        "unrouted": dict(sorted(unrouted.items())),
        "failed": listed,
    }
    return json.dumps(line, separators=(",", ":"))
