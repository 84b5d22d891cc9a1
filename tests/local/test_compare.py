"""Canonical texts and row hashes, and what a comparison finds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from scripts.local.canonical import HASH, canonical_array, canonical_table, fingerprints, row_hashes
from scripts.local.compare import ComparedColumn, ComparedTable, Difference, Example, Key, Texts, compare

TABLE = ComparedTable(
    "shop",
    "orders",
    "db",
    "orders",
    None,
    ("region", "id"),
    (ComparedColumn("id", "id", "int"), ComparedColumn("region", "region", "string"), ComparedColumn("v", "v", "string")),
)
Row = tuple[int, str | None, str | None]


class Rows:
    """A side that holds its rows in memory."""

    def __init__(self, *rows: Row) -> None:
        held = [dict(zip(("id", "region", "v"), row, strict=True)) for row in rows]
        schema = pa.schema([("id", pa.int32()), ("region", pa.string()), ("v", pa.string())])
        self.texts = canonical_table(pa.Table.from_pylist(held, schema=schema))

    def fingerprints(self, table: ComparedTable) -> Iterator[pa.Table]:
        yield fingerprints(self.texts, {"k0": "region", "k1": "id"})

    def rows(self, table: ComparedTable, keys: Sequence[Key]) -> dict[Key, Texts]:
        return {(row["region"], row["id"]): row for row in self.texts.to_pylist() if (row["region"], row["id"]) in keys}


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([True, False, None]), ["true", "false", None]),
        (pa.array([-(2**63), 2**63 - 1]), ["-9223372036854775808", "9223372036854775807"]),
        (pa.array([0.0, -0.0, 0.1], pa.float64()), ["0", "0", "4591870180066957722"]),
        (pa.array([0.5], pa.float32()), ["1056964608"]),
        (pa.array([Decimal("12.30"), Decimal("-0.01"), None], pa.decimal128(12, 2)), ["1230", "-1", None]),
        (pa.array([Decimal("1E-10")], pa.decimal128(38, 10)), ["1"]),
        (pa.array([date(1, 2, 3)]), ["0001-02-03"]),
        (pa.array([datetime(1969, 12, 31, 23, 59, 59, 999999)], pa.timestamp("us")), ["-1"]),
        (pa.array(["é", ""]), ["é", ""]),
        (pa.array([b"\0\xff", b""]), ["00ff", ""]),
    ],
)
def test_canonical_texts(array: pa.Array, expected: list[str | None]) -> None:
    assert canonical_array(array).to_pylist() == expected
    assert canonical_array(array.slice(len(array) - 1)).to_pylist() == expected[-1:]


def test_a_row_hash_is_what_its_description_says() -> None:
    texts = pa.table({"a": pa.array(["é", None]), "b": pa.array(["", "x"])})
    expected = [hashlib.sha256(row.encode()).digest()[:16] for row in ("2:é,0:,", "-,1:x,")]
    assert row_hashes(texts).to_pylist() == expected


def test_rows_that_only_look_alike_have_different_hashes() -> None:
    texts = pa.table({"a": pa.array(["1:x,", "1", None, "-"]), "b": pa.array(["", ":x,1", "-", None])})
    assert len(set(row_hashes(texts).to_pylist())) == 4
    assert HASH not in texts.column_names


def test_equal_sides_are_equal_in_any_order() -> None:
    rows: list[Row] = [(1, "eu", "a"), (2, "eu", None), (1, "us", "")]
    result = compare(TABLE, Rows(*rows), Rows(*reversed(rows)))
    assert (result.equal, result.source_rows, result.lake_rows, result.examples) == (True, 3, 3, ())


@pytest.mark.parametrize(
    ("lake", "expected", "example"),
    [
        ([(1, "eu", "a")], Difference.MISSING, Example(Difference.MISSING, ("eu", "2"), {"id": "2", "region": "eu", "v": "b"}, {})),
        (
            [(1, "eu", "a"), (2, "eu", "b"), (2, "us", "b")],
            Difference.UNEXPECTED,
            Example(Difference.UNEXPECTED, ("us", "2"), {}, {"id": "2", "region": "us", "v": "b"}),
        ),
        ([(1, "eu", "a"), (2, "eu", None)], Difference.CHANGED, Example(Difference.CHANGED, ("eu", "2"), {"v": "b"}, {"v": None})),
        ([(1, "eu", "a"), (2, "eu", "b"), (2, "eu", "b")], Difference.REPEATED, Example(Difference.REPEATED, ("eu", "2"), {}, {})),
    ],
)
def test_each_kind_of_difference_is_found(lake: list[Any], expected: Difference, example: Example) -> None:
    result = compare(TABLE, Rows((1, "eu", "a"), (2, "eu", "b")), Rows(*lake))
    assert result.counts == {expected: 1}
    assert result.examples == (example,)


def test_a_null_key_equals_a_null_key() -> None:
    assert compare(TABLE, Rows((1, None, "a")), Rows((1, None, "a"))).equal


def test_examples_are_few_and_of_every_kind() -> None:
    source = [(number, "eu", "a") for number in range(50)]
    lake = [(number, "eu", "b") for number in range(25, 75)]
    result = compare(TABLE, Rows(*source), Rows(*lake), examples=6)
    assert result.counts == {Difference.MISSING: 25, Difference.UNEXPECTED: 25, Difference.CHANGED: 25}
    assert len(result.examples) == 6
    assert {example.difference for example in result.examples} == set(result.counts)
