from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.seed.distinct import Nothing
from scripts.seed.errors import SeedError, UsageError
from scripts.seed.keys import KeySample
from scripts.seed.model import Column, ForeignKey, Row, Table, parents_first
from scripts.seed.retail import DEVICES, EVENTS, is_retail, retail_table
from scripts.seed.rows import Rows
from scripts.seed.vocabulary import PROVIDERS, Vocabulary, provider_of

NOW = datetime(2024, 3, 5, 9)
VOCABULARY = Vocabulary(47)


def rows_of(table: Table, seed: int = 47, parents: Sequence[Row] = ()) -> Rows:
    sample = KeySample(Random(1))
    sample.add(parents)
    return Rows(table, seed=seed, now=NOW, vocabulary=VOCABULARY, parents=lambda _: sample, held=Nothing())


def text(name: str, length: int = 255, **more: object) -> Column:
    return Column(name, "varchar", f"varchar({length})", length=length, charset="utf8mb4", **more)  # type: ignore[arg-type]


PEOPLE = Table(
    "shop",
    "people",
    (
        text("code", 12, nullable=False),
        text("email"),
        Column("age", "tinyint", "tinyint"),
        Column("balance", "decimal", "decimal(9,2)", scale=2),
    ),
    keys=("code",),
    unique=(("code",),),
)


def test_retail_rows_follow_the_rules() -> None:
    rows = rows_of(retail_table()).batch(2_000)
    for customer, event, sku, amount, device, moment in rows:
        assert re.fullmatch(r"\d{12}", str(customer))
        assert re.fullmatch(r"[A-Z]{2}[1-9]\d{3}[A-Z]{4}", str(sku))
        assert event in EVENTS
        assert device in DEVICES
        assert isinstance(amount, int)
        assert 0 <= amount <= 100 if event in ("cart", "purchase") else amount == 1
        assert isinstance(moment, datetime)
        assert NOW <= moment < NOW + timedelta(hours=1)
    assert {row[1] for row in rows} == set(EVENTS)
    assert {row[3] for row in rows} >= {0, 100}


def test_retail_rules_hold_under_another_name_and_beside_more_columns() -> None:
    table = retail_table("shop", "clicks")
    assert is_retail(Table("shop", "clicks", (*table.columns, text("note")), table.keys))
    narrow = tuple(text("event", 4) if column.name == "event" else column for column in table.columns)
    assert not is_retail(Table("shop", "clicks", narrow, table.keys))


@settings(max_examples=25)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=8), st.sampled_from([PEOPLE, retail_table()]))
def test_rows_do_not_depend_on_the_batch_size_or_on_updates_between(sizes: list[int], table: Table) -> None:
    whole = rows_of(table).batch(sum(sizes))
    pieces = rows_of(table)
    together: list[Row] = []
    for size in sizes:
        together += pieces.batch(size)
        pieces.changes(size)
    assert together == whole


def test_another_seed_gives_other_rows() -> None:
    assert rows_of(PEOPLE, seed=1).batch(20) != rows_of(PEOPLE, seed=2).batch(20)


def test_nullable_columns_are_sometimes_null_and_others_never() -> None:
    rows = rows_of(PEOPLE).batch(4_000)
    nulls = Counter(position for row in rows for position, value in enumerate(row) if value is None)
    assert nulls[0] == 0
    assert all(120 < nulls[position] < 280 for position in (1, 2, 3))


def test_changes_set_one_to_three_columns_and_no_key() -> None:
    changes = rows_of(PEOPLE).changes(300)
    assert {len(change) for change in changes} == {1, 2, 3}
    assert not any("code" in change for change in changes)


def test_a_reference_points_at_a_parent_and_a_composite_one_at_one_parent() -> None:
    reference = ForeignKey(("shop_id", "region"), "shop", "shops", ("id", "region"))
    columns = (
        Column("id", "int", "int", nullable=False, auto_increment=True),
        Column("shop_id", "int", "int", nullable=False),
        text("region", 8),
    )
    table = Table("shop", "orders", columns, keys=("id",), foreign_keys=(reference,))
    parents = [(number, f"r{number}") for number in range(5)]
    assert set(rows_of(table, parents=parents).batch(200)) == set(parents)
    with pytest.raises(SeedError, match=r"refers to shop\.shops, which has no rows"):
        rows_of(table).batch(1)


def test_parents_come_before_their_children_and_a_circle_ends() -> None:
    def table(name: str, *parents: str) -> Table:
        return Table("s", name, (), foreign_keys=tuple(ForeignKey(("x",), "s", parent, ("id",)) for parent in parents))

    ordered = parents_first([table("line", "order", "item"), table("order", "customer"), table("item", "item"), table("customer")])
    assert [table.name for table in ordered] == ["item", "customer", "order", "line"]
    assert len(parents_first([table("a", "b"), table("b", "a")])) == 2


def test_fails_when_a_needed_column_has_a_type_that_cannot_be_filled() -> None:
    shape = Table("s", "t", (Column("shape", "polygon", "polygon", nullable=False),))
    with pytest.raises(UsageError, match=r"s\.t: column shape is polygon, which seed cannot fill"):
        rows_of(shape)
    assert rows_of(Table("s", "t", (Column("shape", "polygon", "polygon"),))).batch(2) == [(None,), (None,)]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("email", "email"),
        ("customer_email", "email"),
        ("firstName", "first name"),
        ("billing_city", "city"),
        ("zip", "postcode"),
        ("ip", "ip"),
        ("product_name", "product"),
        ("full_name", "person"),
        ("sku", "sku"),
        ("category_name", "label"),
    ],
)
def test_a_column_name_says_what_is_in_it(name: str, kind: str) -> None:
    known = provider_of(name)
    assert known is not None
    assert known[0] == kind


@pytest.mark.parametrize("name", ["strip", "x", "kontakt", "zipper", "hash"])
def test_a_name_that_says_nothing_is_not_guessed(name: str) -> None:
    assert provider_of(name) is None


@pytest.mark.parametrize("kind", [kind for kind, _, _ in PROVIDERS])
@pytest.mark.parametrize("length", [1, 5, 12, 255])
def test_texts_fit_into_the_column(kind: str, length: int) -> None:
    texts = VOCABULARY.texts(text(kind.replace(" ", "_"), length))
    assert all(0 < len(value) <= length and value == value.strip() for value in texts)


@pytest.mark.parametrize(("charset", "largest"), [("latin1", 0x7F), ("utf8mb3", 0xFFFF), ("utf8mb4", 0x10FFFF)])
def test_texts_fit_into_the_character_set(charset: str, largest: int) -> None:
    texts = VOCABULARY.texts(Column("anything", "text", "text", length=65_535, charset=charset))
    assert largest // 0x1000 <= max(ord(character) for value in texts for character in value) <= largest
