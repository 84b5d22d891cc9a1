"""A route made ready to run: encoders looked up, names encoded, deliveries built. Everything here is done once per process."""

from collections.abc import Mapping
from json.encoder import encode_basestring

from .outcome import Delivery
from .routes import Column, Mode, Route, UnknownColumns
from .values import encoder_for, hash_encoder


class PlannedColumn:
    """A target column with what writing it takes.

    Attributes:
        prefix: `"name":`, the output text before the value.
        required: null fails the record; true of every key.
    """

    __slots__ = ("column", "encode", "is_key", "prefix", "required")

    def __init__(self, column: Column, is_key: bool, hash_key: bytes | None) -> None:
        if column.hash and hash_key is None:
            raise ValueError(f"column {column.name} is hashed but there is no hash key: it must never be sent unhashed")
        self.column = column
        self.encode = hash_encoder(hash_key) if column.hash and hash_key is not None else encoder_for(column.type)
        self.is_key = is_key
        self.prefix = f"{encode_basestring(column.name)}:"
        self.required = column.required or is_key


class Plan:
    """One route, ready to run.

    Attributes:
        columns: the target's columns, in order.
        keys: those of them that are keys, in the route's order.
        previous_prefixes: `"_previous_<key>":`, one per key.
        unchanged_keys: the end of a history row whose keys did not change, closing brace included.
        known: source columns that are configured or knowingly ignored.
        deliveries: where a row goes, by DMS operation.
        table: `database.target`, for the logs.
    """

    __slots__ = ("columns", "deliveries", "freeze", "history", "keys", "known", "previous_prefixes", "route", "table", "unchanged_keys")

    def __init__(self, route: Route, hash_key: bytes | None) -> None:
        self.route = route
        self.history = route.mode is Mode.HISTORY
        self.freeze = route.unknown_columns is UnknownColumns.FREEZE
        self.columns = tuple(PlannedColumn(column, column.name in route.keys, hash_key) for column in route.columns)
        by_name = {column.column.name: column for column in self.columns}
        self.keys = tuple(by_name[key] for key in route.keys)
        self.previous_prefixes = tuple(f"{encode_basestring(f'_previous_{key}')}:" for key in route.keys)
        self.unchanged_keys = "".join(f",{prefix}null" for prefix in self.previous_prefixes) + "}"
        self.known = route.ignored.union(column.source for column in route.columns)
        self.deliveries: Mapping[str, Delivery] = {
            operation: Delivery(route.database, route.target, operation, _sink_operation(route, operation))
            for operation in ("load", "insert", "update", "delete")
        }
        self.table = f"{route.database}.{route.target}"


def _sink_operation(route: Route, operation: str) -> str:
    """In a mirror everything that writes is an `update`, Firehose's upsert, so that a re-delivered record does not become a second row."""
    if route.mode is Mode.HISTORY:
        return "insert"
    if operation == "load":
        return route.load.value
    return "delete" if operation == "delete" else "update"
