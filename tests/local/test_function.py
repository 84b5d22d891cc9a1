"""The transform zip in a process of its own, under Lambda's and Firehose's rules."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.local.function import Delivered, Dropped, Failed, TransformFunction
from scripts.local.template import DeliveryTemplate, LocalTemplate
from tests.local.support import DATABASE, Stream, control

ORDERS = Stream("shop", "orders", ("order_id",))
ROW = {"order_id": 1, "status": "new", "total": 1.5}


def delivery_of(template: LocalTemplate, tmp_path: Path, code: str) -> DeliveryTemplate:
    """The delivery with another function in its place."""
    path = tmp_path / "function.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("code.py", "")
        archive.writestr("other/handler.py", code)
        archive.writestr("other/__init__.py", "")
    delivery = template.deliveries[0]
    return replace(delivery, function=replace(delivery.function, zip_path=path, handler="other.handler.handler"))


@contextlib.contextmanager
def running(delivery: DeliveryTemplate, tmp_path: Path, timeout: float | None = None) -> Iterator[TransformFunction]:
    function = TransformFunction(delivery, tmp_path / "function.log", timeout_seconds=timeout)
    with contextlib.closing(function):
        yield function


def test_the_zip_transforms_what_terraform_would_upload(shop: LocalTemplate, tmp_path: Path) -> None:
    batch = [ORDERS.change("insert", ROW, 1), control(2), ORDERS.change("insert", {"status": "no key"}, 3)]
    with running(shop.deliveries[0], tmp_path) as function:
        row, dropped, failed = function.transform(batch)
    assert isinstance(row, Delivered)
    assert (row.database, row.table, row.operation) == (DATABASE, "orders", "update")
    assert json.loads(row.data)["total"] == "1.50"
    assert dropped == Dropped()
    assert failed == Failed("Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record", 1)
    assert '"missing_key":1' in (tmp_path / "function.log").read_text().replace(" ", "")


def test_the_event_is_what_firehose_sends(shop: LocalTemplate, tmp_path: Path) -> None:
    code = """
import base64, json
def handler(event, context):
    print(json.dumps(event))
    return {"records": [{"recordId": r["recordId"], "result": "Dropped"} for r in event["records"]]}
"""
    record = ORDERS.change("insert", ROW, 7)
    with running(delivery_of(shop, tmp_path, code), tmp_path) as function:
        function.transform([record, record])
    event = json.loads((tmp_path / "function.log").read_text())
    first, second = event["records"]
    assert first["recordId"] != second["recordId"]  # a record that comes twice is still two records
    assert first["approximateArrivalTimestamp"] == record.arrived_ms
    kinesis = first["kinesisRecordMetadata"]
    assert (kinesis["partitionKey"], kinesis["subsequenceNumber"]) == ("shop.orders.1", 0)
    assert kinesis["sequenceNumber"].isdigit()
    assert len(kinesis["sequenceNumber"]) == 50


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def handler(event, context):\n    raise KeyError('x')", "Lambda.FunctionError: KeyError: 'x'"),
        ("import os\ndef handler(event, context):\n    os._exit(7)", "Lambda.FunctionError: the function's process ended: exit code 7"),
        ("syntax error", "Lambda.FunctionError: SyntaxError"),
        (
            "import time\ndef handler(event, context):\n    time.sleep(60)",
            "Lambda.FunctionTimedOut: the function did not answer within 0.5 seconds",
        ),
        ("def handler(event, context):\n    return {'records': []}", "Lambda.MissingRecordId: one or more record IDs were not returned"),
        (
            "def handler(event, context):\n    r = {'recordId': event['records'][0]['recordId'], 'result': 'Dropped'}\n"
            "    return {'records': [r, r]}",
            "Lambda.DuplicatedRecordId: multiple records were returned with the same record ID",
        ),
        ("def handler(event, context):\n    return None", "Lambda.JsonProcessingException: the response has no list of records"),
        ("def handler(event, context):\n    return {'records': 'x' * 7_000_000}", "Lambda.FunctionError: the response has 7,000,"),
    ],
)
def test_fails_when_the_function_breaks_its_contract(shop: LocalTemplate, tmp_path: Path, code: str, expected: str) -> None:
    with running(delivery_of(shop, tmp_path, code), tmp_path, timeout=0.5) as function:
        results = function.transform([ORDERS.change("insert", ROW, 1), ORDERS.change("insert", ROW, 2)])
        assert function.invocations == 2  # once, and one retry as the processor says
    assert len(results) == 2
    for result in results:
        assert isinstance(result, Failed)
        assert result.attempts == 2
        assert f"{result.code}: {result.message}".startswith(expected)


def test_a_retry_can_succeed(shop: LocalTemplate, tmp_path: Path) -> None:
    code = f"""
import pathlib
def handler(event, context):
    flag = pathlib.Path({str(tmp_path / "flag")!r})
    if not flag.exists():
        flag.touch()
        raise RuntimeError("first")
    return {{"records": [{{"recordId": r["recordId"], "result": "Dropped"}} for r in event["records"]]}}
"""
    with running(delivery_of(shop, tmp_path, code), tmp_path) as function:
        assert function.transform([ORDERS.change("insert", ROW, 1)]) == [Dropped()]


def test_hashed_columns_get_a_local_key_and_no_secret_is_read(many_tables: LocalTemplate, tmp_path: Path) -> None:
    delivery = next(one for one in many_tables.deliveries if one.name.endswith("mirrors"))
    record = Stream("shop", "coupons", ("code",)).change("insert", {"code": "A1", "discount": "0.5000", "valid_until": None}, 1)
    with running(delivery, tmp_path) as function:
        (row,) = function.transform([record])
    assert isinstance(row, Delivered)
    assert len(json.loads(row.data)["code"]) == 64
