"""The loop: transactions until all changes are made, the user stops it or nothing is left to change."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence

from scripts.seed.table_run import TableRun
from scripts.seed.target import Target

_TRANSACTIONS_PER_SECOND = 4  # with a rate: enough for it to look even


class Seeder:
    """Makes the changes of several tables in transactions that span them.

    Args:
        runs: one per table, parents first.
        target: runs statements.
        batch_size: most changes in one transaction.
        rate: changes per second; None for as fast as it goes.
        stop: set to end after the current transaction.
        progress: told how many changes each transaction dealt with.
    """

    def __init__(
        self,
        runs: Sequence[TableRun],
        target: Target,
        *,
        batch_size: int,
        rate: float | None,
        stop: threading.Event,
        progress: Callable[[int], None],
    ) -> None:
        self._runs = runs
        self._target = target
        self._batch_size = batch_size if rate is None else max(1, min(batch_size, round(rate / _TRANSACTIONS_PER_SECOND)))
        self._rate = rate
        self._stop = stop
        self._progress = progress
        self._next = 0

    def run(self) -> bool:
        """Runs to the end. Returns False when it ended early because no row was left to change."""
        started, dealt = time.monotonic(), 0
        while not self._stop.is_set():
            plan = self._plan()
            if not plan:
                return all(run.finished for run in self._runs)
            self._transaction(plan)
            count = sum(sum(counts) for _, counts in plan)
            dealt += count
            self._progress(count)
            if self._rate is not None:
                self._stop.wait(max(0.0, started + dealt / self._rate - time.monotonic()))
        return True

    def _plan(self) -> list[tuple[TableRun, tuple[int, int, int]]]:
        """Which tables the next transaction writes, and what: as many changes as fit, dealt evenly."""
        active = [run for run in self._runs if not run.finished and not run.exhausted]
        room = self._batch_size
        plan = []
        for position in range(len(active)):
            if room <= 0:
                break
            run = active[(self._next + position) % len(active)]
            counts = run.take(min(room, max(1, self._batch_size // len(active))))
            plan.append((run, counts))
            room -= sum(counts)
        self._next += len(plan)
        return sorted(plan, key=lambda item: self._runs.index(item[0]))

    def _transaction(self, plan: Sequence[tuple[TableRun, tuple[int, int, int]]]) -> None:
        try:
            for run, (inserts, _, _) in plan:
                run.insert(inserts)
            for run, (_, updates, _) in plan:
                run.update(updates)
            for run, (_, _, deletes) in reversed(plan):  # children before their parents
                run.delete(deletes)
            self._target.commit()
        except Exception:  # a second Ctrl-C is none: the session then ends without waiting for the server
            with contextlib.suppress(Exception):  # the first error is the one to tell
                self._target.rollback()
            raise
        for run, _ in plan:
            run.settle()
