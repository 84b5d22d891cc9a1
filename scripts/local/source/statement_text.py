"""The text of a statement taken apart as far as names and commas go: comments, strings and quoted names are not mistaken for words."""

from __future__ import annotations

import re
from typing import Final

_NAME = r"(`(?:[^`]|``)+`|\"(?:[^\"]|\"\")+\"|[\w$]+)"
TABLE: Final = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
"""A table's name, with two groups: one name, or a schema and a name."""
TABLE_PAIR: Final = rf"{TABLE}\s+(?:WAIT\s+\d+\s+|NOWAIT\s+)?TO\s+{TABLE}"
"""Two tables' names, the first of which becomes the second."""

_TOKEN = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\.|'')*')|(?P<name>`(?:[^`]|``)*`|"(?:[^"]|"")*")"""
    r"""|(?P<comment>/\*(?![!M]).*?\*/|--(?=\s|$)[^\n]*|\#[^\n]*)|(?P<hint>/\*M?!\d*|\*/)|(?P<opens>\()|(?P<closes>\))|(?P<comma>,)|.""",
    re.DOTALL,
)


def without_comments(statement: str) -> str:
    """A statement without comments, each string in it as `''`; what stands in a comment for some versions only (`/*! ... */`) stays."""
    parts = []
    for match in _TOKEN.finditer(statement):
        kind = match.lastgroup
        parts.append("''" if kind == "text" else " " if kind in ("comment", "hint") else match[0])
    return "".join(parts).strip()


def listed(text: str) -> list[str]:
    """What stands between the commas of a statement without comments; those within parentheses and names part nothing."""
    parts, depth = [""], 0
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        depth += {"opens": 1, "closes": -1}.get(kind or "", 0)
        if kind == "comma" and depth == 0:
            parts.append("")
        else:
            parts[-1] += match[0]
    return [part.strip() for part in parts]


def plain_name(name: str) -> str:
    """A name without its quotes."""
    quote = name[:1]
    return name[1:-1].replace(quote * 2, quote) if quote in ("`", '"') else name
