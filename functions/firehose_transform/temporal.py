"""Dates and times as DMS writes them, exact to the microsecond, without a time zone database."""

import re
from datetime import date, datetime, timedelta

from .message import JsonValue, Number
from .outcome import Reason, RecordError

# Hours stop at 23: later Pythons read 24:00 as the next midnight.
ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
ISO_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"

_DATE = re.compile(ISO_DATE)
_TIME = re.compile(rf"({ISO_TIME})(?:\.([0-9]{{1,9}}))?")
_TIMESTAMP = re.compile(rf"({ISO_DATE})[T ]({ISO_TIME})(?:\.([0-9]{{1,9}}))?(?:Z|([+-])([01][0-9]|2[0-3]):?([0-5][0-9]))?")

_EPOCH = datetime(1970, 1, 1)
_DAY = 86_400_000_000
_SECOND = 1_000_000
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min - _EPOCH) // _MICROSECOND
_LAST = (datetime.max - _EPOCH) // _MICROSECOND


def naive_micros(text: str) -> int:
    """Returns the microseconds from 1970-01-01T00:00:00 to a wall-clock time.

    Args:
        text: `ISO_DATE`, T, `ISO_TIME` and an optional fraction of 1 to 6 digits; the caller has checked the form, since Python itself
            reads many others.

    Raises:
        ValueError: there is no such day.
    """
    since = datetime.fromisoformat(text) - _EPOCH
    return since.days * _DAY + since.seconds * _SECOND + since.microseconds


def encode_date(value: JsonValue) -> str:
    """Encodes `YYYY-MM-DD` unchanged; null for MySQL's zero dates."""
    text = _plain_text(value)
    if not _DATE.fullmatch(text):
        raise RecordError(Reason.INVALID_VALUE)
    if _is_zero_date(text):
        return "null"
    try:
        date.fromisoformat(text)
    except ValueError:
        raise RecordError(Reason.INVALID_VALUE) from None
    return f'"{text}"'


def encode_time(value: JsonValue) -> str:
    """Encodes a time of day as `HH:MM:SS.ffffff`. MySQL's negative or longer TIMEs are durations: map those columns to string."""
    match = _TIME.fullmatch(_plain_text(value))
    if match is None:
        raise RecordError(Reason.INVALID_VALUE)
    return f'"{match[1]}.{_micro_digits(match[2])}"'


def encode_timestamp(value: JsonValue) -> str:
    """Encodes a wall-clock time as epoch microseconds; null for MySQL's zero dates.

    DMS labels MySQL's zone-less DATETIME with a Z that it does not have, so Z and a zero offset are ignored. Another offset means that the
    column holds instants and the lake file names the wrong type.
    """
    micros, offset = _timestamp(value)
    if micros is None:
        return "null"
    if offset:
        raise RecordError(Reason.INVALID_VALUE)
    return str(micros)


def encode_timestamptz(value: JsonValue) -> str:
    """Encodes an instant as epoch microseconds; a text without an offset is UTC, which is what DMS converts MySQL's TIMESTAMP to."""
    micros, offset = _timestamp(value)
    if micros is None:
        return "null"
    micros -= offset
    if not _FIRST <= micros <= _LAST:
        raise RecordError(Reason.OUT_OF_RANGE)
    return str(micros)


def _timestamp(value: JsonValue) -> tuple[int | None, int]:
    """Returns (microseconds as written, offset in microseconds); None for a zero date."""
    match = _TIMESTAMP.fullmatch(_plain_text(value))
    if match is None:
        raise RecordError(Reason.INVALID_VALUE)
    day, time, fraction, sign, hours, minutes = match.groups()
    if _is_zero_date(day):
        return None, 0
    try:
        micros = naive_micros(f"{day}T{time}.{_micro_digits(fraction)}")
    except ValueError:
        raise RecordError(Reason.INVALID_VALUE) from None
    offset = (int(hours) * 3600 + int(minutes) * 60) * _SECOND if sign else 0
    return micros, -offset if sign == "-" else offset


def _micro_digits(fraction: str | None) -> str:
    """Returns six fraction digits; finer digits may only be zeros, because cutting them would change the value."""
    if fraction is None:
        return "000000"
    if fraction[6:].strip("0"):
        raise RecordError(Reason.DIGITS_LOST)
    return fraction[:6].ljust(6, "0")


def _is_zero_date(day: str) -> bool:
    """MySQL can hold 0000-00-00 and days such as 2023-00-10: no calendar has them, and DMS itself turns them into null."""
    return day[5:7] == "00" or day[8:10] == "00"


def _plain_text(value: JsonValue) -> str:
    if not isinstance(value, str) or isinstance(value, Number):
        raise RecordError(Reason.INVALID_VALUE)
    return value
