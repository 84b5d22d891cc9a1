"""Canonical texts and row hashes, and what a comparison finds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.local.canonical import HASH, canonical_array, canonical_table, fingerprints, row_hashes
from scripts.local.compare import ComparedColumn, ComparedTable, Difference, Example, Key, TableResult, Texts, compare

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
        ([(1, "eu", "a")], Difference.MISSING, Example(Difference.MISSING, ("eu", "2"), {"id": "2", "region": "eu", "v": "b"}, {}, 1, 0)),
        (
            [(1, "eu", "a"), (2, "eu", "b"), (2, "us", "b")],
            Difference.UNEXPECTED,
            Example(Difference.UNEXPECTED, ("us", "2"), {}, {"id": "2", "region": "us", "v": "b"}, 0, 1),
        ),
        ([(1, "eu", "a"), (2, "eu", None)], Difference.CHANGED, Example(Difference.CHANGED, ("eu", "2"), {"v": "b"}, {"v": None}, 1, 1)),
        ([(1, "eu", "a"), (2, "eu", "b"), (2, "eu", "b")], Difference.REPEATED, Example(Difference.REPEATED, ("eu", "2"), {}, {}, 1, 2)),
    ],
)
def test_each_kind_of_difference_is_found(lake: list[Any], expected: Difference, example: Example) -> None:
    result = compare(TABLE, Rows((1, "eu", "a"), (2, "eu", "b")), Rows(*lake))
    assert result.counts == {expected: 1}
    assert result.examples == (example,)


@pytest.mark.parametrize("last", ["b", "other"], ids=["equal rows", "different rows"])
@pytest.mark.parametrize("lake_has", [1, 3])
def test_a_key_that_repeats_in_the_source_is_a_difference(last: str, lake_has: int) -> None:
    """Whether its rows are equal or not, and whether the lake has as many: the keys do not say which row is which."""
    source: list[Row] = [(1, "eu", "a"), (2, "eu", "b"), (2, "eu", "b"), (2, "eu", last)]
    result = compare(TABLE, Rows(*source), Rows(*source[: 1 + lake_has]))
    assert result.counts[Difference.REPEATED_IN_SOURCE] == 1
    assert (Difference.REPEATED in result.counts, result.equal) == (lake_has > 1, False)
    example = next(one for one in result.examples if one.difference is Difference.REPEATED_IN_SOURCE)
    assert (example.key, example.source_rows, example.lake_rows) == (("eu", "2"), 3, lake_has)


def test_a_key_that_repeats_on_one_side_only_is_missing_once() -> None:
    rows: list[Row] = [(2, "eu", "b")] * 3
    expected = {Difference.MISSING: 1, Difference.REPEATED_IN_SOURCE: 1}
    assert compare(TABLE, Rows(*rows), Rows()).counts == expected
    assert compare(TABLE, Rows(), Rows(*rows)).counts == {Difference.UNEXPECTED: 1, Difference.REPEATED: 1}


def test_null_keys_that_repeat_are_found_too() -> None:
    rows: list[Row] = [(1, None, "a"), (1, None, "a")]
    assert compare(TABLE, Rows(*rows), Rows(*rows)).counts == {Difference.REPEATED_IN_SOURCE: 1, Difference.REPEATED: 1}


def test_rows_that_load_insert_leaves_twice_have_words_of_their_own() -> None:
    """Rows of one key that differ cannot come of a load: an update takes the place of all rows of its key."""
    lake: list[Row] = [(1, "eu", "a"), (1, "eu", "a"), (2, "eu", "b"), (2, "eu", "c")]
    result = compare(replace(TABLE, appends_load=True), Rows((1, "eu", "a"), (2, "eu", "b")), Rows(*lake))
    assert result.counts == {Difference.CHANGED: 1, Difference.REPEATED: 1, Difference.LOADED_TWICE: 1}
    assert "load: insert" in Difference.LOADED_TWICE


def test_other_numbers_of_rows_are_never_equal() -> None:
    """Even if every key that was looked at is the same."""
    assert not TableResult(TABLE, 4, 2).equal
    assert TableResult(TABLE, 2, 2).equal


_SAME = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["eu", None]), st.sampled_from(["a", "b", None])), max_size=5)


@given(_SAME, _SAME)
def test_equal_means_the_same_rows_under_keys_that_identify_them(source: list[Row], lake: list[Row]) -> None:
    keys = [row[:2] for row in source]
    expected = len(set(keys)) == len(keys) and sorted(map(str, source)) == sorted(map(str, lake))
    assert compare(TABLE, Rows(*source), Rows(*lake)).equal is expected


def test_a_null_key_equals_a_null_key() -> None:
    assert compare(TABLE, Rows((1, None, "a")), Rows((1, None, "a"))).equal


def test_examples_are_few_and_of_every_kind() -> None:
    source = [(number, "eu", "a") for number in range(50)]
    lake = [(number, "eu", "b") for number in range(25, 75)]
    result = compare(TABLE, Rows(*source), Rows(*lake), examples=6)
    assert result.counts == {Difference.MISSING: 25, Difference.UNEXPECTED: 25, Difference.CHANGED: 25}
    assert len(result.examples) == 6
    assert {example.difference for example in result.examples} == set(result.counts)
