"""MySQL's binary JSON into the text that MySQL itself shows for it. MariaDB has none: its JSON is a text.

https://dev.mysql.com/doc/dev/mysql-server/latest/json__binary_8h.html
"""

from __future__ import annotations

import struct
from base64 import b64encode

from scripts.local.source.columns import Column, Kind
from scripts.local.source.types import NULL, quote

_LITERALS = (NULL, "true", "false")
_NUMBERS = {5: "<h", 6: "<H", 7: "<i", 8: "<I", 9: "<q", 10: "<Q", 11: "<d"}
_TEXT, _OPAQUE = 12, 15
_DECIMAL, _DATE, _TIME, _TEMPORAL = 246, 10, 11, (7, 10, 11, 12, 17, 18)
_MICROSECONDS_BITS = 24


def json_text(content: bytes) -> str:
    """The text of a JSON document, or of nothing, which is null."""
    return _value(content[0], content[1:]) if content else NULL


def _value(kind: int, content: bytes) -> str:
    if kind <= 3:
        return _container(content, is_object=kind < 2, wide=bool(kind & 1))
    if kind == 4:
        return _LITERALS[content[0]]
    if kind in _NUMBERS:
        number = struct.unpack_from(_NUMBERS[kind], content)[0]
        return repr(number) if kind == 11 else str(number)
    if kind == _TEXT:
        return quote(_sized(content).decode())
    if kind == _OPAQUE:
        return _opaque(content[0], _sized(content[1:]))
    raise ValueError(f"JSON type {kind}")


def _container(content: bytes, *, is_object: bool, wide: bool) -> str:
    width = 4 if wide else 2
    count = int.from_bytes(content[:width], "little")
    at = 2 * width
    names = []
    for _ in range(count if is_object else 0):
        start, length = int.from_bytes(content[at : at + width], "little"), int.from_bytes(content[at + width : at + width + 2], "little")
        names.append(content[start : start + length].decode())
        at += width + 2
    values = []
    for _ in range(count):
        kind, entry = content[at], content[at + 1 : at + 1 + width]
        inline = kind in (4, 5, 6) or (wide and kind in (7, 8))
        values.append(_value(kind, entry if inline else content[int.from_bytes(entry, "little") :]))
        at += 1 + width
    if is_object:
        return "{" + ", ".join(f"{quote(name)}: {value}" for name, value in zip(names, values, strict=True)) + "}"
    return "[" + ", ".join(values) + "]"


def _sized(content: bytes) -> bytes:
    """Bytes with their length before them, seven bits to the byte."""
    length = at = 0
    while True:
        length |= (content[at] & 0x7F) << 7 * at
        at += 1
        if not content[at - 1] & 0x80:
            return content[at : at + length]


def _opaque(kind: int, content: bytes) -> str:
    """A value of a type that JSON lacks."""
    from scripts.local.source.log_values import decimal_reader

    if kind == _DECIMAL:
        column = Column("", Kind.DECIMAL, precision=content[0], scale=content[1])
        return decimal_reader(column)(content, 2)[0]
    if kind in _TEMPORAL:
        packed = int.from_bytes(content[:8], "little", signed=True)
        sign, packed = ("-", -packed) if packed < 0 else ("", packed)
        clock, micros = divmod(packed, 1 << _MICROSECONDS_BITS)
        if kind == _TIME:
            return f'"{sign}{clock >> 12:02d}:{clock >> 6 & 63:02d}:{clock & 63:02d}.{micros:06d}"'
        day = clock >> 17
        date = f"{(day >> 5) // 13:04d}-{(day >> 5) % 13:02d}-{day & 31:02d}"
        return f'"{date}"' if kind == _DATE else f'"{date} {clock >> 12 & 31:02d}:{clock >> 6 & 63:02d}:{clock & 63:02d}.{micros:06d}"'
    return f'"base64:type{kind}:{b64encode(content).decode()}"'
