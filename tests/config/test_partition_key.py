"""Keys that may become too long for a partition key of the stream."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from constructs_lib.config.load import load_lake, warnings_of
from tests.config.support import lake_with_table, text_with_table

TODAY = date(2026, 1, 1)
LONG = "s" * 64


def told(change: str) -> list[str]:
    """The warnings of the only table."""
    (table,) = lake_with_table(change).tables
    return [f"{problem.where} {problem.message}" for problem in table.warnings(TODAY)]


def table(keys: dict[str, str], source: str = "shop.orders") -> str:
    columns = ", ".join(f'{name}: "{kind}"' for name, kind in keys.items())
    return f"{{source: {source}, keys: [{', '.join(keys)}], columns: {{{columns}}}}}"


@pytest.mark.parametrize(
    "change",
    [
        table({"id": "long"}),
        table({"sku": "string"}),
        table({"sku": "string", "store_id": "int", "day": "date", "at": "timestamp"}),
        table({f"k{n}": "decimal(38,10)" for n in range(3)}, f"{LONG}.{LONG}"),
    ],
)
def test_keys_of_an_ordinary_length_are_not_told(change: str) -> None:
    assert told(change) == []


def test_two_texts_are_told_with_the_room_that_each_has(tmp_path: Path) -> None:
    change = table({"sku": "string", "store": "string", "n": "int"})
    expected = (
        "keys may make partition keys longer than the 256 characters that Kinesis takes: shop.orders. and 3 key values leave 115 characters"
        " for each text (see that the source's values are shorter: what DMS does with a longer one is not documented)"
    )
    assert told(change) == [expected]
    file = tmp_path / "lake.yaml"
    file.write_text(text_with_table(change))
    (warning,) = warnings_of(load_lake(file), file, TODAY)
    assert (warning.line, f"{warning.where} {warning.message}") == (8, f"tables[0].{expected}")


@pytest.mark.parametrize(
    ("keys", "room"),
    [
        ({"sku": "string"}, "leave 126 characters for each text"),
        ({f"k{n}": "decimal(38,10)" for n in range(4)}, "may take 41 more"),
        ({**{f"k{n}": "decimal(38,10)" for n in range(4)}, "sku": "string"}, "leave 0 characters for each text"),
    ],
)
def test_long_names_leave_less_room(keys: dict[str, str], room: str) -> None:
    (message,) = told(table(keys, f"{LONG}.{LONG}"))
    assert f" {room} (" in message
