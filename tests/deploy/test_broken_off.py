"""Applies that were killed, the lock that one leaves behind, and the way back."""

from __future__ import annotations

from tests.deploy.conftest import Lakes
from tests.deploy.support import LIFECYCLE, declared, remote_addresses


def test_held_lock_says_who_holds_it(lakes: Lakes) -> None:
    held = lakes.stale_lock.held
    assert not held.ok
    (error,) = held.errors
    assert error.summary == "Error acquiring the state lock"
    assert "Operation: OperationTypeApply" in error.detail
    assert "Who: " in error.detail


def test_killed_apply_leaves_a_lock_that_force_unlock_takes_away(lakes: Lakes) -> None:
    stale = lakes.stale_lock.stale
    assert not stale.ok
    assert [error.summary for error in stale.errors] == ["Error acquiring the state lock"]
    assert "successfully unlocked" in lakes.stale_lock.unlocked
    assert [(run.stack, run.errors) for run in lakes.stale_lock.again if not run.ok] == []
    for component in ("lake", "delivery"):
        assert remote_addresses(lakes.neighbour, component) == declared(lakes.neighbour, component)


def test_apply_that_was_killed_half_way_goes_on_where_it_ended(lakes: Lakes) -> None:
    half, killed = lakes.half, lakes.half_applied
    missing = declared(half, "lake") - killed.made
    assert missing == {address for address in declared(half, "lake") if address.startswith(LIFECYCLE)}
    assert killed.again.ok, killed.again.errors
    assert killed.again.resources == len(missing)
    assert {item["address"].split("[")[0] for item in half.state_resources("lake")} == declared(half, "lake")
    assert half.plans() == {}
