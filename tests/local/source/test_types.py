"""One file per MySQL type: SQL values and what they are in a message, whether they come by the full load or out of the log."""

from __future__ import annotations

import contextlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.local.mariadb import MariaDb
from scripts.local.records import CapturedRecord
from scripts.local.source.columns import Column, Kind
from scripts.local.source.json_binary import json_text
from scripts.local.source.source import to_server
from scripts.local.source.types import TypeRules, float_text
from tests.local.source.support import Database, data_text, messages

FILES = sorted((Path(__file__).parent / "fixtures" / "types").glob("*.json"))
RULES = TypeRules(large_integers=True, hex_prefix="0x", large_objects=True, large_bytes=None)


def fixture(path: Path) -> Any:
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def captured(server: MariaDb) -> Iterator[list[CapturedRecord]]:
    """A table for each type, its values loaded, and once more inserted, updated and deleted."""
    with contextlib.closing(to_server(server)()) as session:
        database = Database(server, session, "every_type")
        database("CREATE DATABASE every_type DEFAULT CHARACTER SET utf8mb4", "USE every_type", "SET sql_mode = '', time_zone = '+05:30'")
        for path in FILES:
            content = fixture(path)
            database(f"CREATE TABLE `{path.stem}` (id INT PRIMARY KEY, v {content['type']})", "SET time_zone = '+00:00'")
            for number, value in enumerate(content["values"], start=1):
                database(f"INSERT INTO `{path.stem}` VALUES ({number}, {value['sql']})")
        loaded = database.records()
        start = database.here()
        for path in FILES:
            most = len(fixture(path)["values"])
            database(
                f"INSERT INTO `{path.stem}` SELECT id + 100, v FROM `{path.stem}` ORDER BY id",
                f"UPDATE `{path.stem}` SET id = id + 100 WHERE id > 100 ORDER BY id LIMIT {most}",
                f"DELETE FROM `{path.stem}` WHERE id > 200 ORDER BY id",
            )
        yield loaded + database.records(start)
        database("DROP DATABASE every_type")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("operation", ["load", "insert", "update", "delete"])
def test_a_value_is_the_same_however_it_comes(path: Path, operation: str, captured: list[CapturedRecord]) -> None:
    texts = [data_text(record.data, "v") for record in captured if record.table == path.stem and f'"{operation}"'.encode() in record.data]
    assert texts == [value["json"] for value in fixture(path)["values"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_column_is_announced_with_its_dms_type(path: Path, captured: list[CapturedRecord]) -> None:
    (control,) = messages([record for record in captured if record.table == path.stem and b'"control"' in record.data])
    assert control["control"]["table-def"]["columns"]["v"] == fixture(path)["definition"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1234567890123456, "1234567890123456"),
        (-1234567890123456, "-1234567890123456"),
        (12345678901234567, "1.2345678901234568e+16"),
        (-9223372036854775808, "-9.2233720368547758e+18"),
        (10**17, "1e+17"),
    ],
)
def test_integers_of_more_than_16_digits_lose_some_unless_the_endpoint_says_otherwise(number: int, text: str) -> None:
    assert TypeRules(large_integers=False, hex_prefix="0x", large_objects=True, large_bytes=None).integer(number) == text
    assert RULES.integer(number) == str(number)


def test_large_objects_are_cut_at_a_whole_character() -> None:
    rules = TypeRules(large_integers=True, hex_prefix="0x", large_objects=True, large_bytes=4)
    large = Column("v", Kind.TEXT, large=True)
    assert [rules.text(large)(text) for text in ("abcd", "abcde", "aé🎉", "日本")] == ['"abcd"', '"abcd"', '"aé"', '"日"']
    assert rules.text(Column("v", Kind.TEXT))("abcde") == '"abcde"'
    assert rules.content(Column("v", Kind.BYTES, large=True))(b"abcde") == '"0x61626364"'


def test_a_float_has_the_fewest_digits_that_give_it_back() -> None:
    values = struct.unpack("<4f", struct.pack("<4f", 0.1, 1 / 3, 16777216.0, 1e-45))
    assert [float_text(value) for value in values] == ["0.1", "0.33333334", "16777216", "1.4013e-45"]


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("04 00", "null"),
        ("04 01", "true"),
        ("05 ff ff", "-1"),
        ("0a ff ff ff ff ff ff ff ff", "18446744073709551615"),
        ("0b 00 00 00 00 00 00 f8 3f", "1.5"),
        ("0c 03 61 22 62", r'"a\"b"'),
        ("02 02 00 0a 00 05 01 00 05 02 00", "[1, 2]"),
        ("00 01 00 0f 00 0b 00 01 00 0c 0c 00 61 02 68 69", '{"a": "hi"}'),
        ("0f f6 04 03 01 8c 05", "12.5"),
        ("0f 0a 08 00 00 00 00 00 7a b2 19", '"2024-01-29"'),
    ],
)
def test_mysqls_binary_json_becomes_the_text_that_mysql_shows(document: str, text: str) -> None:
    """MariaDB writes JSON as text: these documents are made by hand after MySQL's description of the format."""
    assert json_text(bytes.fromhex(document)) == text
