"""One resource of a plan, as the rules read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from scripts.review.values import Mark, at


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "change"
    REPLACE = "replace"
    DELETE = "destroy"
    FORGET = "forget"
    NOTHING = "nothing"
    UNCLEAR = "unclear"


_ACTIONS = {
    ("create",): Action.CREATE,
    ("update",): Action.UPDATE,
    ("delete",): Action.DELETE,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("create", "forget"): Action.REPLACE,
    ("forget", "create"): Action.REPLACE,
    ("forget",): Action.FORGET,
    ("no-op",): Action.NOTHING,
    ("read",): Action.NOTHING,
}


def action_of(words: tuple[str, ...]) -> Action:
    """What Terraform's words mean; words that a later Terraform may add are unclear, and so not passed over."""
    return _ACTIONS.get(words, Action.UNCLEAR)


@dataclass(frozen=True)
class Change:
    """What a plan would do with one resource.

    Attributes:
        address: such as `aws_glue_catalog_table.tables["orders"]`.
        type: such as `aws_kinesis_stream`.
        action: what happens to it.
        before: its arguments now, with marks for what is sensitive; empty when it is made.
        after: its arguments afterwards, with marks for what is sensitive or unknown; empty when it goes.
        changed: names of the arguments that differ; compared before anything was masked.
        causes: the arguments that a replacement is for.
        reason: why Terraform replaces or destroys it, in words; empty when it does not say.
        moved_from: its address before, if it has moved.
        imported: whether it is taken over from outside of Terraform.
        deposed: whether this is the left-over of a replacement that once failed half-way.
        configured: names of the arguments that the configuration sets; None when the plan does not say.
    """

    address: str
    type: str
    action: Action
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    changed: frozenset[str] = frozenset()
    causes: tuple[str, ...] = ()
    reason: str = ""
    moved_from: str = ""
    imported: bool = False
    deposed: bool = False
    configured: frozenset[str] | None = None

    @property
    def goes(self) -> bool:
        """Whether what is there now is destroyed."""
        return self.action in (Action.DELETE, Action.REPLACE)

    @property
    def stays(self) -> bool:
        """Whether there is one before and one afterwards, if perhaps another."""
        return self.action in (Action.UPDATE, Action.REPLACE)

    @property
    def comes(self) -> bool:
        """Whether there is one afterwards that was not there before."""
        return self.action is Action.CREATE

    def differs(self, path: str) -> bool:
        """Whether the argument that a path begins with differs."""
        return path.split(".")[0] in self.changed

    def sets(self, path: str) -> bool:
        """Whether the configuration sets an argument; if not, the provider fills it in, and its being unknown means nothing."""
        return self.configured is None or path.split(".")[0] in self.configured

    def was(self, path: str) -> Any:
        """What stands at a path now."""
        return at(self.before, path)

    def becomes(self, path: str) -> Any:
        """What stands at a path afterwards."""
        return at(self.after, path)

    def is_marked(self, path: str) -> bool:
        """Whether what stands at a path differs and cannot be compared."""
        return self.differs(path) and (isinstance(self.was(path), Mark) or isinstance(self.becomes(path), Mark))
