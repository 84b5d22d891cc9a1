"""What a reviewer is told."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum


class Area(StrEnum):
    """Why a reviewer must know."""

    LOSS = "loss"
    ACCESS = "access"
    UNKNOWN = "look"
    COST = "cost"
    NOTE = "note"


NEEDS_A_YES = frozenset({Area.LOSS, Area.ACCESS, Area.UNKNOWN})
"""What a person must agree to. What costs more is told, and stops nothing."""

LONGEST = 1500
"""Characters of one message. What is longer (a policy of hundreds of actions) is cut, and says so."""


def plain(text: object) -> str:
    """Text without what steers a terminal or turns the direction of reading: a plan holds what others wrote."""
    shown = "".join(_shown(character) for character in str(text))
    return shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}... ({len(shown) - LONGEST:,} characters more: read them in the plan)"


def _shown(character: str) -> str:
    if character in "\n\t":
        return " "
    return f"\\u{ord(character):04x}" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") else character


@dataclass(frozen=True)
class Finding:
    """One thing to know about a resource.

    Attributes:
        area: why.
        address: the resource; empty when it is about the plan.
        message: what happens, and what that means.
    """

    area: Area
    address: str
    message: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", plain(self.address))
        object.__setattr__(self, "message", plain(self.message))
