"""The shapes of messages that the fast path knows, as regular expressions. See `fastpath` for why they may be trusted."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from json.encoder import encode_basestring
from typing import NamedTuple

from .message import Number
from .outcome import RecordError
from .plan import Plan, PlannedColumn
from .position import COUNT, LOG_FILE
from .temporal import naive_micros
from .values import JSON_NUMBER, Encoder, decimal_parameters

METADATA_START = ',"metadata":{'

# Written as what it leaves out: the other way round matches a little faster and takes fifty times as long to compile.
_CHARACTERS = r'[^"\\\x00-\x1f]*+'
_PLAIN_STRING = rf'"({_CHARACTERS})"'
# Escapes that JSON writers have one spelling for; `\/` and `\u` are not among them.
_STRING = rf'"{_CHARACTERS}(?:\\["\\bfnrt]{_CHARACTERS})*+"'
_SCALAR = rf"(?:{_STRING}|{JSON_NUMBER}|true|false|null)"
_DIGIT2 = "[0-9][0-9]"
_ISO_UTC = rf"{_DIGIT2}{_DIGIT2}-{_DIGIT2}-{_DIGIT2}T(?!24)[012][0-9]:[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}}+)?+"

# Values that are written as they were read. The number forms stay inside the range of their type with room to spare.
_FLOAT = r"-?(?:0|[1-9][0-9]{0,28})(?:\.[0-9]++)?+(?:[eE][+-]?[0-9])?"
_PASSING = {
    "string": _STRING,
    "int": r"(?:0|-?(?:[1-9][0-9]{0,8}|1[0-9]{9}|20[0-9]{8}))",
    "long": r"(?:0|-?(?:[1-9][0-9]{0,17}|[1-8][0-9]{18}))",
    "float": _FLOAT,
    "double": _FLOAT,
}

# The metadata members that are needed; the others only have to be JSON.
_NEEDED = {
    "schema-name": rf'"(?P<schema>{_CHARACTERS})"',
    "table-name": rf'"(?P<table>{_CHARACTERS})"',
    "transaction-id": rf"(?P<transaction>{COUNT})",
    "transaction-record-id": rf"(?P<record>{COUNT})",
    "commit-timestamp": rf'"(?P<commit>{_ISO_UTC})Z?"',
    "stream-position": rf'"(?P<position>{_CHARACTERS})"',
}
# MySQL's form, as `position` reads it: `<name>.<file number>:<offset>[:...]`.
_LOG_POSITION = rf'"(?P<position>[^"\\\x00-\x1f:.]++\.(?P<file>{LOG_FILE}):(?P<offset>{COUNT})(?::{_CHARACTERS})?+)"'

Convert = Callable[[str], object]


class Image(NamedTuple):
    """The before image of an update: the message's key for it, and its members as they come."""

    field: str
    members: tuple[str, ...]


class Envelope:
    """The metadata of one operation with its members in one order. Its first two groups are schema and table.

    Args:
        operation: of DMS.
        members: the metadata's keys as they come.
        from_log: the stream position has MySQL's form, so that its parts can be had from the same match.

    Attributes:
        details: the groups of commit time, stream position, transaction id and record id, then those of log file and offset if `from_log`;
            None when DMS does not send them.

    Raises:
        ValueError: this shape has no fast form.
    """

    __slots__ = ("details", "from_log", "match", "operation")

    def __init__(self, operation: str, members: Sequence[str], from_log: bool) -> None:
        forms = {"record-type": '"data"', "operation": f'"{operation}"', **_NEEDED}
        if from_log:
            forms["stream-position"] = _LOG_POSITION
        body = ",".join(f"{re.escape(encode_basestring(name))}:{forms.get(name, _SCALAR)}" for name in members)
        expression = re.compile(rf"{re.escape(METADATA_START)}{body}\}}\}}[ \t\r\n]*+")
        groups = expression.groupindex
        if (groups["schema"], groups["table"]) != (1, 2):
            raise ValueError("schema and table come late")
        self.match = expression.fullmatch
        self.operation = operation
        self.from_log = from_log
        wanted = ("commit", "position", "transaction", "record", *(("file", "offset") if from_log else ()))
        self.details = tuple(groups[name] for name in wanted) if all(name in groups for name in wanted) else None


