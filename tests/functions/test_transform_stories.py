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


def _with_image(message, image):
    """A message with another before image."""
    start, end = message.index(b'"before-image":') + len(b'"before-image":'), message.index(b',"metadata"')
    return message[:start] + image + message[end:]


class TestKeyChange:
    def test_fails_in_a_mirror_because_the_old_row_would_stay(self, dms, routes_document, transform, log):
        assert transform(routes_document, dms("update_key_changed"))[0]["result"] == "ProcessingFailed"
        line = log()
        assert line["failures"] == {"key_changed": 1}
        assert line["KeyChanged"] == 1

    def test_an_equal_key_in_another_notation_is_no_change(self, dms, routes_document, transform):
        message = dms("update_key_changed").replace(b'{"trans_id":6,', b'{"trans_id":"4.7e1",')
        assert transform(routes_document, message)[0]["result"] == "Ok"

    def test_is_not_looked_for_when_capture_sends_no_before_image(self, dms, routes_document, transform):
        routes_document["before_image"] = None
        assert transform(routes_document, dms("update_key_changed"))[0]["result"] == "Ok"

    @pytest.mark.parametrize("before", [b"{}", b"null", b'{"amount":7}'])
    def test_needs_an_old_key_where_images_show_changed_keys_only(self, dms, routes_document, transform, before):
        assert transform(routes_document, _with_image(dms("update_key_changed"), before))[0]["result"] == "Ok"

    @pytest.mark.parametrize("before", [b"{}", b"null", b'{"amount":7}', b'{"TRANS_ID":47}'])
    @pytest.mark.parametrize("mode", ["mirror", "history"])
    def test_fails_where_images_are_complete_and_one_does_not_show_a_key(self, dms, routes_document, transform, log, before, mode):
        """It could have changed, and its old row would stay without a word."""
        routes_document["before_image"]["complete"] = True
        routes_document["routes"][0]["mode"] = mode
        assert transform(routes_document, _with_image(dms("update"), before))[0]["result"] == "ProcessingFailed"
        (failed,) = log()["failed"]
        assert (failed["reason"], failed["column"]) == ("key_not_shown", "trans_id")

    def test_fails_where_no_image_came_though_one_is_due(self, dms, routes_document, transform, log):
        routes_document["before_image"]["complete"] = True
        transform(routes_document, dms("update").replace(b'"before-image"', b'"other"'))
        assert log()["failures"] == {"key_not_shown": 1}

    @pytest.mark.parametrize("name", ["load", "insert", "delete"])
    def test_concerns_updates_only(self, dms, routes_document, transform, name):
        routes_document["before_image"]["complete"] = True
        assert transform(routes_document, dms(name))[0]["result"] == "Ok"

    def test_is_seen_in_a_key_that_is_not_the_sources(self, dms, routes_document, transform, log):
        """The lake is partitioned by it, say; the source's primary key, `trans_id`, stays."""
        routes_document["before_image"]["complete"] = True
        routes_document["routes"][0]["keys"] = ["event", "trans_id"]
        assert transform(routes_document, dms("update"))[0]["result"] == "ProcessingFailed"
        assert log()["failures"] == {"key_changed": 1}
        same = dms("update").replace(b'"event":"cart"', b'"event":"purchase"')
        assert transform(routes_document, same)[0]["result"] == "Ok"
        routes_document["routes"][0]["mode"] = "history"
        (entry,) = transform(routes_document, dms("update"))
        assert (entry["row"]["_previous_event"], entry["row"]["_previous_trans_id"]) == ("cart", 6)

    def test_fails_when_the_before_image_is_no_object(self, dms, routes_document, transform, log):
        transform(routes_document, _with_image(dms("update_key_changed"), b"[6]"))
        assert log()["failures"] == {"invalid_before_image": 1}

    def test_history_keeps_the_old_key(self, dms, routes_document, transform, log):
        message = dms("postgres_update").replace(b'"before-image":{}', b'"before-image":{"id":45}')
        (entry,) = transform(routes_document, message)
        assert (entry["row"]["order_id"], entry["row"]["_previous_order_id"]) == (46, 45)
        assert log()["KeyChanged"] == 1

    def test_history_keeps_all_old_keys_when_one_changed(self, dms, routes_document, transform):
        route = routes_document["routes"][1]
        route["columns"].append({"name": "line", "source": "line", "type": "int", "required": True, "hash": False})
        route["keys"].append("line")
        message = dms("postgres_update").replace(b'"id":46', b'"id":46,"line":2').replace(b'"before-image":{}', b'"before-image":{"id":45}')
        (entry,) = transform(routes_document, message)
        assert (entry["row"]["_previous_order_id"], entry["row"]["_previous_line"]) == (45, 2)


