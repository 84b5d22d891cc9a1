"""What a history's row says beside its own columns."""

import json

import pytest

from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer


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
