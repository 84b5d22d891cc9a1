"""A review as a comment on a pull request: GitHub's Markdown, within its size.

What stands in a plan was written by others. Every character that Markdown, HTML or GitHub gives a meaning is written as an entity, so that
a name can neither end a table, nor hide a line, nor call a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from scripts.review.finding import NEEDS_A_YES, Area, Finding
from scripts.review.report import NOT_VISIBLE, TITLES, Review, kinds_line

LIMIT: Final = 65_536
"""Characters that GitHub takes in a comment."""

MARK: Final = "<!-- moulin review -->"
"""Begins the comment, so that the next run finds it and writes it anew."""

SIGNS: Final = {Area.LOSS: "\U0001f534", Area.ACCESS: "\U0001f7e0", Area.UNKNOWN: "❓", Area.COST: "\U0001f4b0", Area.NOTE: "\U0001f4dd"}
_RESERVE: Final = 600
_MEANINGFUL: Final = re.compile(r"[^\w\s.,:/()=+-]|_", re.ASCII)


def escaped(text: str) -> str:
    """Text that shows as it is, whatever stands in it; a name after @ calls nobody."""
    entities = _MEANINGFUL.sub(lambda found: found[0] if ord(found[0]) > 127 else f"&#{ord(found[0])};", text)
    return entities.replace("&#64;", "&#64;&#8203;").replace("://", "&#58;//").replace("www.", "www&#46;")


def to_markdown(reviews: Sequence[Review], *, limit: int = LIMIT) -> str:
    """Reviews as one comment. The losses of all plans come first; what does not fit is counted, and never a loss for the sake of a note."""
    waiting = [review for review in reviews if review.needs_a_yes]
    head = "needs a person's yes" if waiting else "nothing that needs a person's yes"
    page = _Page(limit - _RESERVE)
    page.add(f"{MARK}\n## {SIGNS[Area.LOSS] if waiting else chr(0x2705)} moulin review: {head}\n")
    page.add("\n| plan | | what happens |\n|---|---|---|\n")
    rows = sorted(reviews, key=lambda review: not review.needs_a_yes)
    lines = (f"| {escaped(review.name[:200])} | {escaped(review.verdict)} | {escaped(review.summary)} |\n" for review in rows)
    page.add_all(lines, len(rows), "plans")
    for area in Area:
        _add_area(page, area, reviews)
    _add_kinds(page, reviews)
    return f"{page.text}\n<sub>{escaped(NOT_VISIBLE)}</sub>\n"


class _Page:
    """Text that grows up to a limit."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.text = ""

    def add(self, text: str, *, keep: int = 0) -> bool:
        """Adds a text if it fits and leaves some room; says whether it did."""
        if len(self.text) + len(text) + keep > self.limit:
            return False
        self.text += text
        return True

    def add_all(self, lines: Iterable[str], count: int, what: str, *, keep: int = 0) -> None:
        """Adds lines as long as they fit, and says how many of the count did not; lines beyond are not even made."""
        for index, line in enumerate(lines):
            if not self.add(line, keep=keep + 120):
                self.text += f"\n**... and {count - index} more {what} that do not fit here**: see the text output of the job.\n"
                return


def _add_area(page: _Page, area: Area, reviews: Sequence[Review]) -> None:
    found = [(review, finding) for review in reviews for finding in review.of(area)]
    if not found:
        return
    title = f"{SIGNS[area]} {area.value.upper()}: {TITLES[area]} ({len(found)})"
    needed = " needs a yes" if area in NEEDS_A_YES else ""
    is_open = " open" if area is Area.LOSS or (area in NEEDS_A_YES and len(found) <= 20) else ""
    opening, closing = f"\n<details{is_open}><summary><b>{title}</b>{needed}</summary>\n\n", "\n</details>\n"
    if page.add(opening, keep=len(closing) + 200):
        lines = (_line(review, finding, many=len(reviews) > 1) for review, finding in found)
        page.add_all(lines, len(found), f"{area.value} findings", keep=len(closing))
        page.text += closing
    else:
        page.text += f"\n**{title}: does not fit here**, see the text output of the job.\n" if len(page.text) < page.limit + 300 else ""


def _line(review: Review, finding: Finding, *, many: bool) -> str:
    where = f"{review.name}: " if many else ""
    address = f"<code>{escaped(where + finding.address)}</code> " if finding.address or where else ""
    return f"- {address}{escaped(finding.message)}\n"


def _add_kinds(page: _Page, reviews: Sequence[Review]) -> None:
    counted = [(review.name, verb, types) for review in reviews for verb, types in review.counts.items()]
    lines = (f"- {escaped(name)}: {verb} {escaped(kinds_line(types))}\n" for name, verb, types in counted)
    opening, closing = "\n<details><summary>every kind of resource</summary>\n\n", "\n</details>\n"
    if counted and page.add(opening, keep=len(closing) + 200):
        page.add_all(lines, len(counted), "kinds", keep=len(closing))
        page.text += closing
