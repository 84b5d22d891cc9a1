"""Where commands write for people: as wide as the terminal, and in a file or pipe as wide as what is written."""

from __future__ import annotations

import sys
from typing import Final

from rich.console import Console

_NO_LIMIT: Final = 1_000_000
"""Characters in a line of a file or pipe. Rich takes 80 there, and cuts or wraps a table to it: unreadable in the log of a CI run."""


def open_console(*, errors: bool = False, markup: bool = True) -> Console:
    """What writes words and tables; every command has it from here.

    Lines are never broken by us: a terminal does that itself, and what is copied from it is whole. A table is printed with
    `soft_wrap=False`, which wraps its cells on a narrow terminal. No text is taken for an emoji's name or for numbers to colour.

    Args:
        errors: write to standard error, as progress and errors do, in place of standard output.
        markup: read `[red]` and the like as a style, where a line does not say otherwise.
    """
    stream = sys.stderr if errors else sys.stdout
    width = None if stream.isatty() else _NO_LIMIT
    return Console(stderr=errors, highlight=False, emoji=False, markup=markup, soft_wrap=True, width=width)
