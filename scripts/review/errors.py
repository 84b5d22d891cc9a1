"""What keeps a plan from being reviewed."""

from __future__ import annotations


class PlanError(Exception):
    """This is not a plan that can be reviewed. The message is the line to print: which file, what is wrong, what to do."""
