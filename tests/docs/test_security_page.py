"""The tables of docs/security.md are what the example lakes synthesise."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from scripts.security.page import END, START, security_page
from tests.conftest import ROOT, Templates

PAGE = ROOT / "docs" / "security.md"


def test_tables_are_current(synthesised: Mapping[str, Templates], request: pytest.FixtureRequest) -> None:
    """`make snapshots` writes them; CI never does."""
    every = {name: template for lake in synthesised.values() for name, template in lake.items()}
    current = security_page(PAGE.read_text(), lake=synthesised["retail"], every=every)
    if request.config.getoption("update_snapshots"):
        PAGE.write_text(current)
    assert PAGE.read_text() == current, "run `make snapshots` and review the diff"


def test_what_was_written_by_hand_stays() -> None:
    text = security_page(f"before\n{START}\nstale\n{END}\nafter\n", lake={}, every={})
    assert (text.startswith(f"before\n{START}\n"), text.endswith(f"{END}\nafter\n"), "stale" in text) == (True, True, False)
