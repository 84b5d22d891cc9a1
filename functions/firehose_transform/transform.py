"""One record in, one outcome out: everything the function decides, with no clock, no randomness and no I/O."""

from collections.abc import Mapping

from .fastpath import LEARN_AFTER, FastPath
from .history import ingested_at, load_columns, read_change
from .message import JsonValue, decode, parse
from .outcome import Delivered, Dropped, Failed, Outcome, Reason, RecordError
from .plan import Plan, PlannedColumn
from .position import Positions
from .routes import Routes, Unrouted
from .values import as_sent

# Firehose takes no record above 1,000 KiB (docs.aws.amazon.com/firehose/latest/dev/limits.html).
MAX_ROW_BYTES = 1_024_000


class Transformer:
    """Turns Firehose records into rows by a routes file.

    It remembers the shapes of the messages it has seen (see `fastpath`), which changes its speed and never its answer.

    Args:
        routes: the parsed routes file.
        hash_key: key of the HMAC for hashed columns; needed when a route has one.
        learn_after: messages of one shape before the fast path learns it; None leaves every record to the clear path below.

    Raises:
        ValueError: a column is hashed and there is no key.
    """

    def __init__(self, routes: Routes, hash_key: bytes | None = None, learn_after: int | None = LEARN_AFTER) -> None:
        self._plans = {(route.schema, route.table): Plan(route, hash_key) for route in routes.routes}
        self._other_deliveries = routes.other_deliveries
        self._fails_unrouted = routes.unrouted is Unrouted.FAIL
        self._names = {_folded(*source): ".".join(source) for source in (*self._plans, *routes.other_deliveries)}
        self._before_image = routes.before_image
        self._positions = Positions(routes.position_epoch)
        self._fast = None if learn_after is None else FastPath(self._plans, routes.before_image, self._positions, learn_after)

    def record(self, record: Mapping[str, object]) -> Outcome:
        """Returns what becomes of one record of a Firehose event. Never raises, whatever the record holds."""
        try:
            text = decode(record.get("data"))
            outcome: Outcome | None = self._fast.deliver(text, record) if self._fast is not None else None
            if outcome is None:
                outcome = self._message(parse(text), record)
        except RecordError as rejected:
            return Failed(rejected.reason)
        except Exception:  # A defect of ours must cost one record, not a batch; its text may hold a value, so only the count is kept.
            return Failed(Reason.UNEXPECTED)
        if type(outcome) is Delivered and len(outcome.row) > MAX_ROW_BYTES:
            return Failed(Reason.RECORD_TOO_LARGE, outcome.delivery.table)
        return outcome

    def _message(self, message: dict[str, JsonValue], record: Mapping[str, object]) -> Outcome:
        """The clear path: decides about one decoded message.

        Raises:
            RecordError: it is not a message of DMS.
        """
        metadata = message.get("metadata")
        if not isinstance(metadata, dict):
            raise RecordError(Reason.INVALID_METADATA)
        kind, operation, schema, table = (metadata.get(key) for key in ("record-type", "operation", "schema-name", "table-name"))
        if kind == "control":
            return Dropped(Reason.CONTROL)
        if kind != "data" or not (isinstance(operation, str) and isinstance(schema, str) and isinstance(table, str)):
            raise RecordError(Reason.INVALID_METADATA)
        plan = self._plans.get((schema, table))
        if plan is None:
            return self._unrouted(schema, table)
        try:
            delivered = self._row(plan, operation, message, metadata, record)
        except RecordError as rejected:
            return Failed(rejected.reason, plan.table, rejected.column)
        except UnicodeEncodeError:  # A lone surrogate, which JSON can escape and UTF-8 cannot hold.
            return Failed(Reason.INVALID_TEXT, plan.table)
        if self._fast is not None:
            self._fast.observe(message, plan, operation)
        return delivered

    def _unrouted(self, schema: str, table: str) -> Outcome:
        """A name in another case is not routed, since a server may tell cases apart; but the outcome says which table it resembles."""
        if (schema, table) in self._other_deliveries:
            return Dropped(Reason.OTHER_DELIVERY)
        resembled = self._names.get(_folded(schema, table))
        return Failed(Reason.UNROUTED, resembled) if self._fails_unrouted else Dropped(Reason.UNROUTED, resembled)

    def _row(
        self,
        plan: Plan,
        operation: str,
        message: Mapping[str, JsonValue],
        metadata: Mapping[str, JsonValue],
        record: Mapping[str, object],
    ) -> Delivered:
        delivery = plan.deliveries.get(operation)
        if delivery is None:
            raise RecordError(Reason.INVALID_METADATA)
        data = message.get("data")
        if not isinstance(data, dict) or not data:
            raise RecordError(Reason.NO_DATA)
        unknown = len(data.keys() - plan.known)
        if unknown and plan.freeze:
            raise RecordError(Reason.UNKNOWN_COLUMN)
        only_keys = operation == "delete" and not plan.history
        columns = ",".join(_columns(plan, data, only_keys))
        if unknown and plan.evolve and not only_keys:  # A delete on keys carries no values.
            columns += "".join([f',"{name}":{as_sent(data[source])}' for source, name in plan.evolved(data)])
        previous = self._previous_keys(plan, message, data) if operation == "update" else None
        if not plan.history:
            if previous is not None:
                raise RecordError(Reason.KEY_CHANGED)
            return Delivered(f"{{{columns}}}".encode(), delivery, unknown)
        if operation == "load":
            extra, fallback = load_columns(self._positions.load, ingested_at(record)), False
        else:
            extra, fallback = read_change(operation, metadata, self._positions, ingested_at(record))
        if previous is None:
            end = plan.unchanged_keys
        else:
            end = "".join(f",{prefix}{old}" for prefix, old in zip(plan.previous_prefixes, previous, strict=True)) + "}"
        return Delivered(f"{{{columns}{extra}{end}".encode(), delivery, unknown, previous is not None, fallback)

    def _previous_keys(self, plan: Plan, message: Mapping[str, JsonValue], data: Mapping[str, JsonValue]) -> tuple[str, ...] | None:
        """Returns the old values of all keys when the before image shows that one of them changed, else None.

        Values are compared as they would be written, so 46 equals "46".

        Raises:
            RecordError: the image is no object, or it is complete by its setting and does not show a key: the old row could stay unseen.
        """
        if self._before_image is None:
            return None
        before = message.get(self._before_image.field)
        if before is None:
            before = {}
        if not isinstance(before, dict):
            raise RecordError(Reason.INVALID_BEFORE_IMAGE)
        if self._before_image.complete:
            for key in plan.keys:
                if key.column.source not in before:
                    raise RecordError(Reason.KEY_NOT_SHOWN, key.column.name)
        new = tuple(_encoded(key, data) for key in plan.keys)
        old = tuple(_encoded(key, before) if key.column.source in before else value for key, value in zip(plan.keys, new, strict=True))
        return None if old == new else old


