"""The routes file: which source table goes where, with which columns. Generated at synthesis; read once per process."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from .values import encoder_for

ROUTES_VERSION = 1
MAX_POSITION_EPOCH = 9999


class RoutesError(ValueError):
    """The routes file is not one that this function can follow. Lambda reports it at the first invocation, before any row is touched."""


class Mode(StrEnum):
    """`mirror`: the sink row equals the source row. `history`: every change is a row of its own."""

    MIRROR = "mirror"
    HISTORY = "history"


class Load(StrEnum):
    """What a full-load row becomes in a mirror: `update` is safe on a retry, `insert` is cheaper and may duplicate."""

    UPDATE = "update"
    INSERT = "insert"


class Unrouted(StrEnum):
    """What becomes of a record of a table without a route."""

    DROP = "drop"
    FAIL = "fail"


class UnknownColumns(StrEnum):
    """What becomes of a received column that nobody configured: left out, or the record fails, or it goes into the row as it came."""

    DISCARD = "discard"
    FREEZE = "freeze"
    EVOLVE = "evolve"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the target table.

    Attributes:
        name: in the target.
        source: key in the DMS message.
        type: Iceberg type, for example `long` or `decimal(12,2)`.
        required: null fails the record.
        hash: the value is replaced by its HMAC; the type is `string`.
    """

    name: str
    source: str
    type: str
    required: bool
    hash: bool


@dataclass(frozen=True, slots=True)
class Route:
    """One source table and where it goes. `keys` are target column names; `ignored` are source columns left out on purpose."""

    schema: str
    table: str
    database: str
    target: str
    mode: Mode
    load: Load
    keys: tuple[str, ...]
    unknown_columns: UnknownColumns
    columns: tuple[Column, ...]
    ignored: frozenset[str]


@dataclass(frozen=True, slots=True)
class BeforeImage:
    """How an update shows what the row was before.

    Attributes:
        field: the message's top-level key of the image.
        complete: the image holds every key, changed or not, as MySQL's do: an update that does not show one could hide that it changed,
            and fails. Else a key that the image leaves out did not change, as with PostgreSQL.
    """

    field: str
    complete: bool


@dataclass(frozen=True, slots=True)
class Routes:
    """The whole file.

    Attributes:
        unrouted: what becomes of a record whose table no delivery of the lake carries.
        other_deliveries: (schema, table) of the source tables that only other deliveries of the lake carry; they read the same stream.
        before_image: None when capture does not send one.
        position_epoch: of every position.
        routes: this delivery's.
    """

    unrouted: Unrouted
    other_deliveries: frozenset[tuple[str, str]]
    before_image: BeforeImage | None
    position_epoch: int
    routes: tuple[Route, ...]

    @property
    def needs_hash_key(self) -> bool:
        """Whether any column is hashed, and so whether the secret must be read."""
        return any(column.hash for route in self.routes for column in route.columns)


def history_columns(keys: Sequence[str]) -> tuple[str, ...]:
    """Returns the names of the columns that a history row carries after the configured ones, in order."""
    fixed = ("_op", "_commit_timestamp", "_position", "_stream_position", "_transaction_id", "_ingested_at")
    return (*fixed, *(f"_previous_{key}" for key in keys))


