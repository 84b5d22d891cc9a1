"""The names of the IANA time-zone database (2026.6, links included), in a file of ours: each machine has another list."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "time_zones.txt"


@cache
def time_zones() -> frozenset[str]:
    """Every name, spelt as the database spells it."""
    return frozenset(_FILE.read_text(encoding="utf-8").split())
