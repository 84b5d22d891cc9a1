"""What holds data survives a destroy; with both keys nothing of a lake is left, and other lakes do not notice."""

from __future__ import annotations

from scripts.deploy.deployment import protected_addresses
from scripts.deploy.inventory import inventory
from scripts.deploy.results import REFUSAL
from scripts.plan.emulator import Emulator
from scripts.plan.order import in_order
from tests.deploy.support import REGION, Deployed, remote_addresses

OTHERS = ("shared-terraform-state", "half-dev-")
"""What begins the names of things that belong to the other lakes and to no region."""


def test_destroying_one_lake_leaves_the_other_as_it_is(neighbour: Deployed, retail: Deployed, aws: Emulator) -> None:
    before = inventory(aws, [REGION])
    unprotected = neighbour.unprotect()
    assert all(run.ok for run in neighbour.apply(*unprotected))
    runs = neighbour.destroy()
    assert [run.errors for run in runs if not run.ok] == []
    assert retail.plans() == {}
    gone = before - inventory(aws, [REGION])
    assert [item for item in gone if "retail" in item] == []
    assert [item for item in inventory(aws, [REGION]) if "neighbour" in item] == []


def test_fails_when_data_is_destroyed_without_both_keys(retail: Deployed) -> None:
    data = [name for name in retail.names if protected_addresses(retail.deployment.stacks[name].template)]
    runs = in_order(dict.fromkeys(data, ()), retail.deployment.destroy, at_a_time=4)
    assert {name.removeprefix("retail-dev-") for name in data} >= {"bootstrap", "source", "lake", "delivery"}
    for run in runs.values():
        assert not run.ok
        assert {error.summary for error in run.errors} == {REFUSAL}
    assert remote_addresses(retail, "lake")
    assert retail.plans(*data) == {}


def test_destroy_with_both_keys_leaves_nothing_behind(retail: Deployed, aws: Emulator) -> None:
    unprotected = retail.unprotect()
    assert [run.errors for run in retail.apply(*unprotected) if not run.ok] == []
    assert [run.errors for run in retail.destroy() if not run.ok] == []
    left = inventory(aws, [REGION]) - retail.before
    assert [item for item in left if not any(other in item for other in OTHERS)] == []