def parse_routes(text: str) -> Routes:
    """Reads a routes file.

    Raises:
        RoutesError: not JSON, another version, or a field that is missing, unknown in value or of the wrong kind; the message says where.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise RoutesError(f"routes file is not JSON: {error}") from None
    file = _Fields(document, "routes file")
    version = file.value("version", int)
    if version != ROUTES_VERSION:
        raise RoutesError(f"routes file: version {version} is not supported, expected {ROUTES_VERSION} (synthesise and deploy again)")
    epoch = file.value("position_epoch", int)
    if not 0 <= epoch <= MAX_POSITION_EPOCH:
        raise RoutesError(f"routes file: position_epoch must be between 0 and {MAX_POSITION_EPOCH}, got {epoch}")
    before_image = _before_image(file.value("before_image", dict)) if file.holds("before_image") else None
    others = [_Fields(item, f"other_deliveries[{index}]") for index, item in enumerate(file.value("other_deliveries", list))]
    other_deliveries = [(fields.text("schema"), fields.text("table")) for fields in others]
    routes = tuple(_route(_Fields(item, f"routes[{index}]")) for index, item in enumerate(file.value("routes", list)))
    _refuse_repeats("routes file: source table", [*((route.schema, route.table) for route in routes), *other_deliveries])
    return Routes(file.choice("unrouted", Unrouted), frozenset(other_deliveries), before_image, epoch, routes)


def _before_image(value: Mapping[str, object]) -> BeforeImage:
    fields = _Fields(value, "routes file: before_image")
    field = fields.text("field")
    if field in ("data", "metadata", "control"):
        raise RoutesError(f"routes file: before_image.field must not be one of DMS's own keys, got {field!r}")
    return BeforeImage(field, fields.value("complete", bool))


def _route(fields: "_Fields") -> Route:
    columns = tuple(_column(_Fields(item, f"{fields.where}.columns[{index}]")) for index, item in enumerate(fields.value("columns", list)))
    route = Route(
        schema=fields.text("schema"),
        table=fields.text("table"),
        database=fields.text("database"),
        target=fields.text("target"),
        mode=fields.choice("mode", Mode),
        load=fields.choice("load", Load),
        keys=fields.texts("keys"),
        unknown_columns=fields.choice("unknown_columns", UnknownColumns),
        columns=columns,
        ignored=frozenset(fields.texts("ignored")),
    )
    names = [column.name for column in columns]
    if not names:
        raise RoutesError(f"{fields.where}.columns must not be empty")
    unknown = [key for key in route.keys if key not in names]
    if unknown:
        raise RoutesError(f"{fields.where}.keys: {', '.join(unknown)} not among the columns {', '.join(names)}")
    _refuse_repeats(f"{fields.where}.keys", route.keys)
    if route.mode is Mode.HISTORY:
        names += history_columns(route.keys)
    elif not route.keys:
        raise RoutesError(f"{fields.where}.keys must not be empty in mirror mode")
    _refuse_repeats(f"{fields.where}.columns", names)
    return route


def _column(fields: "_Fields") -> Column:
    column = Column(
        name=fields.text("name"),
        source=fields.text("source"),
        type=fields.text("type"),
        required=fields.value("required", bool),
        hash=fields.value("hash", bool),
    )
    try:
        encoder_for(column.type)
    except ValueError as error:
        raise RoutesError(f"{fields.where}.type: {error}") from None
    if column.hash and column.type != "string":
        raise RoutesError(f"{fields.where}: a hashed column holds text, so its type must be string, got {column.type}")
    return column


def _refuse_repeats(where: str, names: Sequence[str | tuple[str, str]]) -> None:
    if len(set(names)) == len(names):
        return
    repeated = {name if isinstance(name, str) else ".".join(name) for name in names if names.count(name) > 1}
    raise RoutesError(f"{where}: {', '.join(sorted(repeated))} given more than once")


_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


class _Fields:
    """The members of one JSON object, read with the place they stand at for the error message."""

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise RoutesError(f"{where} must be an object, got {type(value).__name__}")
        self._fields = value
        self.where = where

    def value(self, name: str, kind: type[_T]) -> _T:
        if name not in self._fields:
            raise RoutesError(f"{self.where}: {name} is missing")
        value = self._fields[name]
        if type(value) is not kind:
            raise RoutesError(f"{self.where}.{name} must be {kind.__name__}, got {type(value).__name__}")
        return value

    def text(self, name: str) -> str:
        text = self.value(name, str)
        if not text:
            raise RoutesError(f"{self.where}.{name} must not be empty")
        return text

    def holds(self, name: str) -> bool:
        """Whether there is a value and not null; a name that is missing counts, so that reading it says so."""
        return name not in self._fields or self._fields[name] is not None

    def texts(self, name: str) -> tuple[str, ...]:
        items = self.value(name, list)
        if not all(isinstance(item, str) for item in items):
            raise RoutesError(f"{self.where}.{name} must hold only text")
        return tuple(items)

    def choice(self, name: str, choices: type[_E]) -> _E:
        text = self.text(name)
        try:
            return choices(text)
        except ValueError:
            raise RoutesError(f"{self.where}.{name} must be one of {', '.join(choices)}, got {text!r}") from None
