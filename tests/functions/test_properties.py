"""Whatever comes in: every id comes back once and in order, nothing is raised, and the same input gives the same answer."""

import contextlib
import io
import json
import random
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.firehose_transform.handler import respond
from functions.firehose_transform.outcome import Reason
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer

ROUTES = {
    "version": 1,
    "unrouted": "drop",
    "other_deliveries": [],
    "before_image": {"field": "before-image", "complete": True},
    "position_epoch": 0,
    "routes": [
        {
            "schema": "s",
            "table": table,
            "database": "db",
            "target": table,
            "mode": mode,
            "load": "update",
            "keys": ["id"],
            "unknown_columns": unknown,
            "columns": [
                {"name": "id", "source": "id", "type": "long", "required": True, "hash": False},
                {"name": "d", "source": "d", "type": "decimal(12,2)", "required": False, "hash": False},
                {"name": "t", "source": "t", "type": "timestamp", "required": False, "hash": False},
                {"name": "s", "source": "s", "type": "string", "required": False, "hash": False},
                {"name": "h", "source": "h", "type": "string", "required": False, "hash": True},
            ],
            "ignored": [],
        }
        for table, mode, unknown in (
            ("m", "mirror", "discard"),
            ("h", "history", "discard"),
            ("e", "mirror", "evolve"),
            ("f", "history", "evolve"),
        )
    ],
}
RESULTS = {"Ok", "Dropped", "ProcessingFailed"}


def _transformer() -> Transformer:
    return Transformer(parse_routes(json.dumps(ROUTES)), b"key")


