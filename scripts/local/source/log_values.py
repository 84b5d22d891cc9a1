"""Values as the binary log has them into JSON text.

https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeAlias

from scripts.local.source.columns import Column, Kind
from scripts.local.source.errors import CaptureError
from scripts.local.source.json_binary import json_text
from scripts.local.source.types import NULL, TypeRules, float_text, quote, shown_fraction

LogReader: TypeAlias = Callable[[bytes, int], tuple[str, int]]
"""JSON text of the value that starts at an offset, and where the next one starts."""

_DIGIT_BYTES = (0, 1, 1, 2, 2, 3, 3, 4, 4, 4)
"""Bytes that so many decimal digits take."""
_DIGITS_IN_WORD = 9
_SECONDS_OF_DAY = 86_400
_CACHED_DAYS = 32_768


def _undefined(error: UnicodeError) -> tuple[str, int]:
    """MySQL's latin1 has the control characters where cp1252 has holes."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(map(chr, error.object[error.start : error.end])), error.end


codecs.register_error("moulin-latin1", _undefined)


def integer_reader(column: Column, rules: TypeRules) -> LogReader:
    """An integer of 1, 2, 3, 4 or 8 bytes."""
    width, signed = column.length, not column.unsigned
    write: Callable[[int], str] = str if rules.large_integers or width < 8 else rules.integer

    def read(log: bytes, at: int) -> tuple[str, int]:
        end = at + width
        return write(int.from_bytes(log[at:end], "little", signed=signed)), end

    return read


def float_reader(column: Column) -> LogReader:
    """A FLOAT or DOUBLE."""
    layout, write = (struct.Struct("<f"), float_text) if column.kind is Kind.FLOAT else (struct.Struct("<d"), repr)
    size, unpack = layout.size, layout.unpack_from

    def read(log: bytes, at: int) -> tuple[str, int]:
        return write(unpack(log, at)[0]), at + size

    return read


def decimal_reader(column: Column) -> LogReader:
    """A DECIMAL: nine digits to four bytes, high bit first, all bits turned over when negative."""
    whole, odd = divmod(column.precision - column.scale, _DIGITS_IN_WORD)
    behind, odd_behind = divmod(column.scale, _DIGITS_IN_WORD)
    digits = [odd] * bool(odd) + [_DIGITS_IN_WORD] * (whole + behind) + [odd_behind] * bool(odd_behind)
    sizes = [_DIGIT_BYTES[count] for count in digits]
    size, scale = sum(sizes), column.scale
    sign, turned = 1 << (8 * size - 1), (1 << 8 * size) - 1
    words = [
        (8 * sum(sizes[place + 1 :]), (1 << 8 * sizes[place]) - 1, 10**count)  # where it is, its bits, and what it counts
        for place, count in enumerate(digits)
    ]

    def read(log: bytes, at: int) -> tuple[str, int]:
        end = at + size
        packed = int.from_bytes(log[at:end], "big") ^ sign
        minus = ""
        if packed & sign:
            packed ^= turned
            minus = "-"
        number = 0
        for shift, mask, weight in words:
            number = number * weight + (packed >> shift & mask)
        if not scale:
            return f"{minus}{number}", end
        text = str(number).zfill(scale + 1)
        return f"{minus}{text[:-scale]}.{text[-scale:]}", end

    return read


def bit_reader(column: Column, rules: TypeRules) -> LogReader:
    """A BIT: true or false, or bytes when it has several."""
    size = (column.length + 7) // 8

    def read(log: bytes, at: int) -> tuple[str, int]:
        content = log[at : at + size]
        if column.length == 1:
            return ("true" if content != b"\0" else "false"), at + size
        return rules.hexadecimal(content), at + size

    return read


def string_reader(length_size: int, write: Callable[[bytes], str]) -> LogReader:
    """Anything with its length before it."""

    def read_short(log: bytes, at: int) -> tuple[str, int]:
        start = at + 1
        end = start + log[at]
        return write(log[start:end]), end

    def read_long(log: bytes, at: int) -> tuple[str, int]:
        start = at + length_size
        end = start + int.from_bytes(log[at:start], "little")
        return write(log[start:end]), end

    return read_short if length_size == 1 else read_long


def text_writer(column: Column, codec: str, rules: TypeRules) -> Callable[[bytes], str]:
    """JSON text of bytes in a character set."""
    write = rules.text(column)
    errors = "moulin-latin1" if codec == "cp1252" else "strict"

    def decode(content: bytes) -> str:
        try:
            return write(content.decode(codec, errors))
        except UnicodeDecodeError:
            raise CaptureError(f"column {column.name} holds bytes that are no {codec} text: 0x{content[:20].hex()}") from None

    return decode


def bytes_writer(column: Column, rules: TypeRules) -> Callable[[bytes], str]:
    """JSON text of bytes; the log leaves out the zeros at the end of a BINARY."""
    write = rules.content(column)
    return (lambda content: write(content.ljust(column.length, b"\0"))) if column.fixed else write


