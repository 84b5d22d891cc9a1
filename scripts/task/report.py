"""What `moulin task status` knows, as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from constructs_lib.config.lake import Lake
from scripts.task.aws import Aws
from scripts.task.capture import Capture
from scripts.task.lag import Lag, lag_metrics, read_lags
from scripts.task.optimizers import OptimizerState, optimizer_problems, read_optimizers
from scripts.task.state import TableState, TaskState, problems


@dataclass(frozen=True)
class StatusReport:
    """A capture, its tables, how far it is behind, how the lake's tables are maintained, and what is wrong."""

    lake: str
    state: TaskState
    tables: Sequence[TableState]
    lags: Sequence[Lag]
    optimizers: Sequence[OptimizerState]
    problems: Sequence[str]

    def as_record(self) -> dict[str, Any]:
        """Plain data for JSON."""
        state = self.state
        return {
            "lake": self.lake,
            "task": state.identifier,
            "arn": state.arn,
            "kind": state.kind.value,
            "mode": state.mode.value,
            "state": state.status,
            "stop_reason": state.stop_reason,
            "failure": state.failure,
            "recovery_checkpoint": state.checkpoint,
            "full_load": {
                "complete": state.load_complete,
                "percent": state.percent,
                "tables_loaded": state.loaded,
                "tables_loading": state.loading,
                "tables_queued": state.queued,
                "tables_errored": state.errored,
            },
            "tables": [{**asdict(table), "wrong": table.wrong} for table in self.tables],
            "lag": [
                {
                    "metric": lag.metric.key,
                    "seconds": lag.seconds,
                    "at": None if lag.at is None else lag.at.isoformat(),
                }
                for lag in self.lags
            ],
            "optimizers": [
                {**asdict(one.optimizer), "enabled": one.enabled, "last_run": one.last_run, "error": one.error, "wrong": one.wrong}
                for one in self.optimizers
            ],
            "problems": list(self.problems),
        }


def report_status(lake: Lake, aws: Aws, capture: Capture) -> StatusReport:
    """Reads everything that the status shows."""
    state = capture.state()
    tables = capture.tables(state)
    expected = [str(table.source) for table in lake.tables]
    optimizers = read_optimizers(lake, aws)
    return StatusReport(
        lake=lake.prefix,
        state=state,
        tables=tables,
        lags=read_lags(aws, lag_metrics(lake, state)),
        optimizers=optimizers,
        problems=[*problems(state, tables, expected=expected), *optimizer_problems(optimizers, deploy=f"{lake.prefix}-lake")],
    )
