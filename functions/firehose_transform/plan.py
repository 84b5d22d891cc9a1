"""A route made ready to run: encoders looked up, names encoded, deliveries built. Everything here is done once per process."""

import re
from collections.abc import Iterable, Mapping
from json.encoder import encode_basestring

from .outcome import Delivery, Reason, RecordError
from .routes import Column, Mode, Route, UnknownColumns, history_columns
from .values import Encoder, encoder_for, exact_text, hash_encoder

# Glue takes no longer name, and lower-cases every one.
_MAX_NAME = 255
_NOT_IN_A_NAME = re.compile("[^a-z0-9_]")


def evolved_name(source: str) -> str:
    """Returns the lake's name of a source column that nobody configured: lower case, `_` for all but letters, digits and underscores."""
    name = _NOT_IN_A_NAME.sub("_", source.lower())
    return name if name and not name[0].isdigit() else f"_{name}"


class PlannedColumn:
    """A target column with what writing it takes.

    Attributes:
        prefix: `"name":`, the output text before the value.
        required: null fails the record; true of every key.
    """

    __slots__ = ("column", "encode", "is_key", "prefix", "required")

    def __init__(self, column: Column, is_key: bool, hash_key: bytes | None) -> None:
        self.column = column
        self.encode = _encoder(column, is_key, hash_key)
        self.is_key = is_key
        self.prefix = f"{encode_basestring(column.name)}:"
        self.required = column.required or is_key


def _encoder(column: Column, is_key: bool, hash_key: bytes | None) -> Encoder:
    if not column.hash:
        encode = encoder_for(column.type)
        return exact_text(encode) if is_key and column.type == "string" else encode
    if hash_key is None:
        raise ValueError(f"column {column.name} is hashed but there is no hash key: it must never be sent unhashed")
    return exact_text(hash_encoder(hash_key))


class Plan:
    """One route, ready to run.

    Attributes:
        columns: the target's columns, in order.
        keys: those of them that are keys, in the route's order.
        previous_prefixes: `"_previous_<key>":`, one per key.
        unchanged_keys: the end of a history row whose keys did not change, closing brace included.
        known: source columns that are configured or knowingly ignored.
        evolve: columns that nobody configured go into the row.
        deliveries: where a row goes, by DMS operation.
        table: `database.target`, for the logs.
    """

    __slots__ = (
        *("columns", "deliveries", "evolve", "freeze", "history", "keys", "known", "previous_prefixes", "route", "table", "unchanged_keys"),
        "_taken",
    )

    def __init__(self, route: Route, hash_key: bytes | None) -> None:
        self.route = route
        self.history = route.mode is Mode.HISTORY
        self.freeze = route.unknown_columns is UnknownColumns.FREEZE
        self.evolve = route.unknown_columns is UnknownColumns.EVOLVE
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
        self._taken = {evolved_name(source) for source in self.known}.union(by_name, history_columns(route.keys) if self.history else ())

    def evolved(self, received: Iterable[str]) -> list[tuple[str, str]]:
        """Returns the received columns that nobody configured, with the lake's names for them, in the order in which they came.

        Raises:
            RecordError: a name is another column's, or too long. One that differs from a dropped or hashed column only in its spelling is
                among those: what was meant to stay out must not come in by another door.
        """
        names = [(source, evolved_name(source)) for source in received if source not in self.known]
        new = {name for _, name in names}
        if len(new) < len(names) or not new.isdisjoint(self._taken) or max(map(len, new), default=0) > _MAX_NAME:
            raise RecordError(Reason.UNKNOWN_COLUMN)
        return names


def _sink_operation(route: Route, operation: str) -> str:
    """In a mirror everything that writes is an `update`, Firehose's upsert, so that a re-delivered record does not become a second row."""
    if route.mode is Mode.HISTORY:
        return "insert"
    if operation == "load":
        return route.load.value
    return "delete" if operation == "delete" else "update"
