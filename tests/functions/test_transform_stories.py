"""What becomes of each kind of message, told through the handler as Firehose sees it."""

import json
from base64 import b64decode, b64encode

import pytest

from functions.firehose_transform.handler import EventError, respond
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer

RETAIL = {"destinationDatabaseName": "cdc_iceberg_demo_db", "destinationTableName": "retail_trans_iceberg"}
ROW = {
    "trans_id": 6,
    "customer_id": "387378799012",
    "event": "purchase",
    "sku": "AI%4821BXTQ",
    "amount": 3,
    "device": "mobile",
    "trans_datetime": 1705314598000000,
}


@pytest.mark.parametrize(
    ("message", "amount", "operation"),
    [("load", 3, "update"), ("insert", 3, "update"), ("update", 39, "update"), ("delete", 39, "delete"), ("pretty_printed", 3, "update")],
)
def test_mirror_routes_each_operation(dms, routes_document, transform, message, amount, operation):
    (entry,) = transform(routes_document, dms(message))
    assert entry["result"] == "Ok"
    assert entry["metadata"] == {"otfMetadata": {**RETAIL, "operation": operation}}
    assert entry["row"] == {**ROW, "amount": amount}


def test_mirror_inserts_load_rows_when_the_route_says_so(dms, routes_document, transform):
    routes_document["routes"][0]["load"] = "insert"
    load, insert = transform(routes_document, dms("load"), dms("insert"))
    assert load["metadata"]["otfMetadata"]["operation"] == "insert"
    assert insert["metadata"]["otfMetadata"]["operation"] == "update"


def test_mirror_deletes_on_keys_alone(dms, routes_document, transform):
    (entry,) = transform(routes_document, dms("delete_keys_only"))
    assert entry["result"] == "Ok"
    assert entry["row"] == {**dict.fromkeys(ROW), "trans_id": 6}


def test_mirror_deletes_a_row_with_a_value_that_could_not_be_stored(dms, routes_document, transform):
    message = dms("delete").replace(b'"amount":39', b'"amount":4.5').replace(b'"mobile"', b'"\\ud800"')
    (entry,) = transform(routes_document, message)
    assert entry["row"] == {**ROW, "amount": None, "device": None}


@pytest.mark.parametrize("name", ["control_with_details", "control_add_column", "control_apply_exceptions"])
def test_control_records_are_dropped(dms, routes_document, transform, name):
    (entry,) = transform(routes_document, dms(name))
    assert entry == {"recordId": "0", "result": "Dropped", "data": "", "row": None}


def test_a_table_without_a_route_is_dropped_or_fails_as_configured(dms, routes_document, transform):
    message = dms("table_name_with_blank")
    assert transform(routes_document, message)[0]["result"] == "Dropped"
    routes_document["unrouted"] = "fail"
    assert transform(routes_document, message)[0]["result"] == "ProcessingFailed"


@pytest.mark.parametrize("mode", ["drop", "fail"])
@pytest.mark.parametrize(
    ("old", "new", "resembled"),
    [
        (b'"retail_trans"', b'"RETAIL_TRANS"', "testdb.retail_trans"),
        (b'"testdb"', b'"TestDB"', "testdb.retail_trans"),
        (b'"retail_trans"', b'"Stores"', "testdb.stores"),
        (b'"retail_trans"', b'"retail_transactions"', "no table of the lake"),
        (b'"testdb"', b'"otherdb"', "no table of the lake"),
    ],
)
def test_a_table_that_the_lake_does_not_name_is_counted_and_said_to_resemble_one(
    dms, routes_document, transform, log, mode, old, new, resembled
):
    routes_document["unrouted"] = mode
    message = dms("insert")
    assert old in message
    transform(routes_document, message.replace(old, new), dms("load"), dms("delete").replace(old, new))
    line = log()
    assert line["Unrouted"] == 2
    assert line["unrouted"] == {resembled: 2}
    assert line["dropped" if mode == "drop" else "failures"] == {"unrouted": 2}


@pytest.mark.parametrize("mode", ["drop", "fail"])
def test_a_table_of_another_delivery_is_left_out_without_a_word(dms, routes_document, transform, log, mode):
    routes_document["unrouted"] = mode
    transform(routes_document, dms("insert").replace(b'"retail_trans"', b'"stores"'), dms("load"))
    line = log()
    assert line["dropped"] == {"other_delivery": 1}
    assert (line["Ok"], line["Unrouted"], line["ProcessingFailed"]) == (1, 0, 0)