def listed_reader(column: Column, size: int, values: Sequence[str]) -> LogReader:
    """An ENUM's number, or a SET's bits."""
    texts = [quote(value) for value in ("", *values)]  # 0 is MySQL's error value, an empty text

    def read_enum(log: bytes, at: int) -> tuple[str, int]:
        end = at + size
        return texts[int.from_bytes(log[at:end], "little")], end

    def read_set(log: bytes, at: int) -> tuple[str, int]:
        end = at + size
        bits = int.from_bytes(log[at:end], "little")
        return quote(",".join(value for place, value in enumerate(values) if bits >> place & 1)), end

    return read_enum if column.kind is Kind.ENUM else read_set


def year_reader(log: bytes, at: int) -> tuple[str, int]:
    """A YEAR; 0 is the year 0000."""
    return (str(1900 + log[at]) if log[at] else "0"), at + 1


@lru_cache(_CACHED_DAYS)
def _day(packed: int) -> str:
    """The day in the upper bits of a DATETIME: years and months as one number, then the day; "" for a zero date."""
    year, month = divmod(packed >> 5, 13)
    return f'"{year:04d}-{month:02d}-{packed & 31:02d}' if month and packed & 31 else ""


@lru_cache(_SECONDS_OF_DAY)
def _clock(packed: int) -> str:
    """The time of day in the lower bits."""
    return f"T{packed >> 12:02d}:{packed >> 6 & 63:02d}:{packed & 63:02d}"


@lru_cache(_CACHED_DAYS)
def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime('"%Y-%m-%dT%H:%M:%S')


def date_reader(log: bytes, at: int) -> tuple[str, int]:
    """A DATE: 15 bits of year, 4 of month, 5 of day."""
    packed = int.from_bytes(log[at : at + 3], "little")
    day = _day(((packed >> 9) * 13 + (packed >> 5 & 15)) << 5 | packed & 31)
    return (f'{day}"' if day else NULL), at + 3


def time_reader(scale: int) -> LogReader:
    """A TIME with `scale` digits of a second, from 5.6.4 on."""
    behind = (scale + 1) // 2
    size = 3 + behind
    middle = 1 << (8 * size - 1)
    unit = 1 << (8 * behind)

    def read(log: bytes, at: int) -> tuple[str, int]:
        packed = int.from_bytes(log[at : at + size], "big") - middle
        sign, packed = ("-", -packed) if packed < 0 else ("", packed)
        clock, fraction = divmod(packed, unit)
        text = f'"{sign}{clock >> 12 & 1023:02d}:{clock >> 6 & 63:02d}:{clock & 63:02d}'
        return f'{text}{_fraction(fraction, behind, scale)}"', at + size

    return read


def datetime_reader(scale: int) -> LogReader:
    """A DATETIME with `scale` digits of a second, from 5.6.4 on."""
    behind = (scale + 1) // 2
    size = 5 + behind
    shown = shown_fraction(scale)

    def read(log: bytes, at: int) -> tuple[str, int]:
        packed = int.from_bytes(log[at : at + 5], "big") - 0x8000000000
        end = at + size
        day = _day(packed >> 17)
        if not day:
            return NULL, end
        fraction = _fraction(int.from_bytes(log[at + 5 : end], "big"), behind, shown) if shown else ""
        return f'{day}{_clock(packed & 0x1FFFF)}{fraction}Z"', end

    return read


def timestamp_reader(scale: int) -> LogReader:
    """A TIMESTAMP with `scale` digits of a second, from 5.6.4 on: seconds since 1970, so UTC whatever the server's zone."""
    behind = (scale + 1) // 2
    size = 4 + behind
    shown = shown_fraction(scale)

    def read(log: bytes, at: int) -> tuple[str, int]:
        seconds = int.from_bytes(log[at : at + 4], "big")
        end = at + size
        if not seconds:
            return NULL, end
        fraction = _fraction(int.from_bytes(log[at + 4 : end], "big"), behind, shown) if shown else ""
        return f'{_instant(seconds)}{fraction}Z"', end

    return read


def _fraction(value: int, size: int, digits: int) -> str:
    """The fraction of a second that `size` bytes hold, two digits to the byte, shown with so many digits."""
    return f".{value:0{2 * size}d}".ljust(digits + 1, "0")[: digits + 1] if digits else ""


def unsupported(name: str, what: Any) -> CaptureError:
    """A column whose values cannot be read from the log."""
    return CaptureError(f"column {name} cannot be captured: its type in the binary log is {what}, which Aurora MySQL does not write")


def json_reader(column: Column, length_size: int, rules: TypeRules) -> LogReader:
    """A JSON of MySQL's, as the text that MySQL shows for it."""
    write = rules.text(column)
    return string_reader(length_size, lambda content: write(json_text(content)))
