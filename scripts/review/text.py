"""A review for a terminal. Each line begins with its area as a word: colour only repeats it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from scripts.console import open_console
from scripts.review.finding import Area
from scripts.review.report import NOT_VISIBLE, TITLES, Review, kinds_line

STYLES: Final = {Area.LOSS: "bold red", Area.ACCESS: "yellow", Area.UNKNOWN: "magenta", Area.COST: "cyan", Area.NOTE: "dim"}
WORDS: Final = {Area.LOSS: "!! LOSS", Area.ACCESS: "!  ACCESS", Area.UNKNOWN: "?  LOOK", Area.COST: "   cost", Area.NOTE: "   note"}


def print_reviews(reviews: Sequence[Review]) -> None:
    """Prints reviews, one after the other, and what they come to."""
    console = open_console(markup=False)
    for review in reviews:
        _print(console, review)
    waiting = [review.name for review in reviews if review.needs_a_yes]
    if len(reviews) > 1:
        line = (
            f"{len(waiting)} of {len(reviews)} plans need a person's yes: {', '.join(waiting)}"
            if waiting
            else "no plan needs a person's yes"
        )
        console.print(line, style="bold red" if waiting else "green")
    console.print(NOT_VISIBLE, style="dim")


def _print(console: Console, review: Review) -> None:
    console.print(Text.assemble((review.name, "bold"), f": {review.summary}"))
    for verb, types in review.counts.items():
        console.print(f"  {verb}: {kinds_line(types)}", style="dim")
    if review.outputs:
        console.print(f"  outputs that change: {', '.join(review.outputs)}", style="dim")
    for area in Area:
        found = review.of(area)
        if found:
            console.print(Text(f"{WORDS[area].strip()}: {TITLES[area]}", style=STYLES[area]))
        for finding in found:
            console.print(
                Text.assemble(
                    (f"  {WORDS[area]:<9} ", STYLES[area]), (finding.address, "bold"), ": " * bool(finding.address), finding.message
                )
            )
    console.print(review.verdict, style="bold red" if review.needs_a_yes else "green")
    console.print()
