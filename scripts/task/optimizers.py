"""Whether Glue maintains a lake's tables: it suspends an optimizer that failed four times in a row, and no alarm or event says so.

https://docs.aws.amazon.com/glue/latest/dg/optimizer-notes.html
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from constructs_lib.config.lake import Lake
from scripts.task.aws import Aws
from scripts.task.errors import NOT_FOUND, error_code, one_line

AT_A_TIME = 8
"""Calls at a time: Glue is asked for one optimizer of one table, three times the tables in all."""
_FAILED = "failed"


@dataclass(frozen=True)
class Optimizer:
    """One of Glue's optimizers on one table.

    Attributes:
        database: of the table, in Glue.
        table: its name there.
        kind: `compaction`, `retention` or `orphan_file_deletion`.
    """

    database: str
    table: str
    kind: str


@dataclass(frozen=True)
class OptimizerState:
    """What Glue says of an optimizer that the lake file wants.

    Attributes:
        optimizer: which.
        enabled: None when there is none.
        last_run: Glue's word of the last run, such as `completed`; None before the first.
        error: what the last run failed with.
    """

    optimizer: Optimizer
    enabled: bool | None
    last_run: str | None = None
    error: str | None = None

    @property
    def wrong(self) -> bool:
        """Whether it does not run, or failed when it last did."""
        return not self.enabled or self.last_run == _FAILED

    def problem(self, deploy: str) -> str:
        """What is wrong with it, and what turns it on again.

        Args:
            deploy: the stack that makes it.
        """
        one = self.optimizer
        name, why = f"{one.database}.{one.table}: {one.kind}", f": {self.error}" if self.error else ""
        if self.enabled is None:
            return f"{name} does not exist (deploy {deploy})"
        if self.enabled:
            return f"{name} failed when it last ran{why} (Glue suspends it after four failures in a row: its log lies below /aws-glue)"
        return f"{name} is suspended{why} (mend that; deploy {deploy}, or glue:UpdateTableOptimizer with enabled: true, turns it on again)"


def wanted_optimizers(lake: Lake) -> list[Optimizer]:
    """Those that the lake file asks for: on every table that Terraform makes."""
    return [
        Optimizer(lake.database_of(delivery), lake.target_of(table), kind)
        for delivery in lake.deliveries
        for table in lake.tables_of(delivery)
        for kind in delivery.optimizers.kinds
        if table.create
    ]


def read_optimizers(lake: Lake, aws: Aws) -> list[OptimizerState]:
    """How each stands, eight calls at a time, and slower where Glue asks for it."""
    wanted = wanted_optimizers(lake)
    if not wanted:
        return []
    account = lake.account or aws.client("sts").get_caller_identity()["Account"]
    glue = aws.client("glue", many_calls=True)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return list(pool.map(lambda one: _state(glue, account, one), wanted))


def optimizer_problems(states: Sequence[OptimizerState], *, deploy: str) -> list[str]:
    """A line for each that does not do its work."""
    return [state.problem(deploy) for state in states if state.wrong]


def _state(glue: Any, account: str, optimizer: Optimizer) -> OptimizerState:
    from botocore.exceptions import ClientError

    try:
        answer = glue.get_table_optimizer(
            CatalogId=account, DatabaseName=optimizer.database, TableName=optimizer.table, Type=optimizer.kind
        )["TableOptimizer"]
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return OptimizerState(optimizer, enabled=None)
        raise
    last = answer.get("lastRun", {})
    return OptimizerState(
        optimizer,
        enabled=bool(answer.get("configuration", {}).get("enabled")),
        last_run=last.get("eventType"),
        error=one_line(last.get("error") or "") or None,
    )
