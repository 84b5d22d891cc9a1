"""One encoder per Iceberg type: a decoded JSON value in, the JSON text that Firehose reads out.

Every encoder is exact or refuses: it raises `RecordError` where a digit or a character would be lost, and returns the text `null` only for
a value that means "none" (MySQL's zero dates). `None` never reaches an encoder.
"""

import re
from base64 import b64encode
from binascii import unhexlify
from collections.abc import Callable
from hmac import digest
from json.encoder import encode_basestring

from .message import JsonValue, Number
from .outcome import Reason, RecordError
from .temporal import encode_date, encode_time, encode_timestamp, encode_timestamptz

Encoder = Callable[[JsonValue], str]

JSON_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+"

_JSON_NUMBER = re.compile(JSON_NUMBER)
_NUMERIC = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")
_DECIMAL_TYPE = re.compile(r"decimal\(\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*\)")
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
# An exponent of more digits than this is far outside every type, and must not be expanded.
_MAX_EXPONENT_DIGITS = 6
# From here on two neighbours can be one double, and a number that came by way of a double is written with an exponent.
_FIRST_INEXACT = 2**53
_FIRST_INEXACT_DIGITS = len(str(_FIRST_INEXACT))
_MAX_DEPTH = 100
_BOOLEANS = {"0": "false", "1": "true"}
_BOOLEAN_TEXTS = {**_BOOLEANS, "false": "false", "true": "true"}
# The first double that rounds to infinity as a 32-bit float: 2^128 - 2^103.
_FLOAT32_OVERFLOW = float(2**128 - 2**103)


def decompose(text: str) -> tuple[bool, str, int] | None:
    """Splits a numeric text exactly into sign, digits and power of ten.

    Returns:
        (negative, digits, exponent) with value = digits * 10**exponent, digits without zeros at either end ("" for zero), or None when the
        text is not a number. Nothing is expanded, so the length of the input bounds the work.

    Raises:
        RecordError: the exponent is beyond every type.
    """
    match = _NUMERIC.fullmatch(text)
    if match is None:
        return None
    sign, whole, fraction, power = match.groups(default="")
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return False, "", 0
    if len(power.lstrip("+-0")) > _MAX_EXPONENT_DIGITS:
        raise RecordError(Reason.OUT_OF_RANGE)
    exponent = int(power or 0) - len(fraction) + len(digits) - len(significant)
    return sign == "-", significant, exponent


def integer_text(text: str, max_digits: int) -> str | None:
    """Returns the plain digits of an integral number, however it is written (12, 1.2e1, 12.0); None when it is not one.

    Raises:
        RecordError: more than `max_digits` digits, or written with an exponent and so large that digits may be gone.
    """
    if text.isdecimal() and text.isascii() and len(text) <= max_digits and (text[0] != "0" or text == "0"):
        return text  # As nearly all are.
    parts = decompose(text)
    if parts is None or parts[2] < 0:
        return None
    negative, digits, exponent = parts
    if len(digits) + exponent > max_digits:
        raise RecordError(Reason.OUT_OF_RANGE)
    _refuse_inexact(text, digits, exponent)
    return ("-" if negative else "") + (digits + "0" * exponent or "0")


def _refuse_inexact(text: str, digits: str, places: int) -> None:
    """Refuses a number with an exponent whose last digits may have been rounded away.

    DMS writes an exponent where it has made a double of a number: of a large integer while the endpoint's `use_large_integer_value` is
    off. A double tells neighbours apart only up to 2^53, counted in units of the last place; beyond it, several numbers give one text.
    Plain digits are taken at their word.

    Args:
        text: the number as it was sent.
        digits: its digits without zeros at either end, "" for zero.
        places: how many zeros behind them make it a count of the type's last place.

    Raises:
        RecordError: it is not certain which number the source holds.
    """
    if digits and ("e" in text or "E" in text):
        length = len(digits) + places
        if length > _FIRST_INEXACT_DIGITS or (length == _FIRST_INEXACT_DIGITS and int(digits + "0" * places) >= _FIRST_INEXACT):
            raise RecordError(Reason.INEXACT_NUMBER)


def source_text(value: JsonValue) -> str:
    """Returns the characters of a value as the source sent them: text itself, a number's digits, true, false, or compact JSON.

    It is what a string column holds and what a hashed column hashes.

    Raises:
        RecordError: JSON nested more than 100 levels deep, which is where MySQL stops too.
    """
    if isinstance(value, str):
        return value
    return _json_text(value, 0)


def as_sent(value: JsonValue) -> str:
    """Returns the JSON of a value whose type nobody configured: a number's own digits, text, true, false, null; nested JSON as text."""
    return encode_basestring(_json_text(value, 0)) if isinstance(value, (dict, list)) else _json_text(value, 0)


def _json_text(value: JsonValue, depth: int) -> str:
    if isinstance(value, Number):
        return value
    if isinstance(value, str):
        return encode_basestring(value)
    if depth > _MAX_DEPTH:
        raise RecordError(Reason.TOO_DEEP)
    if isinstance(value, list):
        return "[" + ",".join([_json_text(item, depth + 1) for item in value]) + "]"
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode_basestring(key)}:{_json_text(item, depth + 1)}" for key, item in value.items()]) + "}"
    return "null" if value is None else "true" if value else "false"


