"""What each check says of a table, by a catalog that is written down here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from constructs_lib.config.load import parse_lake
from scripts.source_checks.catalog import Cascade, CatalogColumn, CatalogTable, hidden_kind, read_cascades
from scripts.source_checks.finding import Finding, Weight
from scripts.source_checks.lake_tables import CheckedTable, checked_tables
from scripts.source_checks.run import CHECKS

LAKE = """\
name: shop
region: eu-west-1
state: {backend: local}
tables:
  - source: shop.lines
    mode: mirror
    keys: [order_id, number]
    columns:
      order_id: long
      number: {type: int, source: Line}
      sku: string
      body: string
      secret: {pii: drop}
"""
TABLE = checked_tables(parse_lake(LAKE))[0]
NAMES = ("order_id", "Line", "sku", "body", "secret", "id")


def column(name: str, **known: Any) -> CatalogColumn:
    return CatalogColumn(name, **{"data_type": "int", "fraction": 0, "nullable": False, "hidden": "", **known})


def catalog(*, primary_key: tuple[str, ...] = ("order_id", "Line"), columns: Mapping[str, Any] | None = None, **known: Any) -> CatalogTable:
    described = {name: column(name, **(columns or {}).get(name, {})) for name in NAMES}
    return CatalogTable(described, primary_key, **known)


def found(there: CatalogTable, table: CheckedTable = TABLE) -> list[Finding]:
    return [finding for check in CHECKS for finding in check(table, there)]


def mirror_and_history(there: CatalogTable, table: CheckedTable = TABLE) -> list[list[tuple[str, Weight]]]:
    return [[(one.check, one.weight) for one in found(there, replace(table, history=history))] for history in (False, True)]


def test_names_are_the_sources() -> None:
    assert (TABLE.keys, TABLE.source, TABLE.target) == (("order_id", "Line"), "shop.lines", "lines")
    assert TABLE.columns == {"order_id": "order_id", "Line": "number", "sku": "sku", "body": "body"}


@pytest.mark.parametrize("primary_key", [("order_id", "Line"), ("Line", "order_id")])
def test_nothing_is_said_of_the_primary_key(primary_key: tuple[str, ...]) -> None:
    assert mirror_and_history(catalog(primary_key=primary_key)) == [[], []]


@pytest.mark.parametrize(
    ("primary_key", "unique", "advice"),
    [
        (("order_id", "Line", "sku"), (), "write keys: [order_id, number, sku], or mode: history, where every change is a row"),
        (("id",), (("sku",),), "list id among the columns and write keys: [id], or mode: history, where every change is a row"),
        ((), (("sku", "order_id"),), "write keys: [sku, order_id], or mode: history, where every change is a row"),
        ((), (), "give the source a unique index on order_id, Line if they are unique, or mode: history, where every change is a row"),
    ],
)
def test_keys_that_no_unique_index_covers_are_refused_for_a_mirror(
    primary_key: tuple[str, ...], unique: tuple[tuple[str, ...], ...], advice: str
) -> None:
    there = catalog(primary_key=primary_key, unique=unique)
    assert mirror_and_history(there) == [[("keys-not-unique", Weight.REFUSE)], [("keys-not-unique", Weight.WARN)]]
    (finding,) = found(there)
    assert (finding.problem.where, finding.columns, finding.advice) == ("tables[0].keys", ("order_id", "Line"), advice)
    assert finding.problem.message.startswith("are not unique in shop.lines: ")
    (warned,) = found(there, replace(TABLE, history=True))
    assert "mode: history" not in warned.advice


def test_a_unique_index_that_takes_nulls_is_named() -> None:
    there = catalog(primary_key=("id",), unique=(("order_id", "Line"),), columns={"Line": {"nullable": True}})
    assert mirror_and_history(there) == [[("keys-nullable", Weight.WARN)]] * 2
    assert found(there)[0].columns == ("Line",)


def test_keys_beyond_the_primary_key_are_named_for_a_mirror_only() -> None:
    """A history follows a key wherever it goes."""
    there = catalog(primary_key=("Line",))
    assert mirror_and_history(there) == [[("keys-beyond-primary-key", Weight.WARN)], []]
    (finding,) = found(there)
    assert finding.columns == ("order_id",)
    assert finding.advice == "keep it if order_id never changes, else write keys: [number]"


def test_other_keys_than_the_primary_key_are_named_for_a_mirror_only() -> None:
    there = catalog(primary_key=("id",), unique=(("sku", "body"), ("order_id",)))
    assert mirror_and_history(there) == [[("keys-not-primary-key", Weight.WARN)], []]
    assert "which is id" in found(there)[0].words
    assert "of which it has none" in found(replace(there, primary_key=()))[0].words


@pytest.mark.parametrize("data_type", ["longtext", "json", "mediumblob", "point"])
def test_large_objects_as_keys_are_refused(data_type: str) -> None:
    there = catalog(columns={"Line": {"data_type": data_type}})
    assert mirror_and_history(there) == [[("keys-large-object", Weight.REFUSE)]] * 2


@pytest.mark.parametrize(("fraction", "named"), [(0, False), (3, False), (4, True), (5, True), (6, False)])
@pytest.mark.parametrize("data_type", ["datetime", "timestamp"])
def test_keys_that_lose_digits_are_named(data_type: str, fraction: int, named: bool) -> None:
    there = catalog(columns={"order_id": {"data_type": data_type, "fraction": fraction}})
    assert mirror_and_history(there) == [[("keys-cut", Weight.WARN)] if named else []] * 2


@pytest.mark.parametrize("hidden", ["generated", "invisible"])
def test_columns_that_are_never_sent_are_refused_where_the_lake_lists_them(hidden: str) -> None:
    there = catalog(columns={"body": {"hidden": hidden}, "secret": {"hidden": hidden}, "id": {"hidden": hidden}})
    assert mirror_and_history(there) == [[(f"column-{hidden}", Weight.REFUSE)]] * 2
    (finding,) = found(there)
    assert finding.problem.where == "tables[0].columns.body"
    assert finding.problem.message.startswith(f"is {hidden} in shop.lines: ")


@pytest.mark.parametrize(
    ("on_delete", "on_update", "words"),
    [
        ("CASCADE", "", "refers to shop.orders ON DELETE CASCADE, and the lake keeps the rows that go with it"),
        ("SET NULL", "", "refers to shop.orders ON DELETE SET NULL, and the lake keeps the old values of the rows that change with it"),
        ("", "CASCADE", "refers to shop.orders ON UPDATE CASCADE, and the lake keeps the old values of the rows that change with it"),
        (
            "CASCADE",
            "SET DEFAULT",
            "refers to shop.orders ON DELETE CASCADE ON UPDATE SET DEFAULT, and the lake keeps the rows that go with it and the old values"
            " of the rows that change with it",
        ),
    ],
)
def test_foreign_keys_that_change_rows_are_named(on_delete: str, on_update: str, words: str) -> None:
    there = catalog(cascades=(Cascade("fk", ("order_id",), ("shop", "orders"), on_delete, on_update),))
    assert mirror_and_history(there) == [[("cascade", Weight.WARN)]] * 2
    (finding,) = found(there)
    assert finding.problem.message.startswith(f"changes outside the source's log: its foreign key fk (order_id) {words} (")
    assert finding.text.startswith("the table changes outside the source's log: ")


def test_a_key_that_the_source_does_not_have_is_left_to_the_comparison() -> None:
    there = catalog(primary_key=("id",))
    assert found(replace(there, columns={"order_id": there.columns["order_id"]})) == []


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        ("", ""),
        ("auto_increment", ""),
        ("DEFAULT_GENERATED on update CURRENT_TIMESTAMP", ""),
        ("VIRTUAL GENERATED", "generated"),
        ("STORED GENERATED", "generated"),
        ("PERSISTENT", "generated"),
        ("INVISIBLE", "invisible"),
        ("STORED GENERATED INVISIBLE", "generated"),
    ],
)
def test_what_the_catalog_calls_a_hidden_column(extra: str, kind: str) -> None:
    assert hidden_kind(extra) == kind


DEFINITION = """CREATE TABLE `lines` (
  `id` int(11) NOT NULL COMMENT '\\n  CONSTRAINT `no` FOREIGN KEY (`id`) REFERENCES `x` (`y`) ON DELETE CASCADE',
  KEY `p` (`p`),
  CONSTRAINT `plain` FOREIGN KEY (`p`) REFERENCES `orders` (`id`),
  CONSTRAINT `restricts` FOREIGN KEY (`p`) REFERENCES `orders` (`id`) ON DELETE NO ACTION ON UPDATE RESTRICT,
  CONSTRAINT `one` FOREIGN KEY (`p`) REFERENCES `orders` (`id`) ON DELETE CASCADE,
  CONSTRAINT `a``b) (c` FOREIGN KEY (`x``, y`, `z) REFERENCES`) REFERENCES `d.b`.`t ON` (`i`, `j)`) ON DELETE SET NULL ON UPDATE CASCADE,
  CONSTRAINT `last` FOREIGN KEY (`p`) REFERENCES `orders` (`id`) ON UPDATE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='ON DELETE CASCADE'"""


def test_cascades_are_read_out_of_the_tables_definition() -> None:
    assert list(read_cascades("shop", DEFINITION)) == [
        Cascade("one", ("p",), ("shop", "orders"), "CASCADE", ""),
        Cascade("a`b) (c", ("x`, y", "z) REFERENCES"), ("d.b", "t ON"), "SET NULL", "CASCADE"),
        Cascade("last", ("p",), ("shop", "orders"), "", "CASCADE"),
    ]
