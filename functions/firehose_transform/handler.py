"""The Lambda entry point: an event of Firehose in, its response out, one log line on standard output."""

import pkgutil
import time
from collections.abc import Mapping
from functools import cache

from .hash_key import read_hash_key
from .metrics import log_line
from .response import build
from .routes import RoutesError, parse_routes
from .transform import Transformer


class EventError(ValueError):
    """The event is not one that Firehose sends. Raised, because without record ids there is nothing to answer with."""


def lambda_handler(event: Mapping[str, object], _context: object) -> dict[str, object]:
    """Transforms one batch by the routes file that lies beside this module.

    Args:
        event: Firehose's transformation event.

    Raises:
        EventError: the event holds no records, or one without an id.
        RoutesError: the routes file is missing or not supported.
        HashKeyError: a column is hashed and the key cannot be read.
    """
    return respond(event, _transformer())


def respond(event: Mapping[str, object], transformer: Transformer) -> dict[str, object]:
    """Transforms one batch and writes its log line.

    The response depends on the event and the routes alone: the clock is read only for the log line.

    Raises:
        EventError: the event holds no records, or one without an id.
    """
    started = time.perf_counter()
    records = event.get("records")
    if not isinstance(records, list):
        raise EventError("the event has no list of records")
    if not all(isinstance(record, dict) and isinstance(record.get("recordId"), str) for record in records):
        raise EventError("the event has a record without a recordId")
    record_ids = [record["recordId"] for record in records]
    response = build(records, record_ids, [transformer.record(record) for record in records])
    line = log_line(
        delivery_stream=str(event.get("deliveryStreamArn", "")).rpartition("/")[2] or "unknown",
        invocation_id=str(event.get("invocationId", "")),
        record_ids=record_ids,
        outcomes=response.outcomes,
        response_bytes=response.size,
        timestamp_ms=time.time_ns() // 1_000_000,
        duration_ms=(time.perf_counter() - started) * 1_000,
    )
    print(line, flush=True)
    return {"records": response.entries}


@cache
def _transformer() -> Transformer:
    """Built once per process. A failure is not kept, so the next invocation tries again."""
    try:
        text = pkgutil.get_data(__package__, "routes.json")
    except OSError:
        text = None
    if text is None:
        raise RoutesError("routes.json is not beside handler.py: it is generated at synthesis, into the function's zip")
    routes = parse_routes(text.decode())
    return Transformer(routes, read_hash_key() if routes.needs_hash_key else None)
