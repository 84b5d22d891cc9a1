"""Waiting for a task to come where it should."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scripts.task.capture import Capture
from scripts.task.errors import TaskError
from scripts.task.pauses import looks
from scripts.task.state import Goal, TableState, TaskState, reached

OnLook = Callable[[TaskState, Sequence[TableState]], None]


def wait_for(capture: Capture, goal: Goal, *, timeout_seconds: float | None, on_look: OnLook = lambda *_: None) -> TaskState:
    """Looks until the goal is reached.

    Args:
        capture: the task.
        goal: what is waited for.
        timeout_seconds: None for as long as it takes.
        on_look: told what each look sees.

    Raises:
        TaskError: the goal cannot be reached, or the time is over.
    """
    state = None
    for _ in looks(timeout_seconds=timeout_seconds):
        state = capture.state()
        tables = capture.tables(state) if goal is Goal.FULL_LOAD else []
        on_look(state, tables)
        if reached(goal, state, tables):
            return state
    now = f"it is {state.status}" if state is not None else "it was never seen"
    percent = f", {state.percent} % loaded" if state is not None and goal is Goal.FULL_LOAD else ""
    raise TaskError(f"not {goal.value} after {timeout_seconds:g} seconds: {now}{percent} (it goes on; wait again, or raise --timeout)")
