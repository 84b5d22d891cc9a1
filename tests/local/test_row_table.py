"""Rows made into Arrow tables: the fast reader must give what the careful one gives, for whatever a function may write."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from scripts.local import row_table
from scripts.local.lake_types import lake_type

TYPES = ("int", "bigint", "float", "double", "string", "decimal(12,2)", "boolean", "timestamp", "date", "binary")
COLUMNS = {"key": lake_type("int"), **{kind: lake_type(kind) for kind in TYPES}}
NUMBERS = "0 1 -1 -0 1.0 0.1 1e3 1E400 1e-400 01 1. .5 +1 NaN Infinity 2147483648 9007199254740993 9223372036854775808 3.4e39 16777217"
TEXTS = ("", "a", "1", "1.50", "1.555", " 1.5", "1e2", "2024-01-01", "2024-1-1", "2024-01-01T00:00:00", "YQ==", "YQ=", "!!", "\u00e9", "-0")
ESCAPED = (r'"\ud800"', r'"\ud83d\ude00"', r'"\u0000"', '"\t"', r'"\x"')
VALUES = (*NUMBERS.split(), *(f'"{text}"' for text in TEXTS), *ESCAPED, "true", "null", "tru", "[1]", '{"a": 1}')

WHOLE = b'{"key":1,"string":"x"}'
ODD = (
    *(b"", b"{}", b"[]", b"null", b' {"key":1}', b'{"key":1} ', b'{"key":1}\n', b'{"key":1', b'{"key":1}}', b'{"key":1,}', b'{"key":'),
    *(b'{"key":1}{"key":2}', b'{"key":1},"string":"x"}', b'x"key":1}', b'{"key":1}{"__sequence":1,"key":2}', b'{"__sequence":5,"key":1}'),
    *(b'{"key":1,"key":2}', b'{"key":null}', b'{"other":[{"key":2}],"key":3}', b'{"key":1,\n"string":"a"}', b'{"key":1,"string":"a\nb"}'),
    *(b'{"key":1,"string":"\xff"}', b'{"key":1,"other":"\xff"}', b'{"key":1,"string":"\xed\xa0\x80"}', '{"key":1}'.encode("utf-16-le")),
)


def outcome(rows: list[bytes]) -> str:
    """Everything that came out, as text: a NaN equals no other."""
    table, misfits = row_table.row_table(rows, COLUMNS, ("key",))
    return repr((table.schema, table.to_pylist(), misfits))


@pytest.fixture
def careful(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    with monkeypatch.context() as patch:
        yield patch


def both(rows: list[bytes], careful: pytest.MonkeyPatch) -> tuple[str, str]:
    fast = outcome(rows)
    careful.setattr(row_table, "_read", lambda *_: None)
    slow = outcome(rows)
    careful.undo()
    return fast, slow


@pytest.mark.parametrize("kind", TYPES)
def test_every_value_is_read_as_the_careful_reader_does(kind: str, careful: pytest.MonkeyPatch) -> None:
    for value in VALUES:
        fast, slow = both([f'{{"key":1,"{kind}":{value}}}'.encode(), WHOLE], careful)
        assert fast == slow, value


@pytest.mark.parametrize("row", ODD)
def test_every_row_that_is_odd_is_read_as_the_careful_reader_does(row: bytes, careful: pytest.MonkeyPatch) -> None:
    for rows in ([row], [WHOLE, row], [row, WHOLE], [row, b'{"key":1}}'], *(list(pair) for pair in product((row,), ODD))):
        fast, slow = both(rows, careful)
        assert fast == slow, rows


def test_plain_rows_take_the_fast_way() -> None:
    row = b'{"key":1,"string":"x","decimal(12,2)":"1.50","timestamp":1700000000000000,"date":"2024-01-01","double":0.5,"other":[1]}'
    assert row_table._read([row, WHOLE], 0, COLUMNS, ("key",)) is not None
