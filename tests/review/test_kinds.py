"""Every type that a lake uses is known to the rules, so that a new one is classified before it can go unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.review import kinds

SNAPSHOTS = Path(__file__).resolve().parents[1] / "snapshots" / "__snapshots__" / "test_stacks"


def types_of_the_lakes() -> set[str]:
    return {type_ for path in SNAPSHOTS.glob("*.json") for type_ in json.loads(path.read_text()).get("resource", {})}


def test_the_lakes_have_types() -> None:
    assert len(types_of_the_lakes()) > 50


def test_every_type_of_the_lakes_is_known() -> None:
    assert {type_ for type_ in types_of_the_lakes() if not kinds.is_known(type_)} == set()


def test_a_type_is_of_one_kind_only() -> None:
    tables = [set(kinds.DATA), set(kinds.POSITIONS), set(kinds.SERVICE), set(kinds.CONFIGURATION)]
    assert sum(len(table) for table in tables) == len(set.union(*tables))


def test_what_terraform_may_not_destroy_is_known_to_keep_something() -> None:
    """`prevent_destroy` in a stack and the tables of the review say the same of a type."""
    protected = {
        type_
        for path in SNAPSHOTS.glob("*.json")
        for type_, resources in json.loads(path.read_text()).get("resource", {}).items()
        if any(one.get("lifecycle", {}).get("prevent_destroy") for one in resources.values())
    }
    assert protected
    assert {type_ for type_ in protected if type_ not in kinds.DATA and type_ not in kinds.POSITIONS} == set()