def test_a_bad_record_fails_alone_and_comes_back_as_it_was(dms, routes_document, transform, firehose_event):
    messages = [dms("insert"), b'{"data":{"trans_id":', dms("update"), dms("control_add_column"), dms("delete")]
    entries = transform(routes_document, *messages)
    assert [entry["result"] for entry in entries] == ["Ok", "ProcessingFailed", "Ok", "Dropped", "Ok"]
    assert entries[1]["data"] == firehose_event(messages)["records"][1]["data"]


REASONS = {
    "invalid_base64": [],
    "invalid_utf8": [b"\xff\xfe", b'{"data":"\xc3"}'],
    "invalid_json": [b"", b"{", b"[]", b"1", b"null", b"{}{}", b'{"data":{"a":NaN}}', b'{"data":{"a":"\n"}}', b"\xef\xbb\xbf{}"],
    "too_deep": [b'{"data":' + b"[" * 200_000],
    "invalid_metadata": [b"{}", b'{"metadata":[]}', b'{"metadata":{"record-type":"data"}}', b'{"data":{"a":1}}'],
}


@pytest.mark.parametrize(("reason", "message"), [(reason, message) for reason, messages in REASONS.items() for message in messages])
def test_fails_when_the_bytes_are_not_a_message(routes_document, transform, log, reason, message):
    assert transform(routes_document, message)[0]["result"] == "ProcessingFailed"
    assert log()["failures"] == {reason: 1}


@pytest.mark.parametrize("data", ["!", "YQ", "YWJj\n", "\u00e9", None, 7, ["YQ=="]])
def test_fails_when_the_data_is_not_base64(routes_document, firehose_event, log, data):
    event = firehose_event([b""])
    event["records"][0]["data"] = data
    (entry,) = respond(event, Transformer(parse_routes(json.dumps(routes_document))))["records"]
    assert entry["result"] == "ProcessingFailed"
    assert log()["failures"] == {"invalid_base64": 1}


@pytest.mark.parametrize(
    ("reason", "column", "old", "new"),
    [
        ("missing_key", "trans_id", b'"trans_id":6,', b""),
        ("missing_key", "trans_id", b'"trans_id":6', b'"trans_id":null'),
        ("missing_required", "customer_id", b'"customer_id":"387378799012",', b""),
        ("missing_required", "customer_id", b'"customer_id":"387378799012"', b'"customer_id":null'),
        ("invalid_value", "amount", b'"amount":3', b'"amount":3.5'),
        ("invalid_value", "amount", b'"amount":3', b'"amount":true'),
        ("invalid_value", "amount", b'"amount":3', b'"amount":[3]'),
        ("out_of_range", "amount", b'"amount":3', b'"amount":2147483648'),
        ("out_of_range", "amount", b'"amount":3', b'"amount":1e999999999'),
        ("out_of_range", "amount", b'"amount":3', b'"amount":' + b"3" * 10_000),
        ("digits_lost", "trans_datetime", b":58Z", b":58.1234567Z"),
        ("inexact_number", "trans_id", b'"trans_id":6', b'"trans_id":1.2345678901234567e+18'),
        ("invalid_text", None, b'"purchase"', b'"\\ud800"'),
        ("too_deep", "event", b'"purchase"', b"[" * 900 + b"]" * 900),
        ("no_data", None, b'"data":{', b'"data":{},"x":{'),
        ("no_data", None, b'"data":', b'"x":'),
        ("invalid_metadata", None, b'"operation":"insert"', b'"operation":"upsert"'),
        ("unknown_column", None, b'"amount":3', b'"amount":3,"colour":"red"'),
    ],
)
def test_fails_when_the_row_does_not_fit_its_table(dms, routes_document, transform, log, reason, column, old, new):
    if reason == "unknown_column":
        routes_document["routes"][0]["unknown_columns"] = "freeze"
    message = dms("insert")
    assert old in message
    (entry,) = transform(routes_document, message.replace(old, new))
    line = log()
    assert entry["result"] == "ProcessingFailed"
    assert line["failures"] == {reason: 1}
    assert line["failed"] == [{"recordId": "0", "reason": reason, "table": "cdc_iceberg_demo_db.retail_trans_iceberg", "column": column}]


def test_a_bad_hour_fails_in_a_column_and_not_in_unused_metadata(dms, routes_document, transform):
    in_row, in_metadata = transform(routes_document, dms("hour_29_in_row"), dms("hour_29_in_metadata"))
    assert in_row["result"] == "ProcessingFailed"
    assert in_metadata["row"] == ROW


