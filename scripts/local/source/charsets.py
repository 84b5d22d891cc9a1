"""MySQL's character sets and collations, as the server lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pymysql

from scripts.local.source.wire import Session

_CODECS = {
    "utf8mb4": "utf-8",
    "utf8mb3": "utf-8",
    "utf8": "utf-8",
    "ascii": "ascii",
    "latin1": "cp1252",
    "latin2": "iso8859-2",
    "latin5": "iso8859-9",
    "latin7": "iso8859-13",
    "greek": "iso8859-7",
    "hebrew": "iso8859-8",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
    "cp1256": "cp1256",
    "cp1257": "cp1257",
    "cp850": "cp850",
    "cp852": "cp852",
    "cp866": "cp866",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
    "macroman": "mac-roman",
    "macce": "mac-latin2",
    "hp8": "hp-roman8",
    "tis620": "tis-620",
    "ucs2": "utf-16-be",
    "utf16": "utf-16-be",
    "utf16le": "utf-16-le",
    "utf32": "utf-32-be",
    "big5": "big5",
    "gb2312": "gb2312",
    "gbk": "gbk",
    "gb18030": "gb18030",
    "sjis": "shift-jis",
    "cp932": "cp932",
    "ujis": "euc-jp",
    "eucjpms": "euc-jp",
    "euckr": "euc-kr",
}
_BINARY = "binary"


@dataclass(frozen=True)
class Charset:
    """A character set.

    Attributes:
        codec: Python's name for it; None for bytes.
        longest: bytes of its longest character.
    """

    codec: str | None
    longest: int


def read_charsets(connection: Session) -> dict[int, Charset]:
    """Character sets by the id of their collations; those that Python lacks are left out."""
    longest = {
        name: int(size) for name, size in _rows(connection, "SELECT CHARACTER_SET_NAME, MAXLEN FROM information_schema.CHARACTER_SETS")
    }
    try:  # MariaDB: one collation may have several ids, one for each character set
        query = "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
        collations = _rows(connection, query)
    except pymysql.err.OperationalError:
        collations = _rows(connection, "SELECT ID, CHARACTER_SET_NAME FROM information_schema.COLLATIONS")
    return {
        int(number): Charset(None if name == _BINARY else _CODECS[name], longest[name])
        for number, name in collations
        if number is not None and (name == _BINARY or name in _CODECS)
    }


def _rows(connection: Session, query: str) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return rows
