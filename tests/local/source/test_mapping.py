"""Selection rules, wildcards and removals, without a server."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.config.table_mappings import literal
from scripts.local.source.errors import CaptureError
from scripts.local.source.mapping import Pattern, TableMappings
from tests.local.source.support import removal, selection


def mapping(schema: str, table: str, **parameters: str) -> dict[str, Any]:
    rule = {
        "rule-type": "object-mapping",
        "rule-name": "map",
        "rule-action": "map-record-to-record",
        "object-locator": {"schema-name": schema, "table-name": table},
    }
    return {**rule, "mapping-parameters": parameters} if parameters else rule


def mappings(*rules: dict[str, Any]) -> TableMappings:
    return TableMappings({"rules": rules})


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("%", ["", "orders"], []),
        ("order%", ["order", "orders"], ["border"]),
        ("order_items", ["order_items", "orderXitems"], ["orderitems", "orderXXitems"]),
        ("order[_]items", ["order_items"], ["orderXitems"]),
        ("a[%]b", ["a%b"], ["axb", "ab"]),
        ("a[[]b", ["a[b"], ["ab"]),
        ("t[ab]", ["ta", "tb"], ["tc", "tab"]),
        ("t[a-d]", ["ta", "td"], ["te", "t-"]),
        ("t[^a]", ["t^", "ta"], ["tb"]),
        ("a.b", ["a.b"], ["axb"]),
        ("Orders", ["Orders"], ["orders"]),
        ("a[b", ["a[b"], ["ab"]),
        ("line\nbreak%", ["line\nbreak\n"], []),
    ],
)
def test_wildcards(pattern: str, matching: list[str], other: list[str]) -> None:
    assert [name for name in matching + other if Pattern(pattern).matches(name)] == matching


@pytest.mark.parametrize("name", ["order_items", "100%", "a[b]", "[x-y]", "plain", "_%["])
def test_the_literal_form_of_a_name_matches_that_name_only(name: str) -> None:
    assert Pattern(literal(name)).matches(name)
    assert not Pattern(literal(name)).matches(name + "x")
    assert not Pattern(literal(name)).matches("x" + name[1:])


def test_an_exclusion_wins_wherever_it_stands() -> None:
    rules = [selection("shop", "%"), selection("shop", "tmp%", "exclude")]
    for order in (rules, rules[::-1]):
        assert [table for table in ("orders", "tmp_1") if mappings(*order).selects("shop", table)] == ["orders"]
    assert not mappings(*rules).selects("other", "orders")
    assert not mappings().selects("shop", "orders")


def test_an_explicit_selection_takes_no_wildcards() -> None:
    chosen = mappings(selection("shop", "order_items", "explicit"))
    assert chosen.selects("shop", "order_items")
    assert not chosen.selects("shop", "orderXitems")


def test_removed_columns() -> None:
    chosen = mappings(selection("shop", "%"), removal("shop", "customers", "phone"), removal("%", "%", "secret%"))
    assert chosen.removes("shop", "customers", "phone")
    assert not chosen.removes("shop", "orders", "phone")
    assert chosen.removes("shop", "orders", "secret_key")


def test_an_object_mapping_names_its_table_exactly() -> None:
    chosen = mappings(selection("shop", "%"), mapping("shop", "order_items"), mapping("shop", "%"))
    found = [chosen.selection("shop", table) for table in ("order_items", "orderXitems")]
    assert [one and one.mapped for one in found] == [True, False]
    with_key = mappings(selection("shop", "%"), mapping("shop", "orders", **{"partition-key-type": "schema-table"})).selection(
        "shop", "orders"
    )
    assert with_key is not None
    assert with_key.key_type == "schema-table"


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({**selection("s", "t"), "filters": [{"filter-type": "source"}]}, "include s.t .* filters of rows are not supported"),
        ({**removal("s", "t", "c"), "rule-action": "rename"}, "transformation with rename is not supported"),
        ({**mapping("s", "t"), "rule-action": "map-record-to-document"}, "object-mapping with map-record-to-document"),
        (mapping("s", "t", **{"partition-key-type": "constant"}), "partition-key-type primary-key or schema-table"),
        (selection("s", "t[z-a]"), "no pattern"),
    ],
)
def test_fails_when_a_rule_asks_for_what_cannot_be_done(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(CaptureError, match=message):
        mappings(rule)
