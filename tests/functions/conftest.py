"""What the tests of the functions share: messages as DMS wrote them, events as Firehose sends them, answers decoded."""

import copy
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from functions.firehose_transform.handler import respond
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def dms() -> Callable[[str], bytes]:
    """The bytes of a recorded DMS message, by the name of its file."""
    return lambda name: (FIXTURES / "dms" / f"{name}.json").read_bytes()


@pytest.fixture
def routes_document() -> dict[str, Any]:
    """The routes file of the fixtures, to be changed at will."""
    return json.loads((FIXTURES / "routes.json").read_text())


@pytest.fixture(scope="session")
def firehose_event() -> Callable[[Iterable[bytes]], dict[str, Any]]:
    """Makes a Firehose event of messages, ids 0, 1, 2, ..."""
    template = json.loads((FIXTURES / "firehose_event.json").read_text())

    def build(messages: Iterable[bytes]) -> dict[str, Any]:
        event = {**template, "records": []}
        for number, message in enumerate(messages):
            record = copy.deepcopy(template["records"][0])
            event["records"].append({**record, "recordId": str(number), "data": b64encode(message).decode()})
        return event

    return build


@pytest.fixture(scope="session")
def transform(firehose_event) -> Callable[..., list[dict[str, Any]]]:
    """Runs messages through the function; returns its entries with the data of delivered rows decoded and read under `row`."""

    def run(routes: dict[str, Any], *messages: bytes, hash_key: bytes | None = None) -> list[dict[str, Any]]:
        response = respond(firehose_event(messages), Transformer(parse_routes(json.dumps(routes)), hash_key))
        entries = json.loads(json.dumps(response))["records"]
        assert [entry["recordId"] for entry in entries] == [str(number) for number in range(len(messages))]
        for entry in entries:
            entry["row"] = json.loads(b64decode(entry["data"])) if entry["result"] == "Ok" else None
        return entries

    return run


@pytest.fixture
def log(capsys) -> Callable[[], dict[str, Any]]:
    """Reads the one log line of the last invocation."""

    def read() -> dict[str, Any]:
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 1
        return json.loads(lines[0])

    return read
