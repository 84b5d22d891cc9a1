"""An update of a mirror's key: refused, left out of a replay, and delivered once the lake file lets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.local.key_changes import KeyChanges
from scripts.local.replay import ReplayCounts, replay_local
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from tests.local.commands import invoke
from tests.local.conftest import Synthesise
from tests.local.sources import ORDERS, STOCK, order
from tests.local.support import DATABASE, LAKE, deliver, error_lines, errors_of, lake_rows

CHANGED = ORDERS.change("update", order(9, "moved"), 5, before={"order_id": 3})
SPOILED = ORDERS.change("insert", {**order(4), "total": "much"}, 6)
KEPT = STOCK.change("update", {"sku": "b", "store": 1, "amount": 1}, 7, before={"sku": "a"})


def replay(template: LocalTemplate, root: Path) -> ReplayCounts:
    (counts,) = replay_local(template, LakeFolder(root)).values()
    return counts


def failed(template: LocalTemplate, root: Path) -> list[str]:
    return sorted(line["errorMessage"] for line in error_lines(template, root))


def test_a_changed_key_is_left_out_of_a_replay(shop: LocalTemplate, tmp_path: Path) -> None:
    deliver(shop, tmp_path, [ORDERS.load(order(3)), CHANGED, KEPT])
    (object_before,) = errors_of(shop, tmp_path).open_objects()
    for _ in range(2):
        counts = replay(shop, tmp_path)
        assert (counts.left_out, counts.failed, counts.objects) == ({"key_changed": 1}, {}, 0)
    assert [found.path for found in errors_of(shop, tmp_path).open_objects()] == [object_before.path]  # not even written anew
    assert [row["order_id"] for row in lake_rows(shop, tmp_path, DATABASE, "orders")] == [3]


def test_what_lies_beside_it_is_replayed(shop: LocalTemplate, tmp_path: Path) -> None:
    deliver(shop, tmp_path, [CHANGED, SPOILED])
    counts = replay(shop, tmp_path)
    assert (counts.left_out, counts.failed, counts.objects) == ({"key_changed": 1}, {"Lambda.ProcessingFailedStatus": 1}, 1)
    assert failed(shop, tmp_path) == [
        "ProcessingFailed status set for record",
        "key_changed: no replay can deliver it (docs/guarantees.md#when-a-key-changes)",
    ]


def test_a_lake_file_that_takes_it_gets_it(shop: LocalTemplate, synthesise_text: Synthesise, tmp_path: Path) -> None:
    """The way out for keys that do change: every change is a row, and the view follows the key."""
    deliver(shop, tmp_path, [CHANGED])
    history = synthesise_text(LAKE.replace("shop.orders\n    mode: mirror", "shop.orders\n    target: order_changes\n    mode: history"))
    counts = replay(history, tmp_path)
    assert (counts.left_out, counts.delivered) == ({}, {f"{DATABASE}.order_changes": 1})
    (row,) = lake_rows(history, tmp_path, DATABASE, "order_changes")
    assert (row["order_id"], row["_previous_order_id"]) == (9, 3)
    assert error_lines(history, tmp_path) == []


def test_an_update_that_shows_no_key_is_left_out_too(shop: LocalTemplate, tmp_path: Path) -> None:
    bare = CHANGED._replace(data=CHANGED.data.replace(b'"before-image":{"order_id":3', b'"before-image":{"other":3'))
    deliver(shop, tmp_path, [bare])
    assert replay(shop, tmp_path).left_out == {"key_not_shown": 1}


def test_the_command_says_what_it_left(shop: LocalTemplate, tmp_path: Path) -> None:
    lake = tmp_path / "lake.yaml"
    lake.write_text(LAKE)
    deliver(shop, tmp_path / "data", [CHANGED])
    result = invoke("replay", str(lake), "--local", "--data", str(tmp_path / "data"))
    assert result.code == 1
    assert "1 left where they are: key_changed, which no replay can deliver (docs/guarantees.md#when-a-key-changes)" in result.out
    told = invoke("replay", str(lake), "--local", "--data", str(tmp_path / "data"), "--output", "json").json
    assert [one["left_out"] for one in told] == [{"key_changed": 1}]


@pytest.mark.parametrize("operation", ["insert", "delete", "load"])
def test_other_operations_are_replayed_whatever_they_carry(shop: LocalTemplate, operation: str) -> None:
    record = ORDERS.load(order(1)) if operation == "load" else ORDERS.change(operation, order(1), 1)
    assert KeyChanges(shop.deliveries[0]).reason(record) is None
