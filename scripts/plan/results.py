"""What came of validating and planning a stack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.plan.diagnostics import Diagnostic


@dataclass(frozen=True)
class ResourceChange:
    """What a plan would do with one resource.

    Attributes:
        address: such as `aws_glue_catalog_table.shop_orders`.
        type: such as `aws_kinesis_stream`.
        actions: Terraform's words: `create`, `update`, `delete`; a replacement has two of them.
        tags: all tags it gets, those of the provider included; empty when only an apply knows them, None for a type that cannot be tagged.
    """

    address: str
    type: str
    actions: tuple[str, ...]
    tags: Mapping[str, str] | None


@dataclass(frozen=True)
class DroppedArgument:
    """An argument that was left out because the provider in reach does not have it yet."""

    address: str
    argument: str
    reason: str


@dataclass(frozen=True)
class StackPlan:
    """One stack's validation and plan.

    Attributes:
        stack: its name.
        provider_version: version of the AWS provider it was planned with.
        validated: whether `terraform validate` accepts it.
        changes: what the plan would do, by address; empty when planning failed.
        dropped: arguments that the provider in reach does not have.
        warnings: such as deprecations.
        errors: why it failed; empty when it did not.
        seconds: wall time.
    """

    stack: str
    provider_version: str
    validated: bool
    changes: tuple[ResourceChange, ...] = ()
    dropped: tuple[DroppedArgument, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether the stack validates and plans."""
        return not self.errors

    def count_by_type(self, action: str = "create") -> Counter[str]:
        """How many resources of each type the plan would create (or update, delete)."""
        return Counter(change.type for change in self.changes if action in change.actions)


def read_changes(plan: Mapping[str, Any]) -> tuple[ResourceChange, ...]:
    """The resource changes of a plan in the form of `terraform show -json`."""
    return tuple(
        ResourceChange(
            address=change["address"],
            type=change["type"],
            actions=tuple(change["change"]["actions"]),
            tags=_tags(change["change"]),
        )
        for change in plan.get("resource_changes", [])
        if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]
    )


def _tags(change: Mapping[str, Any]) -> Mapping[str, str] | None:
    after = change.get("after") or {}
    if after.get("tags_all") is not None:
        return dict(after["tags_all"])
    return {} if "tags_all" in after or "tags_all" in (change.get("after_unknown") or {}) else None
