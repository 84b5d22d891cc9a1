"""The answer to Firehose: one entry per record, within what Lambda may return."""

import json
from binascii import b2a_base64
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii
from typing import NamedTuple, TypeAlias

from .outcome import Delivered, Dropped, Failed, Outcome, Reason

# Lambda refuses a synchronous response above 6 MiB plus 100 bytes ("Exceeded maximum allowed payload size (6291556 bytes)"), Firehose's
# page says 6 MB. Staying at 6 MiB suits both.
MAX_RESPONSE_BYTES = 6 * 1024 * 1024

Record: TypeAlias = Mapping[str, object]
Entry: TypeAlias = dict[str, object]

# Sizes are those of json.dumps: ", " and ": " between members and ASCII only, the longest form that a Lambda runtime writes.
_SEPARATOR = len(", ")
_FRAME = len(json.dumps({"records": []})) - _SEPARATOR
_OK = len(json.dumps({"recordId": 0, "result": "Ok", "data": "", "metadata": 0})) - 2
_FAILED = len(json.dumps({"recordId": 0, "result": "ProcessingFailed", "data": ""})) - 1
_DROPPED = len(json.dumps({"recordId": 0, "result": "Dropped", "data": ""})) - 1


class Response(NamedTuple):
    """What goes back to Firehose.

    Attributes:
        entries: one per record, in order.
        size: bytes of the response as `json.dumps` writes it; an upper bound for every runtime.
        outcomes: as given, except for records that did not fit.
    """

    entries: list[Entry]
    size: int
    outcomes: list[Outcome]


def build(records: Sequence[Record], record_ids: Sequence[str], outcomes: list[Outcome]) -> Response:
    """Returns the response for a batch.

    Should the rows not fit together, they are taken in order, each that leaves room to answer all the others; the rest fail alone. The room
    that remains goes to the original data of failed records, again in order; where it does not fit the data is empty.
    """
    ids_size = len(encode_basestring_ascii("".join(record_ids))) - 2 + len(record_ids) * (_SEPARATOR + 2)
    size = _FRAME + (0 if records else _SEPARATOR) + ids_size
    entries: list[Entry] = []
    for record_id, outcome in zip(record_ids, outcomes, strict=True):
        if type(outcome) is Delivered:
            row, delivery = outcome[:2]
            data = b2a_base64(row, newline=False).decode("ascii")
            entries.append({"recordId": record_id, "result": "Ok", "data": data, "metadata": delivery.metadata})
            size += _OK + len(data) + delivery.metadata_size
        else:
            dropped = type(outcome) is Dropped
            entries.append({"recordId": record_id, "result": "Dropped" if dropped else "ProcessingFailed", "data": ""})
            size += _DROPPED if dropped else _FAILED
    if size > MAX_RESPONSE_BYTES:
        size = _fail_what_does_not_fit(entries, outcomes, size)
    return Response(entries, _echo_failed(entries, records, size), outcomes)


def _fail_what_does_not_fit(entries: list[Entry], outcomes: list[Outcome], size: int) -> int:
    """Replaces rows by failures until the response fits; returns its size."""
    growth = {
        index: (_OK + len(str(entries[index]["data"])) + outcome.delivery.metadata_size - _FAILED, outcome.delivery.table)
        for index, outcome in enumerate(outcomes)
        if isinstance(outcome, Delivered)
    }
    size -= sum(more for more, _ in growth.values())
    for index, (more, table) in growth.items():
        if size + more <= MAX_RESPONSE_BYTES:
            size += more
            continue
        outcomes[index] = Failed(Reason.RESPONSE_TOO_LARGE, table)
        entries[index] = {"recordId": entries[index]["recordId"], "result": "ProcessingFailed", "data": ""}
    return size


def _echo_failed(entries: list[Entry], records: Sequence[Record], size: int) -> int:
    """Puts the original data into failed entries while there is room; returns the new size."""
    for entry, record in zip(entries, records, strict=True):
        original = record.get("data")
        if entry["result"] == "ProcessingFailed" and isinstance(original, str) and original.isascii():
            more = len(encode_basestring_ascii(original)) - 2
            if size + more <= MAX_RESPONSE_BYTES:
                entry["data"] = original
                size += more
    return size
