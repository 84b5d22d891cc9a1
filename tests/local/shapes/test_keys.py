"""Keys of a lake that are not the source's primary key: what an update of one of them does is refused or kept, never unseen."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from scripts.local.template import LocalTemplate
from tests.local.conftest import Synthesise
from tests.local.shapes.conftest import Begin
from tests.local.shapes.support import HEAD, ShapeRun

pytestmark = pytest.mark.end_to_end

LAKE = f"""{HEAD}\
  - {{source: shop.stores, deliveries: [mirrors], mode: mirror, create: false, keys: [country, store_id], partition_by: [country],
     columns: {{country: string, store_id: int, city: string}}}}
  - {{source: shop.stores, deliveries: [histories], mode: history, keys: [country, store_id],
     columns: {{country: string, store_id: int, city: string}}}}
"""
STORES = "CREATE TABLE stores (store_id INT PRIMARY KEY, country VARCHAR(2) NOT NULL, city VARCHAR(20))"
ROWS = "INSERT INTO stores VALUES (1, 'DE', 'Ulm'), (2, 'FR', 'Lyon')"
MOVES = "UPDATE stores SET country = 'AT', city = 'Linz' WHERE store_id = 1"
STAYS = "UPDATE stores SET city = 'Paris' WHERE store_id = 2"


@pytest.fixture(scope="module")
def lake(synthesise_text: Synthesise) -> LocalTemplate:
    return synthesise_text(LAKE)


def refused(run: ShapeRun) -> Counter[str]:
    """What the functions refused, by reason."""
    return sum((delivery.refused for delivery in run.outcome.counts.deliveries.values()), Counter())


def test_a_key_beside_the_primary_key_that_changes_is_refused_by_a_mirror_and_kept_by_a_history(begin: Begin, lake: LocalTemplate) -> None:
    run = begin(lake, STORES, ROWS)
    assert run.capture(MOVES, STAYS) == {"mirrors.stores": {"missing in the lake": 1, "only in the lake": 1}}
    assert refused(run) == {"key_changed": 1}
    assert [(row["country"], row["store_id"], row["city"]) for row in run.rows("mirrors.stores")] == [("DE", 1, "Ulm"), ("FR", 2, "Paris")]
    (moved,) = (row for row in run.rows("histories.stores") if row["_previous_country"] is not None)
    assert (moved["_previous_country"], moved["_previous_store_id"], moved["country"]) == ("DE", 1, "AT")


def test_an_image_of_the_primary_key_alone_hides_nothing(begin: Begin, lake: LocalTemplate) -> None:
    """A task whose setting was changed by hand: what it cannot show fails, in both modes, and the comparison says which rows differ."""
    settings = {**lake.task_settings, "BeforeImageSettings": {**lake.task_settings["BeforeImageSettings"], "ColumnFilter": "pk-only"}}
    run = begin(replace(lake, task_settings=settings), STORES, ROWS)
    each = {"missing in the lake": 1, "only in the lake": 1, "different": 1}
    assert run.capture(MOVES, STAYS) == {"mirrors.stores": each, "histories.stores": each}
    assert refused(run) == {"key_not_shown": 4}
