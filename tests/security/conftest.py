"""Shared by the security tests: one scan of every stack of every example lake."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.security.checkov import Scan, scan
from tests.conftest import Templates


@pytest.fixture(scope="session")
def all_stacks(synthesised: Mapping[str, Templates]) -> dict[str, Mapping[str, Any]]:
    """Every stack of every example lake: no two share a name."""
    stacks = {name: template for lake in synthesised.values() for name, template in lake.items()}
    assert len(stacks) == sum(len(lake) for lake in synthesised.values())
    return stacks


@pytest.fixture(scope="session")
def whole_scan(checkov: Path, all_stacks: dict[str, Mapping[str, Any]]) -> Scan:
    """What checkov says of all of them, from one run."""
    return scan(all_stacks, executable=checkov)