def _integer_encoder(bits: int) -> Encoder:
    limit = 1 << (bits - 1)

    def encode(value: JsonValue) -> str:
        text = integer_text(value, max_digits=19) if isinstance(value, str) else None
        if text is None:
            raise RecordError(Reason.INVALID_VALUE)
        if not -limit <= int(text) < limit:
            raise RecordError(Reason.OUT_OF_RANGE)
        return text

    return encode


def _decimal_encoder(precision: int, scale: int) -> Encoder:
    """Encodes as a JSON string with exactly `scale` fraction digits: the loss-free form, and the scale that Iceberg's writers insist on."""
    whole_digits = precision - scale
    fraction = rf"\.[0-9]{{{scale}}}" if scale else ""
    already_exact = re.compile(rf"(?:0|-?[1-9][0-9]{{0,{whole_digits - 1}}}){fraction}" if whole_digits else rf"0{fraction}").fullmatch

    def encode(value: JsonValue) -> str:
        if not isinstance(value, str):
            raise RecordError(Reason.INVALID_VALUE)
        if already_exact(value):
            return f'"{value}"'
        parts = decompose(value)
        if parts is None:
            raise RecordError(Reason.INVALID_VALUE)
        negative, digits, exponent = parts
        if len(digits) + exponent > whole_digits:
            raise RecordError(Reason.OUT_OF_RANGE)
        if exponent < -scale:
            raise RecordError(Reason.DIGITS_LOST)
        _refuse_inexact(value, digits, exponent + scale)
        unscaled = (digits + "0" * (exponent + scale)).rjust(scale + 1, "0") if digits else "0" * (scale + 1)
        point = len(unscaled) - scale
        return f'"{"-" if negative else ""}{unscaled[:point]}{"." if scale else ""}{unscaled[point:]}"'

    return encode


def _float_encoder(overflow: float) -> Encoder:
    def encode(value: JsonValue) -> str:
        if not isinstance(value, str) or not _JSON_NUMBER.fullmatch(value):
            raise RecordError(Reason.INVALID_VALUE)
        if abs(float(value)) >= overflow:
            raise RecordError(Reason.OUT_OF_RANGE)
        return str(value)

    return encode


def _encode_boolean(value: JsonValue) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        encoded = (_BOOLEANS if isinstance(value, Number) else _BOOLEAN_TEXTS).get(value)
        if encoded is not None:
            return encoded
    raise RecordError(Reason.INVALID_VALUE)


def _encode_string(value: JsonValue) -> str:
    return encode_basestring(source_text(value))


def _encode_uuid(value: JsonValue) -> str:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise RecordError(Reason.INVALID_VALUE)
    return f'"{value.lower()}"'


def _encode_binary(value: JsonValue) -> str:
    """Encodes DMS's hexadecimal text, with or without `0x`, as base64."""
    if not isinstance(value, str) or isinstance(value, Number):
        raise RecordError(Reason.INVALID_VALUE)
    try:
        content = unhexlify(value.removeprefix("0x"))
    except ValueError:
        raise RecordError(Reason.INVALID_VALUE) from None
    return f'"{b64encode(content).decode()}"'


_ENCODERS: dict[str, Encoder] = {
    "boolean": _encode_boolean,
    "int": _integer_encoder(32),
    "long": _integer_encoder(64),
    "float": _float_encoder(_FLOAT32_OVERFLOW),
    "double": _float_encoder(float("inf")),
    "date": encode_date,
    "time": encode_time,
    "timestamp": encode_timestamp,
    "timestamptz": encode_timestamptz,
    "string": _encode_string,
    "uuid": _encode_uuid,
    "binary": _encode_binary,
}


def encoder_for(type_name: str) -> Encoder:
    """Returns the encoder of an Iceberg type.

    Raises:
        ValueError: the type is not one of the supported ones.
    """
    if type_name in _ENCODERS:
        return _ENCODERS[type_name]
    parameters = decimal_parameters(type_name)
    if parameters is None:
        raise ValueError(f"unsupported type {type_name!r}, expected one of {', '.join(_ENCODERS)}, decimal(p,s)")
    return _decimal_encoder(*parameters)


def decimal_parameters(type_name: str) -> tuple[int, int] | None:
    """Returns (precision, scale) of `decimal(p,s)`, None for another type or for parameters that no decimal can have."""
    match = _DECIMAL_TYPE.fullmatch(type_name)
    if match is None:
        return None
    precision, scale = int(match[1]), int(match[2])
    return (precision, scale) if precision >= 1 and scale <= precision else None


def exact_text(encode: Encoder) -> Encoder:
    """Returns an encoder of text for what identifies a row or a person: it refuses a number of which digits may be gone.

    Elsewhere such a number may stand as it was sent, since a text column can hold the source's floating-point numbers.
    """

    def checked(value: JsonValue) -> str:
        parts = decompose(value) if isinstance(value, Number) else None
        if parts is not None:
            _, digits, exponent = parts
            _refuse_inexact(str(value), digits, max(exponent, 0))
        return encode(value)

    return checked


def hash_encoder(key: bytes) -> Encoder:
    """Returns an encoder that gives HMAC-SHA256 of the value's source text (UTF-8), as lower-case hexadecimal."""

    def encode(value: JsonValue) -> str:
        return f'"{digest(key, source_text(value).encode(), "sha256").hex()}"'

    return encode
