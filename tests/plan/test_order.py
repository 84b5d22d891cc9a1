"""Stacks are worked through in the order of their dependencies, and back."""

from __future__ import annotations

from scripts.plan.order import in_order, turned_round

UPSTREAM = {"network": [], "lake": [], "delivery": ["lake"], "capture": ["network", "delivery"]}


def test_every_name_comes_after_what_it_needs() -> None:
    seen: list[str] = []
    results = in_order(UPSTREAM, lambda name: seen.append(name) or name.upper(), at_a_time=3)
    assert results == {name: name.upper() for name in UPSTREAM}
    assert all(seen.index(other) < seen.index(name) for name, needs in UPSTREAM.items() for other in needs)


def test_way_back_begins_where_the_way_there_ended() -> None:
    assert turned_round(UPSTREAM) == {"network": ["capture"], "lake": ["delivery"], "delivery": ["capture"], "capture": []}
