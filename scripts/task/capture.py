"""A lake's capture in AWS: a DMS task on an instance, or a DMS Serverless replication, found by the name the lake file gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

from constructs_lib.config.capture import CaptureMode
from constructs_lib.config.lake import Lake
from constructs_lib.config.names import capture_name
from constructs_lib.config.source_table import source_label
from scripts.seed.errors import nearest
from scripts.task.aws import Aws
from scripts.task.errors import NOT_FOUND, TaskNotFoundError, error_code, one_line
from scripts.task.state import Kind, StartType, TableState, TaskState

NOT_YET = "InvalidResourceStateFault"


class Capture(Protocol):
    """What can be asked of either kind."""

    def state(self) -> TaskState:
        """How it stands now."""

    def tables(self, state: TaskState) -> list[TableState]:
        """How each table stands; none before the first start."""

    def start(self, state: TaskState, how: StartType) -> None:
        """Starts it; DMS answers before it runs."""

    def stop(self, state: TaskState) -> None:
        """Stops it; DMS answers before it has."""


def capture_of(lake: Lake, aws: Aws) -> Capture:
    """The capture of a lake, of the kind that its file says."""
    kind = InstanceCapture if lake.capture.serverless is None else ServerlessCapture
    return kind(aws, capture_name(lake), lake=lake.prefix)


class InstanceCapture:
    """A replication task on an instance."""

    def __init__(self, aws: Aws, name: str, *, lake: str) -> None:
        self._dms = aws.client("dms")
        self._name, self._lake, self._region = name, lake, aws.region

    def state(self) -> TaskState:
        """How it stands now.

        Raises:
            TaskNotFoundError: there is none of this name.
        """
        describe = self._dms.describe_replication_tasks
        filters = [{"Name": "replication-task-id", "Values": [self._name]}]
        found = _found(describe, "ReplicationTasks", Filters=filters, WithoutSettings=True)
        if not found:
            names = [task["ReplicationTaskIdentifier"] for task in _found(describe, "ReplicationTasks", WithoutSettings=True)]
            raise _missing("replication task", self._name, names, self._lake, self._region)
        task = found[0]
        return _state(
            task,
            kind=Kind.INSTANCE,
            prefix="ReplicationTask",
            mode=task["MigrationType"],
            failure=task.get("LastFailureMessage"),
            instance_arn=task.get("ReplicationInstanceArn"),
        )

    def tables(self, state: TaskState) -> list[TableState]:
        """How each table stands."""
        if not state.has_run:
            return []
        return _tables(_found(self._dms.describe_table_statistics, "TableStatistics", ReplicationTaskArn=state.arn))

    def start(self, state: TaskState, how: StartType) -> None:
        """Starts it."""
        self._dms.start_replication_task(ReplicationTaskArn=state.arn, StartReplicationTaskType=how.value)

    def stop(self, state: TaskState) -> None:
        """Stops it."""
        self._dms.stop_replication_task(ReplicationTaskArn=state.arn)


class ServerlessCapture:
    """A replication without an instance: DMS finds one when it starts."""

    def __init__(self, aws: Aws, name: str, *, lake: str) -> None:
        self._dms = aws.client("dms")
        self._name, self._lake, self._region = name, lake, aws.region

    def state(self) -> TaskState:
        """How it stands now.

        Raises:
            TaskNotFoundError: there is none of this name.
        """
        describe = self._dms.describe_replications
        found = _found(describe, "Replications", Filters=[{"Name": "replication-config-id", "Values": [self._name]}])
        if not found:
            names = [config["ReplicationConfigIdentifier"] for config in _found(describe, "Replications")]
            raise _missing("serverless replication", self._name, names, self._lake, self._region)
        replication = found[0]
        return _state(
            replication,
            kind=Kind.SERVERLESS,
            prefix="ReplicationConfig",
            mode=replication["ReplicationType"],
            failure="; ".join(replication.get("FailureMessages", [])),
            instance_arn=None,
        )

    def tables(self, state: TaskState) -> list[TableState]:
        """How each table stands."""
        if not state.has_run:
            return []
        describe = self._dms.describe_replication_table_statistics
        return _tables(_found(describe, "ReplicationTableStatistics", ReplicationConfigArn=state.arn))

    def start(self, state: TaskState, how: StartType) -> None:
        """Starts it."""
        self._dms.start_replication(ReplicationConfigArn=state.arn, StartReplicationType=how.value)

    def stop(self, state: TaskState) -> None:
        """Stops it."""
        self._dms.stop_replication(ReplicationConfigArn=state.arn)


def _state(answer: dict[str, Any], *, kind: Kind, prefix: str, mode: str, failure: str | None, instance_arn: str | None) -> TaskState:
    """The two answers differ in little but the names of their keys."""
    stats = answer.get("ReplicationTaskStats") or answer.get("ReplicationStats") or {}
    return TaskState(
        identifier=answer[f"{prefix}Identifier"],
        arn=answer[f"{prefix}Arn"],
        kind=kind,
        mode=CaptureMode(mode),
        status=str(answer["Status"]).lower().replace(" ", "_"),
        has_run=bool(stats.get("FreshStartDate") or stats.get("StartDate") or answer.get("RecoveryCheckpoint")),
        stop_reason=one_line(answer.get("StopReason") or "") or None,
        failure=one_line(failure or "") or None,
        checkpoint=answer.get("RecoveryCheckpoint") or None,
        percent=stats.get("FullLoadProgressPercent", 0),
        loaded=stats.get("TablesLoaded", 0),
        loading=stats.get("TablesLoading", 0),
        queued=stats.get("TablesQueued", 0),
        errored=stats.get("TablesErrored", 0),
        instance_arn=instance_arn,
        endpoints=(answer["SourceEndpointArn"], answer["TargetEndpointArn"]),
    )


def _tables(answers: Iterable[dict[str, Any]]) -> list[TableState]:
    return sorted(
        (
            TableState(
                name=source_label(answer["SchemaName"], answer["TableName"]),
                state=answer.get("TableState", ""),
                loaded_rows=answer.get("FullLoadRows", 0),
                inserts=answer.get("Inserts", 0),
                updates=answer.get("Updates", 0),
                deletes=answer.get("Deletes", 0),
                ddls=answer.get("Ddls", 0),
                error_rows=answer.get("FullLoadErrorRows", 0) + answer.get("FullLoadCondtnlChkFailedRows", 0),
            )
            for answer in answers
        ),
        key=lambda table: table.name,
    )


def _pages(call: Callable[..., dict[str, Any]], key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Every item of every page: botocore has paginators for the one kind only."""
    marker: dict[str, str] = {}
    while True:
        answer = call(**arguments, **marker)
        yield from answer.get(key, [])
        if not answer.get("Marker"):
            return
        marker = {"Marker": answer["Marker"]}


def _found(call: Callable[..., dict[str, Any]], key: str, **arguments: Any) -> list[dict[str, Any]]:
    """What a call describes; DMS refuses, in place of an empty answer, when there is nothing or nothing yet."""
    from botocore.exceptions import ClientError

    try:
        return list(_pages(call, key, **arguments))
    except ClientError as error:
        if error_code(error) in (*NOT_FOUND, NOT_YET):
            return []
        raise


def _missing(what: str, name: str, there: list[str], lake: str, region: str) -> TaskNotFoundError:
    near = nearest(name, there)
    others = f"; there are {', '.join(sorted(there)[:10])}{', ...' if len(there) > 10 else ''}" if near.startswith("did you mean") else ""
    return TaskNotFoundError(
        f"no {what} named {name} in {region}: {near}{others} (deploy {lake}-capture first, or check the lake file and --profile)"
    )