class _Piece:
    """A part of the row: what it looks like in the message, and what becomes of it in the output.

    Attributes:
        expression: matches it in the message; has one group unless the piece is not written.
        rank: index of its (first) target column, None when it is not written.
        text: its output, `%s` standing for the group.
        convert: makes the group's text into the output's; None when it passes.
        joinable: the group is the whole `"name":value`, so neighbours can share one group.
    """

    __slots__ = ("convert", "expression", "joinable", "rank", "text")

    def __init__(
        self, key: str, column: PlannedColumn | None, rank: int | None, evolved: str | None = None, compared: str | None = None
    ) -> None:
        name = f"{encode_basestring(key)}:"
        self.rank = rank
        self.convert: Convert | None = None
        self.joinable = False
        if column is None:
            self.expression = re.escape(name) + (_SCALAR if evolved is None else f"({_SCALAR})")
            self.text = f'"{evolved}":%s'
            return
        self.text = column.prefix.replace("%", "%%") + "%s"
        null = "" if column.required else "null|"
        passing = None if column.column.hash else _PASSING.get(column.column.type)
        if passing is None:
            form, self.convert = _converted(column)
            value = f"(?:{null}{form})"
        elif name == column.prefix:
            value = f"(?:{null}{passing})"
            self.text = "%s"
            self.joinable = True
        else:
            value = f"({null}{passing})"
        self.expression = re.escape(name) + (value if compared is None else f"(?P<{compared}>{value})")


class Layout:
    """The row of one table with its columns in one order, as an expression whose groups are the pieces of the output.

    Args:
        plan: the table's.
        keys: the row's keys as they come.
        image: of an update, what its before image looks like; None where it has none. A key that it shows must stand there as in the row,
            letter by letter: it did not change.

    Attributes:
        evolved: columns that nobody configured and that go into the row, with the lake's names for them.

    Raises:
        ValueError: this shape has no fast form.
    """

    __slots__ = ("conversions", "evolved", "groups", "match", "order", "plan", "template", "unknown")

    def __init__(self, plan: Plan, keys: Sequence[str], image: Image | None) -> None:
        ranks = {column.column.source: rank for rank, column in enumerate(plan.columns)}
        if len(ranks) < len(plan.columns):
            raise ValueError("a source column feeds two columns")
        self.plan = plan
        self.unknown = len(set(keys) - plan.known)
        try:
            self.evolved = dict(plan.evolved(keys)) if plan.evolve else {}
        except RecordError:
            raise ValueError("a column that nobody configured has no name of its own") from None
        ranks |= {key: len(plan.columns) + place for place, key in enumerate(self.evolved)}
        shown = () if image is None else image.members
        compared = {key.column.source: f"key{place}" for place, key in enumerate(plan.keys) if key.column.source in shown}
        pieces = _pieces(plan, keys, ranks, self.evolved, compared)
        before = "" if image is None else _image_expression(image, compared)
        expression = ",".join(piece.expression for piece in pieces)
        compiled = re.compile(rf'\{{"data":\{{{expression}\}}{before}')
        self.match = compiled.fullmatch
        inner = compiled.groupindex.values()
        # Keys that are compared are groups within the pieces' own.
        self.groups = tuple(group for group in range(1, compiled.groups + 1) if group not in inner) if compared else None

        written = [piece for piece in pieces if piece.rank is not None]
        self.conversions = tuple((group, piece.convert) for group, piece in enumerate(written) if piece.convert is not None)
        outputs = [(piece.rank or 0, piece.text, group) for group, piece in enumerate(written)]
        for rank, column in enumerate(plan.columns):
            if column.column.source not in keys:
                if column.required:
                    raise ValueError("a required column is absent")
                outputs.append((rank, column.prefix.replace("%", "%%") + "null", -1))
        outputs.sort()
        self.template = "{" + ",".join(text for _, text, _ in outputs)
        order = [group for _, _, group in outputs if group >= 0]
        self.order = order if order != sorted(order) else None

    def columns(self, found: re.Match[str]) -> str:
        """Returns the row up to its last configured column, without the closing brace.

        Args:
            found: what `match` gave.

        Raises:
            RecordError, ValueError: a value is not what its type holds.
        """
        groups = found.groups() if self.groups is None else found.group(0, *self.groups)[1:]
        parts: list[object] = [*groups]
        for group, convert in self.conversions:
            raw = groups[group]
            parts[group] = "null" if raw is None else convert(raw)
        if self.order is not None:
            parts = [parts[group] for group in self.order]
        return self.template % tuple(parts)


