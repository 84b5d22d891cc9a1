"""The response holds every id and stays within Lambda's limit, however large the rows."""

import json
import os
from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.firehose_transform.handler import respond
from functions.firehose_transform.outcome import Delivered, Delivery, Dropped, Failed, Reason
from functions.firehose_transform.response import MAX_RESPONSE_BYTES, build
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import MAX_ROW_BYTES, Transformer

DELIVERY = Delivery("db", "t", "insert", "update")
FIREHOSE_MAX_LAMBDA_BUFFER = 3 * 1024 * 1024


def _size(response) -> int:
    return len(json.dumps({"records": response.entries}))


def _build(outcomes, originals=None):
    records = [{"data": original} for original in originals or [""] * len(outcomes)]
    return build(records, [str(number) for number in range(len(outcomes))], outcomes)


@pytest.mark.parametrize("ids", [[], ["a"], ["a", "b"], ["\u00e9", '"', "\U0001f600"]])
def test_the_size_is_that_of_the_serialised_response(ids):
    outcomes = [Delivered(b"{}", DELIVERY), Failed(Reason.NO_DATA), Dropped(Reason.CONTROL)][: len(ids)]
    response = build([{"data": "YQ=="}] * len(ids), ids, outcomes)
    assert response.size == _size(response)


@pytest.mark.parametrize(("spare", "delivered"), [(-1, 2), (0, 3), (1, 3)])
def test_a_row_fits_to_the_last_byte(spare, delivered):
    unit = 3 * 100_000
    fixed = _size(_build([Delivered(b"", DELIVERY)] * 3))
    rest = (MAX_RESPONSE_BYTES - fixed) // 2 // 4 * 3
    rows = [b"x" * rest, b"x" * unit, b""]
    taken = fixed + sum(len(b64encode(row)) for row in rows)
    last = (MAX_RESPONSE_BYTES - taken) // 4 * 3
    rows[2] = b"x" * last
    slack = MAX_RESPONSE_BYTES - fixed - sum(len(b64encode(row)) for row in rows)
    ids = ["0", "1", "2" + "i" * (slack - spare)]
    response = build([{"data": ""}] * 3, ids, [Delivered(row, DELIVERY) for row in rows])
    assert sum(entry["result"] == "Ok" for entry in response.entries) == delivered
    assert response.size == _size(response) <= MAX_RESPONSE_BYTES


def test_what_does_not_fit_fails_alone():
    big = b"x" * 1_000_000
    response = _build([Delivered(big, DELIVERY)] * 6 + [Delivered(b"{}", DELIVERY)])
    assert [entry["result"] for entry in response.entries] == ["Ok"] * 4 + ["ProcessingFailed"] * 2 + ["Ok"]
    assert response.outcomes[4] == Failed(Reason.RESPONSE_TOO_LARGE, "db.t")
    assert response.size == _size(response) <= MAX_RESPONSE_BYTES


def test_failed_records_come_back_while_there_is_room():
    small, large = "YQ==", b64encode(bytes(2_000_000)).decode()
    response = _build([Failed(Reason.NO_DATA)] * 5, [large, large, large, small, "\u00e9"])
    assert [entry["data"] for entry in response.entries] == [large, large, "", small, ""]
    assert response.size == _size(response)


def test_rows_come_before_the_echo_of_failed_records():
    response = _build([Failed(Reason.NO_DATA), Delivered(b"x" * 4_000_000, DELIVERY)], [b64encode(bytes(1_000_000)).decode(), ""])
    assert [entry["result"] for entry in response.entries] == ["ProcessingFailed", "Ok"]
    assert response.entries[0]["data"] == ""


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("odf"), st.integers(0, 1_500_000)), max_size=12))
def test_every_id_once_and_within_the_limit(kinds):
    made = {
        "o": lambda size: Delivered(b"x" * size, DELIVERY),
        "d": lambda _: Dropped(Reason.CONTROL),
        "f": lambda _: Failed(Reason.INVALID_JSON),
    }
    outcomes = [made[kind](size) for kind, size in kinds]
    response = _build(list(outcomes), ["A" * size for _, size in kinds])
    assert [entry["recordId"] for entry in response.entries] == [str(number) for number in range(len(kinds))]
    assert response.size == _size(response) <= MAX_RESPONSE_BYTES


@pytest.mark.parametrize("mode", ["mirror", "history"])
@pytest.mark.parametrize("note_bytes", [0, 30, 700, 200_000])
def test_a_batch_at_firehoses_limit_is_answered(dms, routes_document, firehose_event, capsys, mode, note_bytes):
    """3 MB of messages is 4 MB of event; history adds over 300 bytes to each row, so that small rows outgrow the response."""
    routes_document["routes"][0]["mode"] = mode
    message = dms("insert").replace(b"AI%4821BXTQ", b"\xe2\x82\xac" * (note_bytes // 3))
    count = FIREHOSE_MAX_LAMBDA_BUFFER // len(message)
    event = firehose_event([message] * count)
    response = respond(event, Transformer(parse_routes(json.dumps(routes_document))))
    text = json.dumps(response)
    line = json.loads(capsys.readouterr().out)
    assert len(text) == line["ResponseBytes"] <= MAX_RESPONSE_BYTES
    assert [entry["recordId"] for entry in response["records"]] == [record["recordId"] for record in event["records"]]
    assert line["Ok"] + line["failures"].get("response_too_large", 0) == count
    assert line["Ok"] > count // 2
    for entry in response["records"]:
        if entry["result"] == "Ok":
            assert json.loads(b64decode(entry["data"]))["trans_id"] == 6
            break


@pytest.mark.parametrize(("spare", "result"), [(1, "Ok"), (0, "Ok"), (-1, "ProcessingFailed")])
def test_a_row_above_firehoses_record_limit_fails_alone(dms, routes_document, transform, log, spare, result):
    message = dms("insert")
    row = len(b64decode(transform(routes_document, message)[0]["data"]))
    log()
    (entry,) = transform(routes_document, message.replace(b"purchase", b"p" * (MAX_ROW_BYTES - row + len("purchase") - spare)))
    assert entry["result"] == result
    assert log()["failures"] == ({} if result == "Ok" else {"record_too_large": 1})


def test_random_bytes_in_the_place_of_data_are_answered(routes_document, firehose_event, capsys):
    event = firehose_event(os.urandom(50) for _ in range(1_000))
    response = respond(event, Transformer(parse_routes(json.dumps(routes_document))))
    assert {entry["result"] for entry in response["records"]} == {"ProcessingFailed"}
    assert [entry["data"] for entry in response["records"]] == [record["data"] for record in event["records"]]