def _run(event, transformer):
    """Returns the response and the reasons of its log line."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        response = respond(event, transformer)
    return response, json.loads(out.getvalue())["failures"]


def _check(event, response, failures):
    assert [entry["recordId"] for entry in response["records"]] == [record["recordId"] for record in event["records"]]
    assert {entry["result"] for entry in response["records"]} <= RESULTS
    assert all(type(entry["data"]) is str for entry in response["records"])
    assert "unexpected" not in failures
    return json.dumps(response)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=8,
)
near_valid = st.fixed_dictionaries(
    {
        "data": st.dictionaries(st.sampled_from(["id", "d", "t", "s", "h", "x", "X y", "ID"]), json_values) | json_values,
        "metadata": st.fixed_dictionaries(
            {
                "record-type": st.sampled_from(["data", "control"]),
                "operation": st.sampled_from(["load", "insert", "update", "delete"]),
                "schema-name": st.just("s"),
                "table-name": st.sampled_from(["m", "h", "e", "f", "other"]),
            },
            optional={
                "transaction-id": json_values,
                "transaction-record-id": st.integers(0, 9) | json_values,
                "commit-timestamp": st.datetimes().map(lambda moment: moment.isoformat()) | json_values,
                "stream-position": st.just("bin.000001:4") | json_values,
            },
        )
        | json_values,
    },
    optional={"before-image": st.dictionaries(st.sampled_from(["id", "s"]), json_values) | json_values, "control": json_values},
).map(lambda message: json.dumps(message).encode())


def _event(contents):
    return {"records": [{"recordId": f"r{number}", "data": b64encode(content).decode()} for number, content in enumerate(contents)]}


@given(st.lists(st.binary(max_size=200) | near_valid, max_size=6))
def test_any_bytes_and_any_near_valid_message_are_answered(contents):
    event = _event(contents)
    first = _check(event, *_run(event, _transformer()))
    assert _check(event, *_run(event, _transformer())) == first


@given(
    st.lists(
        st.fixed_dictionaries({"recordId": st.text()}, optional={"data": json_values, "kinesisRecordMetadata": json_values}), max_size=5
    )
)
def test_any_record_around_the_data_is_answered(records):
    event = {"records": records}
    _check(event, *_run(event, _transformer()))


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.decimals(-9_999_999_999, 9_999_999_999, places=2),
    st.datetimes(),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(["m", "h", "e", "f"]),
    st.booleans(),
)
def test_exact_values_come_through_both_paths(number, amount, moment, text, table, ascii_only):
    metadata = METADATA.replace('"m"', f'"{table}"')
    sent = json.dumps(text, ensure_ascii=ascii_only)
    row = f'{{"id":{number},"d":{amount:f},"t":"{moment.isoformat()}Z","s":{sent},"h":null,"New":{amount:f}}}'
    event = _event([f'{{"data":{row},"metadata":{metadata}}}'.encode()])
    for learn_after in (1, None):
        transformer = Transformer(parse_routes(json.dumps(ROUTES)), b"key", learn_after)
        for _ in range(2):
            response, failures = _run(event, transformer)
            assert failures == {}
            made = json.loads(b64decode(response["records"][0]["data"]), parse_float=str)
            assert made["id"] == number
            assert made["d"] == f"{amount:f}".replace("-0.00", "0.00")
            assert made["s"] == text
            assert made.get("new") == (f"{amount:f}" if table in "ef" else None)


METADATA = (
    '{"timestamp":"2024-01-15T10:30:01.123456Z","record-type":"data","operation":"insert","partition-key-type":"primary-key",'
    '"schema-name":"s","table-name":"m","transaction-id":7,"transaction-record-id":1,"commit-timestamp":"2024-01-15T10:30:00.000000Z",'
    '"stream-position":"mysql-bin.000007:1975"}'
)
ROW = '{"id":42,"d":12.50,"t":"2024-01-15T10:29:58Z","s":"text","h":"secret"}'
SEEDS = [
    f'{{"data":{ROW},"metadata":{METADATA}}}',
    f'{{"data":{ROW},"metadata":{METADATA}}}'.replace('"m"', '"h"'),
    f'{{"data":{ROW},"before-image":{{"id":41}},"metadata":{METADATA}}}'.replace('"m"', '"h"').replace("insert", "update"),
    f'{{"data":{ROW},"metadata":{METADATA}}}'.replace("insert", "delete"),
    f'{{"data":{ROW},"metadata":{METADATA}}}'.replace('"m"', '"e"').replace('"s":', '"new":1.10,"s":'),
    f'{{"metadata":{METADATA}}}'.replace('"data"', '"control"'),
]
TOKENS = [
    *(
        b"",
        b'"',
        b"\\",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"0",
        b"-",
        b"e99",
        b".5",
        b"null",
        b"true",
        b"NaN",
        b"\xff",
        b"\xc3\xa9",
        b"\x00",
    ),
    *(b'"id":7,', b'"x":[1],', b"\\ud800", b"\\u0041", b"99999999999999999999", b'"before-image":{},', b"0000-00-00", b"load"),
]
# Whole values that a mutation of single characters hardly ever makes.
SWAPS = [
    (b'"id":42,', b""),
    (b'"id":42,', b'"id":null,'),
    (b'"id":42,', b'"id":9223372036854775808,'),
    (b'"id":42,', b'"id":1.2345678901234567e+18,'),
    (b'"data":{', b'"data":{},"was":{'),
    (b'"insert"', b'"update"'),
    (b'"transaction-record-id":1,', b""),
    (b'"s":"text"', b'"s":' + b"[" * 102 + b"]" * 102),
    (b'"table-name":"h"', b'"table-name":"m"'),
    (b'"before-image":{', b'"before-image":[],"was":{'),
]
FUZZ_RECORDS = 1_000_000
FUZZ_BATCH = 5_000


@pytest.mark.slow
def test_a_million_mutated_records_are_answered():
    """One process, as in Lambda: what earlier records taught the function must not matter to later ones."""
    chance = random.Random(20240115)
    below = chance.random

    def pick(choices):
        return choices[int(below() * len(choices))]

    seeds = [seed.encode() for seed in SEEDS]
    transformer = _transformer()
    seen: dict[str, int] = {}
    reasons: set[str] = set()
    for start in range(0, FUZZ_RECORDS, FUZZ_BATCH):
        records = []
        for number in range(start, start + FUZZ_BATCH):
            kind = below()
            if kind < 0.35:
                content = chance.randbytes(int(below() * 80))
            else:
                content = pick(seeds)
                at = int(below() * len(content))
                if kind < 0.8:
                    content = content[:at] + pick(TOKENS) + content[at + int(below() * 4) :]
                else:
                    content = content.replace(*pick(SWAPS), 1) if kind < 0.9 else content[:at]
            records.append({"recordId": str(number), "data": b64encode(content).decode()})
        event = {"records": records}
        response, failures = _run(event, transformer)
        _check(event, response, failures)
        reasons |= failures.keys()
        for entry in response["records"]:
            seen[entry["result"]] = seen.get(entry["result"], 0) + 1
    assert sum(seen.values()) == FUZZ_RECORDS
    assert min(seen.get(result, 0) for result in RESULTS) > FUZZ_RECORDS // 50
    assert reasons >= {reason.value for reason in Reason} - {
        *(Reason.CONTROL, Reason.OTHER_DELIVERY, Reason.UNROUTED),  # dropped, not failed
        *(Reason.INVALID_BASE64, Reason.UNKNOWN_COLUMN, Reason.MISSING_REQUIRED),  # not by these bytes or these routes
        *(Reason.RECORD_TOO_LARGE, Reason.RESPONSE_TOO_LARGE, Reason.UNEXPECTED),
    }
