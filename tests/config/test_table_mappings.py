"""Table mappings: what DMS captures."""

from __future__ import annotations

import fnmatch
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from constructs_lib.config.table_mappings import literal, table_mappings
from tests.config.support import lake

TWO_DELIVERIES = "deliveries: [{name: a, database: a}, {name: b, database: b}]\n"


def tables(*entries: str) -> str:
    return "tables: [" + ", ".join(entries) + "]"


def entry(source: str, more: str = "", columns: str = "id: long") -> str:
    return f"{{source: {source}, mode: mirror, keys: [id], columns: {{{columns}}}{more}}}"


def dms_matches(pattern: str, name: str) -> bool:
    """DMS's wildcards: `%`, `_` and sets in brackets."""
    parts = re.findall(r"\[[^\]]*\]|.", pattern, re.DOTALL)
    glob = "".join(part if len(part) > 1 else {"%": "*", "_": "?"}.get(part, re.sub(r"([*?\[])", r"[\1]", part)) for part in parts)
    return fnmatch.fnmatchcase(name, glob)


def test_a_table_is_selected_mapped_and_stripped_of_what_is_dropped() -> None:
    made = lake(tables(entry("my_shop.order_items", columns="id: long, card_no: {pii: drop}, name: {pii: drop, source: FullName}")))
    exact = {"schema-name": "my_shop", "table-name": "order_items"}
    assert table_mappings(made) == {
        "rules": [
            {
                "rule-type": "selection",
                "rule-id": "10000",
                "rule-name": "10000-select-my_shop-order_items",
                "object-locator": {"schema-name": "my[_]shop", "table-name": "order[_]items"},
                "rule-action": "include",
                "filters": [],
            },
            {
                "rule-type": "object-mapping",
                "rule-id": "10001",
                "rule-name": "10001-map-my_shop-order_items",
                "rule-action": "map-record-to-record",
                "object-locator": exact,
                "mapping-parameters": {"partition-key-type": "primary-key"},
            },
            {
                "rule-type": "transformation",
                "rule-id": "10002",
                "rule-name": "10002-drop-my_shop-order_items-card_no",
                "rule-target": "column",
                "object-locator": {**exact, "column-name": "card_no"},
                "rule-action": "remove-column",
            },
            {
                "rule-type": "transformation",
                "rule-id": "10003",
                "rule-name": "10003-drop-my_shop-order_items-FullName",
                "rule-target": "column",
                "object-locator": {**exact, "column-name": "FullName"},
                "rule-action": "remove-column",
            },
        ]
    }


def test_names_of_any_spelling_stand_as_patterns_where_dms_reads_patterns_and_as_they_are_elsewhere() -> None:
    made = lake(tables(entry("{schema: my shop, table: 'order.items [50%_]'}", columns="id: long, rate: {source: 'ra te.%', type: int}")))
    select, mapping = table_mappings(made)["rules"]
    assert select["object-locator"] == {"schema-name": "my shop", "table-name": "order.items [[]50[%][_]]"}
    assert mapping["object-locator"] == {"schema-name": "my shop", "table-name": "order.items [50%_]"}
    assert select["rule-name"] == "10000-select-my_shop-order_items__50___"


def test_ids_and_names_are_unique_and_an_added_table_changes_no_earlier_rule() -> None:
    first = table_mappings(lake(tables(entry("a.b_c"), entry("a.b-c", ", target: bc"))))["rules"]
    more = table_mappings(lake(tables(entry("a.b_c"), entry("a.b-c", ", target: bc"), entry("a.z"))))["rules"]
    assert more[: len(first)] == first
    for key in ("rule-id", "rule-name"):
        values = [rule[key] for rule in more]
        assert len(set(values)) == len(values)
    assert all(rule["rule-id"].isdigit() for rule in more)


def test_a_table_of_two_deliveries_is_captured_once_and_stripped_of_what_either_drops() -> None:
    made = lake(
        TWO_DELIVERIES
        + tables(
            entry("s.t", ", deliveries: [a]", "id: long, x: {pii: drop}"),
            entry("s.u", ", deliveries: [a]"),
            entry("s.t", ", deliveries: [b]", "id: long, y: {pii: drop}"),
        )
    )
    rules: list[dict[str, Any]] = table_mappings(made)["rules"]
    assert [(rule["rule-id"], rule["rule-action"]) for rule in rules] == [
        ("10000", "include"),
        ("10001", "map-record-to-record"),
        ("10002", "remove-column"),
        ("10003", "remove-column"),
        ("20000", "include"),
        ("20001", "map-record-to-record"),
    ]


@given(st.text(alphabet="ab_%[]*?-", min_size=1, max_size=8), st.text(alphabet="ab_%[]*?-", min_size=1, max_size=8))
def test_a_literal_name_matches_itself_only(name: str, other: str) -> None:
    assert dms_matches(literal(name), name)
    assert dms_matches(literal(name), other) == (name == other)
