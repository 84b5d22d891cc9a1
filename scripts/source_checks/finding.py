"""One thing that a source's catalog says against a table of the lake, as data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from constructs_lib.config.problems import Path, Problem
from scripts.source_checks.lake_tables import CheckedTable


class Weight(StrEnum):
    """What follows: `refuse` where rows are certain to come out wrong, `warn` where that takes something that may not happen."""

    REFUSE = "refuse"
    WARN = "warn"


@dataclass(frozen=True)
class Finding:
    """A finding.

    Attributes:
        check: its name, such as `keys-not-unique`.
        weight: what follows.
        table: whose.
        columns: source columns that it is about.
        words: what is so and what it does, as a problem's message begins.
        advice: what to do.
        place: what of the table in the lake file it stands against.
    """

    check: str
    weight: Weight
    table: CheckedTable
    columns: tuple[str, ...]
    words: str
    advice: str
    place: Path = ()

    @property
    def problem(self) -> Problem:
        """The same as a problem of the lake file."""
        return Problem(("tables", self.table.place, *self.place), f"{self.words} ({self.advice})")

    @property
    def text(self) -> str:
        """The same beside the table's name: `keys are not unique in ...`."""
        return f"{'.'.join(map(str, self.place)) or 'the table'} {self.words} ({self.advice})"

    def as_record(self) -> dict[str, object]:
        """Plain data."""
        return {
            "check": self.check,
            "weight": str(self.weight),
            "source": self.table.source,
            "columns": list(self.columns),
            "words": self.words,
            "advice": self.advice,
        }


def listed(names: tuple[str, ...]) -> str:
    """Names between commas."""
    return ", ".join(names)
