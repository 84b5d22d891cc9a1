"""From a record's base64 to a decoded DMS message, without touching the digits of any number."""

import json
from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import NoReturn, TypeAlias

from .outcome import Reason, RecordError


class Number(str):
    """A JSON number as the text that the source sent.

    Keeping the text is what makes 64-bit integers and decimals exact, and it makes a number of a million digits harmless: nothing converts
    it before its length is known.
    """

    __slots__ = ()


JsonValue: TypeAlias = "bool | str | list[JsonValue] | dict[str, JsonValue] | None"


def _refuse(_constant: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


_DECODER = json.JSONDecoder(parse_float=Number, parse_int=Number, parse_constant=_refuse)


def decode(data: object) -> str:
    """Returns the text of a record's base64 data.

    Raises:
        RecordError: the data is not base64 text (strictly: no foreign characters), or its bytes are not UTF-8.
    """
    if not isinstance(data, str):
        raise RecordError(Reason.INVALID_BASE64)
    try:
        return a2b_base64(data, strict_mode=True).decode()
    except UnicodeDecodeError:
        raise RecordError(Reason.INVALID_UTF8) from None
    except (Base64Error, ValueError):
        raise RecordError(Reason.INVALID_BASE64) from None


def parse(text: str) -> dict[str, JsonValue]:
    """Returns the JSON object in a text, numbers as `Number`; of a repeated key the last value counts, as everywhere in JSON practice.

    Raises:
        RecordError: not exactly one JSON object, or nested beyond what the interpreter can follow.
    """
    try:
        message: JsonValue = _DECODER.decode(text)
    except RecursionError:
        raise RecordError(Reason.TOO_DEEP) from None
    except ValueError:
        raise RecordError(Reason.INVALID_JSON) from None
    if not isinstance(message, dict):
        raise RecordError(Reason.INVALID_JSON)
    return message
