"""Table-map events: a table as it was when its rows were written, whatever it has become since.

With `binlog_row_metadata=FULL` they hold names, character sets, listed values and the primary key beside the types, so that the catalog,
which knows the present only, is not asked.

https://dev.mysql.com/doc/dev/mysql-server/latest/classmysql_1_1binlog_1_1event_1_1Table__map__event.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from constructs_lib.config.source_table import source_label
from scripts.local.source import log_values
from scripts.local.source.charsets import Charset
from scripts.local.source.columns import Column, Kind, SourceTable
from scripts.local.source.errors import CaptureError
from scripts.local.source.log_values import LogReader
from scripts.local.source.types import TypeRules

_BYTES_OF_INTEGER = {1: 1, 2: 2, 3: 4, 9: 3, 8: 8}
_FLOAT, _DOUBLE, _DATE, _YEAR, _NEW_DATE, _VARCHAR, _BIT = 4, 5, 10, 13, 14, 15, 16
_TIMESTAMP, _DATETIME, _TIME = 17, 18, 19
_JSON, _DECIMAL, _ENUM, _SET, _BLOB, _VAR_STRING, _STRING, _GEOMETRY = 245, 246, 247, 248, 252, 253, 254, 255
_META_BYTES = {
    **dict.fromkeys((_FLOAT, _DOUBLE, _TIMESTAMP, _DATETIME, _TIME, _BLOB, _JSON, _GEOMETRY), 1),
    **dict.fromkeys((_VARCHAR, _BIT, _DECIMAL, _VAR_STRING, _STRING, _ENUM, _SET), 2),
}
_SIGNED_TYPES = frozenset({*_BYTES_OF_INTEGER, _FLOAT, _DOUBLE, _DECIMAL, _YEAR})
_TEXT_TYPES = frozenset({_VARCHAR, _VAR_STRING, _STRING, _BLOB, _GEOMETRY})
_OLD_TEMPORAL = {7: "a TIMESTAMP of before MySQL 5.6.4", 11: "a TIME of before MySQL 5.6.4", 12: "a DATETIME of before MySQL 5.6.4"}
_LARGE_FROM = 3  # a length of three bytes: MEDIUMTEXT, MEDIUMBLOB
_NEEDS_METADATA = "the server's binlog_row_metadata must be FULL for a local lake (set it, and write the rows again)"


class _Bytes:
    """Reads one event from front to back."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.at = 0

    @property
    def more(self) -> bool:
        return self.at < len(self.content)

    def take(self, count: int) -> bytes:
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self) -> int:
        """A packed integer of 1, 3, 4 or 9 bytes."""
        first = self.take(1)[0]
        return first if first < 251 else int.from_bytes(self.take({252: 2, 253: 3, 254: 8}[first]), "little")

    def text(self) -> bytes:
        return self.take(self.number())


@dataclass
class _Raw:
    """A column as the event has it, before all its parts are known."""

    type: int
    meta: bytes
    nullable: bool
    name: str = ""
    unsigned: bool = False
    collation: int = 63
    values: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class TableMap:
    """A table as of one event, and how to read its rows.

    Attributes:
        table: what the event says; `hidden` is not in it.
        readers: how to read each column's values.
    """

    table: SourceTable
    readers: tuple[LogReader, ...]


def table_name(body: bytes) -> tuple[str, str]:
    """Schema and table that a table-map event is about."""
    schema_end = 9 + body[8]
    table_start = schema_end + 2
    return body[9:schema_end].decode(), body[table_start : table_start + body[schema_end + 1]].decode()


