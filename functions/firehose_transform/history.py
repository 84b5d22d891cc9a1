"""The columns that a history row carries beside its own: what happened, when, and where it stands in the source's order."""

from collections.abc import Mapping
from json.encoder import encode_basestring

from .message import JsonValue, Number
from .outcome import Reason, RecordError
from .position import Positions
from .temporal import encode_timestamptz
from .values import integer_text

# 9999-12-31T23:59:59.999Z in milliseconds: the end of what a timestamp column holds.
_MAX_ARRIVAL = 253_402_300_799_999
# Transaction ids are 64-bit numbers; a longer one was not written by a database.
_MAX_ID_DIGITS = 40


def load_columns(position: str, ingested_at: str) -> str:
    """Returns the extra columns of a full-load row, which has no transaction."""
    return change_columns("load", "null", position, "null", "null", ingested_at)


def change_columns(
    operation: str, commit_timestamp: object, position: str, stream_position: str, transaction_id: str, ingested_at: str
) -> str:
    """Returns the extra columns of a history row; `operation` and `position` as plain text, the others as JSON."""
    return (
        f',"_op":"{operation}","_commit_timestamp":{commit_timestamp},"_position":"{position}","_stream_position":{stream_position},'
        f'"_transaction_id":{transaction_id},"_ingested_at":{ingested_at}'
    )


def read_change(operation: str, metadata: Mapping[str, JsonValue], positions: Positions, ingested_at: str) -> tuple[str, bool]:
    """Returns the extra columns of a change from DMS's transaction details, and whether its position had to be made from the commit time.

    Raises:
        RecordError: a field has a form that it cannot have, or they do not make a position (DMS: IncludeTransactionDetails must be on).
    """
    commit_micros = _micros(metadata.get("commit-timestamp"))
    stream_position = metadata.get("stream-position")
    if not (stream_position is None or isinstance(stream_position, str)):
        raise RecordError(Reason.INVALID_METADATA)
    transaction_id = _identifier(metadata.get("transaction-id"))
    record_id = _identifier(metadata.get("transaction-record-id"))
    position, fallback = positions.change(stream_position, commit_micros, transaction_id, record_id)
    commit_timestamp = "null" if commit_micros is None else commit_micros
    return change_columns(operation, commit_timestamp, position, _text(stream_position), _text(transaction_id), ingested_at), fallback


def ingested_at(record: Mapping[str, object]) -> str:
    """Returns when the record reached the Kinesis stream (without one: Firehose), as epoch microseconds, or null.

    It comes from the record and not from the clock, so that a retried record gives the same row.
    """
    kinesis = record.get("kinesisRecordMetadata")
    arrival = kinesis.get("approximateArrivalTimestamp") if isinstance(kinesis, dict) else None
    if arrival is None:
        arrival = record.get("approximateArrivalTimestamp")
    if type(arrival) is int and 0 <= arrival <= _MAX_ARRIVAL:
        return str(arrival * 1000)
    return "null"


def _text(text: str | None) -> str:
    return "null" if text is None else encode_basestring(text)


def _micros(commit: JsonValue) -> int | None:
    if commit is None:
        return None
    try:
        encoded = encode_timestamptz(commit)
    except RecordError:
        raise RecordError(Reason.INVALID_METADATA) from None
    return None if encoded == "null" else int(encoded)


def _identifier(value: JsonValue) -> str | None:
    """Returns an id as plain digits; a text, or a number whose last digits may be gone (1.2345678901234567e+18), as it is.

    Neither makes a position: where the order would rest on it, the record fails.
    """
    if value is None:
        return None
    text = value if isinstance(value, str) else None
    if isinstance(value, Number):
        try:
            text = integer_text(value, _MAX_ID_DIGITS)
        except RecordError as rejected:
            text = str(value) if rejected.reason is Reason.INEXACT_NUMBER else None
    if text is None:
        raise RecordError(Reason.INVALID_METADATA)
    return text
