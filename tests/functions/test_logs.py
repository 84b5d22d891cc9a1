"""The log line: counters that CloudWatch reads, enough to find a failure, and never anything out of a row."""

import itertools
import json

import pytest

from functions.firehose_transform.handler import EventError, respond
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer

CANARY = "CANARY7391"


def test_counts_what_became_of_the_batch(dms, routes_document, transform, log):
    transform(
        routes_document,
        *map(dms, ("load", "insert", "insert", "update", "delete", "control_add_column", "postgres_update", "update_key_changed")),
        b"{",
        dms("table_name_with_blank"),
    )
    line = log()
    directive = line["_aws"]["CloudWatchMetrics"][0]
    assert directive["Namespace"] == "Moulin/Transform"
    assert directive["Dimensions"] == [["DeliveryStream"]]
    assert line["DeliveryStream"] == "retail-delivery"
    assert line["_aws"]["Timestamp"] > 1_700_000_000_000
    metrics = {metric["Name"]: (metric["Unit"], line[metric["Name"]]) for metric in directive["Metrics"]}
    assert metrics.pop("ResponseBytes")[0] == "Bytes"
    assert metrics.pop("DurationMs")[0] == "Milliseconds"
    assert metrics == {
        "Records": ("Count", 10),
        "Ok": ("Count", 6),
        "Dropped": ("Count", 2),
        "ProcessingFailed": ("Count", 2),
        "Unrouted": ("Count", 1),
        "UnknownColumns": ("Count", 0),
        "KeyChanged": ("Count", 1),
        "FallbackPositions": ("Count", 0),
    }
    assert line["tables"] == {
        "cdc_iceberg_demo_db.orders_history": {"update": 1},
        "cdc_iceberg_demo_db.retail_trans_iceberg": {"delete": 1, "insert": 2, "load": 1, "update": 1},
    }
    assert line["dropped"] == {"control": 1, "unrouted": 1}
    assert line["unrouted"] == {"no table of the lake": 1}
    assert line["failures"] == {"invalid_json": 1, "key_changed": 1}
    assert [(item["recordId"], item["reason"]) for item in line["failed"]] == [("7", "key_changed"), ("8", "invalid_json")]


def test_lists_only_the_first_failures(routes_document, transform, log):
    transform(routes_document, *[b"{"] * 50)
    line = log()
    assert [item["recordId"] for item in line["failed"]] == [str(number) for number in range(20)]
    assert line["failures"] == {"invalid_json": 50}


def test_the_clock_is_in_the_log_and_not_in_the_answer(dms, routes_document, firehose_event):
    routes_document["routes"][0]["mode"] = "history"
    event = firehose_event(map(dms, ("load", "insert", "update", "delete", "postgres_update")))
    answers = [json.dumps(respond(event, Transformer(parse_routes(json.dumps(routes_document))))) for _ in range(2)]
    assert answers[0] == answers[1]


def _with_canary(message: bytes):
    """Yields a message with the canary in the place of each value, and of each name, one at a time; as text, as number, nested, in junk."""
    document = json.loads(message)

    def places(node, path=()):
        for key, value in node.items():
            yield (*path, key)
            if isinstance(value, dict):
                yield from places(value, (*path, key))

    for path in places(document):
        for value in (CANARY, f"2024-01-01T00:00:00 {CANARY}", [CANARY], {CANARY: CANARY}, f"\ud800{CANARY}", 7391739173917391739173917391):
            changed = json.loads(message)
            parent = changed
            for step in path[:-1]:
                parent = parent[step]
            parent[path[-1]] = value
            yield json.dumps(changed).encode()
        changed = json.loads(message)
        parent = changed
        for step in path[:-1]:
            parent = parent[step]
        parent[f"{path[-1]}{CANARY}"] = parent.pop(path[-1])
        yield json.dumps(changed).encode()
    for cut in range(0, len(message), 7):
        yield message[:cut] + CANARY.encode()
        yield message[:cut] + CANARY.encode() + message[cut:]


@pytest.mark.parametrize("name", ["load", "insert", "update_key_changed", "delete", "postgres_update", "control_with_details"])
@pytest.mark.parametrize("mode", ["mirror", "history"])
@pytest.mark.parametrize("strict", [False, True])
def test_no_value_ever_reaches_the_logs(dms, routes_document, firehose_event, capfd, name, mode, strict):
    routes_document["routes"][0]["mode"] = mode
    routes_document["routes"][0]["columns"][3]["hash"] = True
    if strict:
        routes_document["unrouted"] = "fail"
        for route in routes_document["routes"]:
            route["unknown_columns"] = "freeze"
    transformer = Transformer(parse_routes(json.dumps(routes_document)), b"key", learn_after=1)
    reasons = set()
    for batch in itertools.batched(_with_canary(dms(name)), 15) if hasattr(itertools, "batched") else [list(_with_canary(dms(name)))]:
        respond(firehose_event(batch), transformer)
    captured = capfd.readouterr()
    assert CANARY not in captured.out + captured.err
    assert "7391739" not in captured.out + captured.err
    for line in captured.out.splitlines():
        reasons |= json.loads(line)["failures"].keys()
    assert "unexpected" not in reasons
    if name != "control_with_details":
        assert {"invalid_json", "invalid_metadata"} <= reasons


def test_a_malformed_event_is_reported_without_its_content(routes_document):
    transformer = Transformer(parse_routes(json.dumps(routes_document)))
    with pytest.raises(EventError) as raised:
        respond({"records": [{"recordId": 1, "data": CANARY}]}, transformer)
    assert CANARY not in str(raised.value)