class TestHistory:
    def test_every_change_is_an_insert_with_its_place_in_the_source(self, dms, routes_document, transform):
        (entry,) = transform(routes_document, dms("postgres_update"))
        assert entry["metadata"]["otfMetadata"]["operation"] == "insert"
        assert list(entry["row"].items()) == [
            ("order_id", 46),
            ("total", "12345678901234567890.1234"),
            ("placed_at", 1722214697974340),
            ("_op", "update"),
            ("_commit_timestamp", 1722214697974340),
            ("_position", "01b106703384241311".ljust(69, "0")),
            ("_stream_position", "00000002/7C007178.3.00000002/7C007178"),
            ("_transaction_id", "1139"),
            ("_ingested_at", 1705314601500000),
            ("_previous_order_id", None),
        ]

    def test_a_load_row_has_no_transaction_and_sorts_first(self, dms, routes_document, transform):
        routes_document["routes"][0]["mode"] = "history"
        load, insert, update, delete = (
            entry["row"] for entry in transform(routes_document, *map(dms, ("load", "insert", "update", "delete")))
        )
        assert [row["_op"] for row in (load, insert, update, delete)] == ["load", "insert", "update", "delete"]
        assert (load["_commit_timestamp"], load["_stream_position"], load["_transaction_id"]) == (None, None, None)
        assert load["_position"] < insert["_position"] < update["_position"]

    def test_fails_when_a_change_has_no_transaction_details(self, dms, routes_document, transform, log):
        routes_document["routes"][0]["mode"] = "history"
        transform(routes_document, dms("load").replace(b'"load"', b'"insert"'))
        assert log()["failures"] == {"no_position": 1}

    def test_counts_positions_made_from_the_commit_time(self, dms, routes_document, transform, log):
        (entry,) = transform(routes_document, dms("postgres_update").replace(b"00000002/7C007178.3.", b"elsewhere"))
        assert entry["row"]["_position"] == "02g17222146979743404113911".ljust(69, "0")
        assert log()["FallbackPositions"] == 1

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            (b'"commit-timestamp":"2024', b'"commit-timestamp":"x2024'),
            (b'"commit-timestamp":"2024-07-29T00:58:17.974340Z"', b'"commit-timestamp":17'),
            (b'"transaction-id":1139', b'"transaction-id":1.5'),
            (b'"transaction-id":1139', b'"transaction-id":{}'),
            (b'"stream-position":"00000002/7C007178.3.00000002/7C007178"', b'"stream-position":[]'),
        ],
    )
    def test_fails_when_the_transaction_details_are_malformed(self, dms, routes_document, transform, log, old, new):
        message = dms("postgres_update")
        assert old in message
        transform(routes_document, message.replace(old, new, 1))
        assert log()["failures"] == {"invalid_metadata": 1}

    @pytest.mark.parametrize("sent", [b"87978110091475001", b"8.7978110091475e+16"])
    def test_a_long_transaction_id_stands_as_it_was_sent(self, dms, routes_document, transform, sent):
        message = dms("postgres_update").replace(b'"transaction-id":1139', b'"transaction-id":' + sent)
        assert transform(routes_document, message)[0]["row"]["_transaction_id"] == sent.decode()

    @pytest.mark.parametrize(
        ("stream_position", "old", "new"),
        [
            (b"00000002/7C007178.3.00000002/7C007178", b'"transaction-record-id":1,', b'"transaction-record-id":1.2345678901234567e+18,'),
            (b"unknown", b'"transaction-id":1139,', b'"transaction-id":8.7978110091475e+16,'),
        ],
    )
    def test_fails_when_the_order_would_rest_on_a_number_whose_digits_may_be_gone(
        self, dms, routes_document, transform, log, stream_position, old, new
    ):
        message = dms("postgres_update").replace(b"00000002/7C007178.3.00000002/7C007178", stream_position)
        assert old in message
        transform(routes_document, message.replace(old, new, 1))
        assert log()["failures"] == {"no_position": 1}

    def test_fails_when_the_before_image_holds_a_key_whose_digits_may_be_gone(self, dms, routes_document, transform, log):
        transform(routes_document, dms("postgres_update").replace(b'"before-image":{}', b'"before-image":{"id":1.2345678901234567e+18}'))
        assert log()["failures"] == {"inexact_number": 1}

    @pytest.mark.parametrize(
        ("arrival", "kinesis", "expected"),
        [
            (1, {"approximateArrivalTimestamp": 2}, 2000),
            (1, {}, 1000),
            (1, None, 1000),
            (None, None, None),
            ("1", None, None),
            (True, None, None),
            (-1, None, None),
            (10**18, None, None),
        ],
    )
    def test_ingested_at_comes_from_the_record(self, dms, routes_document, firehose_event, arrival, kinesis, expected):
        event = firehose_event([dms("postgres_update")])
        event["records"][0] |= {"approximateArrivalTimestamp": arrival, "kinesisRecordMetadata": kinesis}
        outcome = Transformer(parse_routes(json.dumps(routes_document))).record(event["records"][0])
        assert json.loads(outcome.row)["_ingested_at"] == expected


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