def read_table_map(body: bytes, charsets: Mapping[int, Charset], rules: TypeRules) -> TableMap:
    """Reads a table-map event.

    Args:
        body: the event without its header.
        charsets: by collation id.
        rules: how the task writes values.

    Raises:
        CaptureError: the server leaves out the metadata, or a column cannot be captured.
    """
    content = _Bytes(body)
    content.at = 8  # table id and flags
    schema, name = (content.text().decode(), content.take(1))[0], (content.text().decode(), content.take(1))[0]
    types = content.take(content.number())
    metas = _Bytes(content.text())
    nulls = content.take((len(types) + 7) // 8)
    raws = [
        _resolved(_Raw(kind, metas.take(_META_BYTES.get(kind, 0)), bool(nulls[place // 8] >> place % 8 & 1)))
        for place, kind in enumerate(types)
    ]
    keys = _metadata(content, raws)
    if not all(raw.name for raw in raws):
        raise CaptureError(f"{source_label(schema, name)}: {_NEEDS_METADATA}")
    pairs = [_column(raw, charsets, rules) for raw in raws]
    table = SourceTable(schema, name, tuple(column for column, _ in pairs), tuple(raws[place].name for place in keys))
    return TableMap(table, tuple(reader for _, reader in pairs))


def _resolved(raw: _Raw) -> _Raw:
    """CHAR, BINARY, ENUM and SET share a type number; which it is stands in the metadata, with bits of the length mixed in."""
    if raw.type != _STRING:
        return raw
    first, second = raw.meta
    if first in (_ENUM, _SET):
        return replace(raw, type=first, meta=bytes([second]))
    length = second | (((first & 0x30) ^ 0x30) << 4)
    return replace(raw, meta=length.to_bytes(2, "little"))


def _metadata(content: _Bytes, raws: list[_Raw]) -> list[int]:
    """Puts the optional metadata into the columns; returns the places of the key's columns."""
    signed = [raw for raw in raws if raw.type in _SIGNED_TYPES]
    texts = [raw for raw in raws if raw.type in _TEXT_TYPES]
    listed = [raw for raw in raws if raw.type in (_ENUM, _SET)]
    keys: list[int] = []
    while content.more:
        kind, part = content.take(1)[0], _Bytes(content.text())
        if kind == 1:
            for place, raw in enumerate(signed):
                raw.unsigned = bool(part.content[place // 8] >> 7 - place % 8 & 1)
        elif kind in (2, 10):
            _default_collations(part, texts if kind == 2 else listed)
        elif kind in (3, 11):
            for raw in texts if kind == 3 else listed:
                raw.collation = part.number()
        elif kind == 4:
            for raw in raws:
                raw.name = part.text().decode()
        elif kind in (5, 6):
            for raw in raws:
                if raw.type == (_SET if kind == 5 else _ENUM):
                    raw.values = [part.text() for _ in range(part.number())]
        elif kind == 8:
            keys = list(_numbers(part))
        elif kind == 9:
            keys = list(_numbers(part))[::2]
    return keys


def _numbers(part: _Bytes) -> Iterator[int]:
    while part.more:
        yield part.number()


def _default_collations(part: _Bytes, raws: list[_Raw]) -> None:
    default = part.number()
    for raw in raws:
        raw.collation = default
    others = list(_numbers(part))
    for place, collation in zip(others[::2], others[1::2], strict=True):
        raws[place].collation = collation


def _column(raw: _Raw, charsets: Mapping[int, Charset], rules: TypeRules) -> tuple[Column, LogReader]:
    """The column, and how to read its values."""
    kind, meta, fact = raw.type, raw.meta, Column(raw.name, Kind.INTEGER, nullable=raw.nullable, unsigned=raw.unsigned)
    if kind in _BYTES_OF_INTEGER:
        column = replace(fact, length=_BYTES_OF_INTEGER[kind])
        return column, log_values.integer_reader(column, rules)
    if kind in (_FLOAT, _DOUBLE):
        column = replace(fact, kind=Kind.FLOAT if kind == _FLOAT else Kind.DOUBLE)
        return column, log_values.float_reader(column)
    if kind == _DECIMAL:
        column = replace(fact, kind=Kind.DECIMAL, precision=meta[0], scale=meta[1])
        return column, log_values.decimal_reader(column)
    if kind == _BIT:
        column = replace(fact, kind=Kind.BIT, length=meta[1] * 8 + meta[0])
        return column, log_values.bit_reader(column, rules)
    if kind == _YEAR:
        return replace(fact, kind=Kind.YEAR, unsigned=False), log_values.year_reader
    if kind in (_DATE, _NEW_DATE):
        return replace(fact, kind=Kind.DATE), log_values.date_reader
    if kind == _TIME:
        return replace(fact, kind=Kind.TIME, scale=meta[0]), log_values.time_reader(meta[0])
    if kind == _DATETIME:
        return replace(fact, kind=Kind.DATETIME, scale=meta[0]), log_values.datetime_reader(meta[0])
    if kind == _TIMESTAMP:
        return replace(fact, kind=Kind.TIMESTAMP, scale=meta[0]), log_values.timestamp_reader(meta[0])
    if kind in (_ENUM, _SET):
        return _listed_column(raw, fact, charsets)
    if kind in _TEXT_TYPES:
        return _string_column(raw, fact, charsets, rules)
    if kind == _JSON:
        column = replace(fact, kind=Kind.JSON, large=True)
        return column, log_values.json_reader(column, meta[0], rules)
    raise log_values.unsupported(raw.name, _OLD_TEMPORAL.get(kind, f"number {kind}"))


def _listed_column(raw: _Raw, fact: Column, charsets: Mapping[int, Charset]) -> tuple[Column, LogReader]:
    codec = _charset(raw, charsets).codec or "ascii"
    values = [value.decode(codec) for value in raw.values]
    kind = Kind.ENUM if raw.type == _ENUM else Kind.SET
    length = max(map(len, values), default=0) if kind is Kind.ENUM else len(",".join(values))
    column = replace(fact, kind=kind, length=length)
    return column, log_values.listed_reader(column, raw.meta[0] if len(raw.meta) == 1 else raw.meta[1], values)


def _string_column(raw: _Raw, fact: Column, charsets: Mapping[int, Charset], rules: TypeRules) -> tuple[Column, LogReader]:
    charset = _charset(raw, charsets)
    is_blob = raw.type in (_BLOB, _GEOMETRY)
    length_size = raw.meta[0] if is_blob else (1 if int.from_bytes(raw.meta, "little") <= 255 else 2)
    most = 256 ** raw.meta[0] - 1 if is_blob else int.from_bytes(raw.meta, "little")
    large = is_blob and raw.meta[0] >= _LARGE_FROM
    if charset.codec is None or raw.type == _GEOMETRY:
        column = replace(fact, kind=Kind.BYTES, length=most, large=large, fixed=raw.type == _STRING)
        return column, log_values.string_reader(length_size, log_values.bytes_writer(column, rules))
    column = replace(fact, kind=Kind.TEXT, length=most if is_blob else most // charset.longest, large=large)
    return column, log_values.string_reader(length_size, log_values.text_writer(column, charset.codec, rules))


def _charset(raw: _Raw, charsets: Mapping[int, Charset]) -> Charset:
    if raw.collation not in charsets:
        raise CaptureError(f"column {raw.name} has the collation {raw.collation}, which the server does not list")
    return charsets[raw.collation]
