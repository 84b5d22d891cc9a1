"""What came of deploying and destroying a lake."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.deploy.deployment import Run
from scripts.plan.results import DroppedArgument

REFUSAL = "Instance cannot be destroyed"


@dataclass(frozen=True)
class StackTrip:
    """One stack's way through the round trip; a step that was not reached is None.

    Attributes:
        stack: its name.
        applied: the first apply.
        planned: the plan after it, which must be empty.
        refused: a destroy without the two keys; None for a stack that holds no data.
        unprotected: the apply that takes the protection off; None for a stack that it does not change.
        destroyed: the destroy with both keys.
        dropped: arguments that the provider in reach does not have yet.
    """

    stack: str
    applied: Run | None = None
    planned: Run | None = None
    refused: Run | None = None
    unprotected: Run | None = None
    destroyed: Run | None = None
    dropped: tuple[DroppedArgument, ...] = ()

    @property
    def runs(self) -> tuple[Run, ...]:
        """The steps that were reached."""
        return tuple(run for run in (self.applied, self.planned, self.refused, self.unprotected, self.destroyed) if run)

    @property
    def survived(self) -> bool | None:
        """Whether the stack refused a destroy without keys; None when it was not tried."""
        return None if self.refused is None else not self.refused.ok and any(REFUSAL in error.summary for error in self.refused.errors)

    @property
    def ok(self) -> bool:
        """Whether every step came out as it must."""
        needed = (self.applied, self.planned, self.destroyed)
        if not all(run is not None and run.ok and not run.changes for run in needed):
            return False
        return self.survived is not False and (self.unprotected is None or self.unprotected.ok)


@dataclass(frozen=True)
class RoundTrip:
    """A lake that was applied, planned again and destroyed.

    Attributes:
        lake: name of the lake file.
        provider_version: version of the AWS provider.
        stacks: in deploy order.
        leftovers: what is still there after the destroy and was not there before the apply.
        seconds: wall time without synthesis and the start of the emulator.
    """

    lake: str
    provider_version: str
    stacks: tuple[StackTrip, ...]
    leftovers: tuple[str, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it deploys, does not drift, keeps its data and leaves nothing behind."""
        return all(stack.ok for stack in self.stacks) and not self.leftovers
