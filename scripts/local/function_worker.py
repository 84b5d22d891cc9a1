"""The process that stands for Lambda: runs a function out of its zip, one invocation at a time. It imports nothing of ours.

The function's response becomes JSON, as with Lambda, and is read by Firehose's rules here, so that the process that reads the source is not
held up by it. On standard input and output: a line with a length in bytes, then as many bytes of `marshal`; in comes what an event is made
of, out go the answers for its records, or code and message of what failed the invocation. What the function prints goes to the log file
that is standard output for it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import marshal
import os
import sys
import types
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping, Sequence
from typing import Any

HASH_KEY_VARIABLE = "MOULIN_LOCAL_HASH_KEY"

PAYLOAD_BYTES = 6_291_556
"""Lambda refuses larger events and answers of synchronous invocations."""
REFUSED = "Lambda.ProcessingFailedStatus"
"""Firehose's error code of a record that the function refused."""
_GC_AFTER = 100_000
"""Objects of an event are many and go by themselves: looking for cycles among them at every 700th takes a tenth of the time."""
_RESULTS = ("Ok", "Dropped", "ProcessingFailed")

StreamRecord = tuple[str, int, bytes, str, str]
"""Record id, milliseconds of its arrival, data, sequence number, partition key."""


class AnswerError(Exception):
    """The response is not one that Firehose takes.

    Args:
        code: Firehose's error code.
        message: what is wrong.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Secrets:
    """Answers for Secrets Manager: locally every secret holds the local key."""

    def __init__(self, *_: object, **__: object) -> None:
        """Takes what a client of boto3 takes."""

    def get_secret_value(self, **_: object) -> dict[str, str]:
        """The local key."""
        return {"SecretString": os.environ[HASH_KEY_VARIABLE]}


class _Log(io.FileIO):
    """The log. What a full disk does not take is lost: on Lambda too, a function does not fail for its log."""

    def write(self, data: Any) -> int:
        """Writes what it can."""
        try:
            return super().write(data)
        except OSError:
            return len(data)


def event(envelope: Mapping[str, str], records: Sequence[StreamRecord]) -> dict[str, Any]:
    """An event as Firehose sends it: what JSON would have made of it."""
    return {
        **envelope,
        "records": [
            {
                "recordId": record_id,
                "approximateArrivalTimestamp": arrived_ms,
                "data": b2a_base64(data, newline=False).decode("ascii"),
                "kinesisRecordMetadata": {
                    "sequenceNumber": sequence_number,
                    "subsequenceNumber": 0,
                    "partitionKey": partition_key,
                    "shardId": "shardId-000000000000",
                    "approximateArrivalTimestamp": arrived_ms,
                },
            }
            for record_id, arrived_ms, data, sequence_number, partition_key in records
        ],
    }


def answers_of(ids: Sequence[str], body: str) -> list[tuple[Any, ...] | None]:
    """Reads a response by Lambda's and Firehose's rules: not too long, every id once, each with one of three results.

    Returns:
        For each id: data, database, table and operation of its row; code and message of its failure; None when it is dropped.

    Raises:
        AnswerError: the response breaks the rules.
    """
    if len(body) > PAYLOAD_BYTES:
        raise AnswerError("Lambda.FunctionError", f"the response has {len(body):,} bytes, Lambda takes {PAYLOAD_BYTES:,}")
    response = json.loads(body)
    entries = response.get("records") if isinstance(response, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise AnswerError("Lambda.JsonProcessingException", "the response has no list of records")
    by_id = {entry.get("recordId"): entry for entry in entries}
    if len(by_id) < len(entries):
        raise AnswerError("Lambda.DuplicatedRecordId", "multiple records were returned with the same record ID")
    if by_id.keys() != set(ids):
        raise AnswerError("Lambda.MissingRecordId", "one or more record IDs were not returned")
    return [_answer(by_id[record_id]) for record_id in ids]


def _answer(entry: dict[str, Any]) -> tuple[Any, ...] | None:
    result = entry.get("result")
    if result == "Dropped":
        return None
    if result != "Ok":
        known = "ProcessingFailed status set for record"
        message = known if result == "ProcessingFailed" else f"result {result!r} is not one of {', '.join(_RESULTS)}"
        return REFUSED, message
    try:
        data = a2b_base64(entry["data"], strict_mode=True)
        target = entry["metadata"]["otfMetadata"]
        return data, target["destinationDatabaseName"], target["destinationTableName"], target.get("operation", "insert")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return "Lambda.JsonProcessingException", f"the record's data or otfMetadata cannot be read: {type(error).__name__}"


def main(zip_path: str, handler: str) -> None:
    """Serves until standard input ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the function prints lands in the log, not among the answers
    sys.stdout = sys.stderr = io.TextIOWrapper(io.BufferedWriter(_Log(2, "w", closefd=False)), encoding="utf-8", line_buffering=True)
    sys.dont_write_bytecode = True
    sys.path.insert(0, zip_path)
    sys.modules["boto3"] = types.SimpleNamespace(client=_Secrets)  # type: ignore[assignment]  # nothing leaves this machine
    module, _, name = handler.rpartition(".")
    function: Any = None
    with contextlib.suppress(Exception):  # tried again by the invocation, which can tell what is wrong
        function = getattr(importlib.import_module(module), name)
    gc.freeze()
    gc.set_threshold(_GC_AFTER)
    while size := requests.readline():
        envelope, records = marshal.loads(requests.read(int(size)))  # noqa: S302 - our own process sent it
        answer: list[tuple[Any, ...] | None] | tuple[str, str]
        try:
            if function is None:
                function = getattr(importlib.import_module(module), name)
            response = json.dumps(function(event(envelope, records), None))
            answer = answers_of([record[0] for record in records], response)
        except AnswerError as error:
            answer = (error.code, str(error))
        except Exception as error:  # whatever it is, Lambda reports it and lives on
            answer = ("Lambda.FunctionError", f"{type(error).__name__}: {error}")
        body = marshal.dumps(answer)
        sys.stdout.flush()
        answers.write(b"%d\n" % len(body) + body)
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