def test_unknown_columns_are_left_out_and_counted_and_ignored_ones_are_not(dms, routes_document, transform, log):
    routes_document["routes"][0]["ignored"] = ["ssn"]
    message = dms("insert").replace(b'"amount":3', b'"amount":3,"colour":"red","size":1,"ssn":"1"')
    assert transform(routes_document, message)[0]["row"] == ROW
    assert log()["UnknownColumns"] == 2


def test_a_column_that_is_absent_is_null_in_the_row(dms, routes_document, transform):
    (entry,) = transform(routes_document, dms("insert").replace(b'"event":"purchase",', b""))
    assert entry["row"] == {**ROW, "event": None}
    assert list(entry["row"]) == list(ROW)


def test_names_match_exactly(dms, routes_document, transform):
    shouted = dms("insert").replace(b'"event"', b'"EVENT"')
    assert transform(routes_document, shouted)[0]["row"]["event"] is None
    assert transform(routes_document, dms("insert").replace(b'"retail_trans"', b'"Retail_trans"'))[0]["result"] == "Dropped"


def test_the_last_of_two_equal_keys_counts(dms, routes_document, transform):
    message = dms("insert").replace(b'"amount":3', b'"amount":"x","amount":4')
    assert transform(routes_document, message)[0]["row"] == {**ROW, "amount": 4}


@pytest.mark.parametrize("event", [{}, {"records": None}, {"records": "x"}, {"records": [None]}, {"records": [{"data": ""}]}])
def test_a_malformed_event_raises(routes_document, event):
    with pytest.raises(EventError):
        respond(event, Transformer(parse_routes(json.dumps(routes_document))))


def test_an_empty_batch_gives_an_empty_answer(routes_document, transform):
    assert transform(routes_document) == []


EVOLVED = b'"amount":3,"colour":"r\\"ed","Unit Price":12345678901234567890.10,"9x":null,"ok":true,"tags":[1.10,{"a":"b"}]'
GROWN = {"colour": 'r"ed', "unit_price": "12345678901234567890.10", "_9x": None, "ok": True, "tags": '[1.10,{"a":"b"}]'}


@pytest.mark.parametrize("mode", ["mirror", "history"])
def test_unknown_columns_that_evolve_come_as_sent_and_are_counted(dms, routes_document, log, mode):
    route = routes_document["routes"][0]
    route |= {"unknown_columns": "evolve", "ignored": ["ssn"], "mode": mode}
    message = dms("insert").replace(b'"amount":3', EVOLVED + b',"ssn":"1"')
    record = {"recordId": "0", "data": b64encode(message).decode()}
    response = respond({"records": [record]}, Transformer(parse_routes(json.dumps(routes_document))))
    text = b64decode(response["records"][0]["data"]).decode()
    row = json.loads(text, parse_float=str)
    assert {name: row[name] for name in GROWN} == GROWN
    assert list(row)[: len(ROW) + len(GROWN)] == [*ROW, *GROWN]
    assert '"unit_price":12345678901234567890.10,' in text
    line = log()
    assert (line["UnknownColumns"], line["unknown"]) == (5, {"cdc_iceberg_demo_db.retail_trans_iceberg": 5})


def test_a_delete_from_a_mirror_carries_no_unknown_columns(dms, routes_document, transform):
    routes_document["routes"][0]["unknown_columns"] = "evolve"
    (entry,) = transform(routes_document, dms("delete").replace(b'"amount":', b'"colour":"red","_OP":1,"amount":'))
    assert set(entry["row"]) == set(ROW)
    assert entry["metadata"]["otfMetadata"]["operation"] == "delete"


@pytest.mark.parametrize(
    ("received", "mode"),
    [
        ("EVENT", "mirror"),  # a column's own name in another spelling
        ("SSN", "mirror"),  # a dropped one's
        ("Full Name", "mirror"),
        ("_OP", "history"),
        ("_previous_trans_id", "history"),
        ("x" * 256, "mirror"),
        ('a b","a-b', "mirror"),  # two columns that would have one name
    ],
)
def test_fails_when_an_unknown_column_has_no_name_of_its_own(dms, routes_document, transform, log, received, mode):
    routes_document["routes"][0] |= {"unknown_columns": "evolve", "ignored": ["ssn", "full_name"], "mode": mode}
    members = ",".join(f'"{name}":1' for name in received.split('","'))
    (entry,) = transform(routes_document, dms("insert").replace(b'"amount":3', f'"amount":3,{members}'.encode()))
    assert entry["result"] == "ProcessingFailed"
    assert log()["failures"] == {"unknown_column": 1}