def _image_expression(image: Image, compared: Mapping[str, str]) -> str:
    """Returns the form of a before image in which the keys are those of the row."""
    members = [
        f"{re.escape(encode_basestring(name))}:" + (f"(?P={compared[name]})" if name in compared else _SCALAR) for name in image.members
    ]
    return rf",{re.escape(encode_basestring(image.field))}:\{{{','.join(members)}\}}"


def _pieces(
    plan: Plan, keys: Sequence[str], ranks: Mapping[str, int], evolved: Mapping[str, str], compared: Mapping[str, str]
) -> list[_Piece]:
    """Returns the pieces of a row, neighbours that pass in the target's own order joined into one."""
    pieces: list[_Piece] = []
    run: list[_Piece] = []

    def close() -> None:
        if run:
            run[0].expression = f"({','.join(piece.expression for piece in run)})"
            run.clear()

    for key in keys:
        rank = ranks.get(key)
        column = None if rank is None or key in evolved else plan.columns[rank]
        piece = _Piece(key, column, rank, evolved.get(key), compared.get(key))
        if piece.joinable and run and rank == (run[0].rank or 0) + len(run):
            run.append(piece)
            continue
        close()
        pieces.append(piece)
        if piece.joinable:
            run.append(piece)
    close()
    return pieces


def _converted(column: PlannedColumn) -> tuple[str, Convert]:
    """Returns the form, with one group, of a value that has to be written anew, and how to write it from the group."""
    kind = column.column.type
    if column.column.hash:
        return _PLAIN_STRING, column.encode
    if kind in ("timestamp", "timestamptz"):
        return f'"({_ISO_UTC})Z?"', naive_micros
    if kind == "boolean":
        return "(true|false|0|1)", {"true": "true", "false": "false", "0": "false", "1": "true"}.__getitem__
    if decimal := decimal_parameters(kind):
        return _decimal_form(*decimal), _decimal_converter(column.encode, decimal[1])
    return _PLAIN_STRING, partial(_not_null, column.encode) if column.required else column.encode


def _not_null(encode: Encoder, text: str) -> str:
    encoded = encode(text)
    if encoded == "null":
        raise ValueError("a zero date in a required column")
    return encoded


def _decimal_form(precision: int, scale: int) -> str:
    """Returns the form of a number in plain notation that a decimal holds without loss; minus zero is left to the encoder."""
    whole_digits = precision - scale
    whole = rf"(?:0|[1-9][0-9]{{0,{whole_digits - 1}}}+)" if whole_digits else "0"
    fraction = rf"(?:\.[0-9]{{1,{scale}}}+)?+" if scale else ""
    return rf"((?:-(?!0(?:\.0++)?+[,}}]))?+{whole}{fraction})"


def _decimal_converter(encode: Encoder, scale: int) -> Convert:
    """Returns a converter that quotes a number with the scale of its type and has any other encoded."""

    def convert(text: str) -> str:
        if scale == 0 or text[-scale - 1 : -scale] == ".":
            return f'"{text}"'
        return encode(Number(text))

    return convert
