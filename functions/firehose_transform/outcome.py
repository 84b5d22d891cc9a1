"""What can become of one record, and why. Holds no row values except the row that is delivered."""

import json
from enum import StrEnum
from typing import NamedTuple


class Reason(StrEnum):
    """Why a record was not delivered. The values are what the logs show; none carries anything out of the record."""

    # Dropped on purpose.
    CONTROL = "control"
    OTHER_DELIVERY = "other_delivery"
    UNROUTED = "unrouted"
    # The bytes are not a DMS message.
    INVALID_BASE64 = "invalid_base64"
    INVALID_UTF8 = "invalid_utf8"
    INVALID_JSON = "invalid_json"
    TOO_DEEP = "too_deep"
    INVALID_METADATA = "invalid_metadata"
    INVALID_BEFORE_IMAGE = "invalid_before_image"
    NO_DATA = "no_data"
    # The row does not fit its table.
    UNKNOWN_COLUMN = "unknown_column"
    MISSING_KEY = "missing_key"
    MISSING_REQUIRED = "missing_required"
    INVALID_VALUE = "invalid_value"
    OUT_OF_RANGE = "out_of_range"
    DIGITS_LOST = "digits_lost"
    INEXACT_NUMBER = "inexact_number"
    INVALID_TEXT = "invalid_text"
    # The change cannot be applied.
    KEY_CHANGED = "key_changed"
    KEY_NOT_SHOWN = "key_not_shown"
    NO_POSITION = "no_position"
    # The result does not fit the service.
    RECORD_TOO_LARGE = "record_too_large"
    RESPONSE_TOO_LARGE = "response_too_large"
    # A defect of this function; the tests hold it at zero.
    UNEXPECTED = "unexpected"


class RecordError(Exception):
    """A record cannot be delivered. Caught inside the transform; it never reaches Lambda.

    Args:
        reason: what is wrong.
        column: the configured (never the received) name of the column at fault.
    """

    def __init__(self, reason: Reason, column: str | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.column = column


class Delivery:
    """Where rows of one route and operation go: built once, shared by all of their records, compared by identity.

    Attributes:
        table: `database.target`, for the logs.
        operation: the DMS operation: load, insert, update or delete.
        metadata_size: its length as `json.dumps` writes it.
        metadata: Firehose's record metadata, `{"otfMetadata": ...}`. Shared by many records of a response: never change it.
    """

    __slots__ = ("metadata", "metadata_size", "operation", "table")

    def __init__(self, database: str, target: str, operation: str, sink_operation: str) -> None:
        self.table = f"{database}.{target}"
        self.operation = operation
        self.metadata = {"otfMetadata": {"destinationDatabaseName": database, "destinationTableName": target, "operation": sink_operation}}
        self.metadata_size = len(json.dumps(self.metadata))


class Delivered(NamedTuple):
    """One row for Iceberg.

    Attributes:
        row: the flat JSON object, UTF-8.
        delivery: where it goes.
        unknown_columns: how many received columns no one configured; they are in the row only where the route lets them evolve.
        key_changed: the update changed a key column (history only; a mirror fails such a record).
        fallback_position: the source position had an unknown form, so the order rests on the commit time.
    """

    row: bytes
    delivery: Delivery
    unknown_columns: int = 0
    key_changed: bool = False
    fallback_position: bool = False


class Dropped(NamedTuple):
    """A record that is left out on purpose; Firehose counts it as processed.

    Attributes:
        reason: why.
        table: of a record without a route, the source table of the lake whose name differs from the record's in upper and lower case only.
    """

    reason: Reason
    table: str | None = None


class Failed(NamedTuple):
    """A record that goes to the error prefix.

    Attributes:
        reason: what is wrong.
        table: `database.target` when the record could be routed; else as in `Dropped`.
        column: the configured name of the column at fault, when there is one.
    """

    reason: Reason
    table: str | None = None
    column: str | None = None


Outcome = Delivered | Dropped | Failed