def _folded(schema: str, table: str) -> tuple[str, str]:
    return schema.casefold(), table.casefold()


def _columns(plan: Plan, data: Mapping[str, JsonValue], only_keys: bool) -> list[str]:
    """Returns `"name":value` for every configured column.

    Args:
        only_keys: the row is a delete on keys. Sources such as PostgreSQL send no more than those, so others may be null, and a value that
            could not be stored must not keep its row from being deleted.
    """
    parts = []
    for column in plan.columns:
        lenient = only_keys and not column.is_key
        encoded = _encoded_or_null(column, data) if lenient else _encoded(column, data)
        if encoded == "null" and column.required and not lenient:
            raise RecordError(Reason.MISSING_KEY if column.is_key else Reason.MISSING_REQUIRED, column.column.name)
        parts.append(column.prefix + encoded)
    return parts


def _encoded(column: PlannedColumn, row: Mapping[str, JsonValue]) -> str:
    value = row.get(column.column.source)
    if value is None:
        return "null"
    try:
        return column.encode(value)
    except RecordError as rejected:
        raise RecordError(rejected.reason, column.column.name) from None


def _encoded_or_null(column: PlannedColumn, row: Mapping[str, JsonValue]) -> str:
    try:
        encoded = _encoded(column, row)
        encoded.encode()
    except (RecordError, UnicodeEncodeError):
        return "null"
    return encoded
