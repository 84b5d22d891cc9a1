"""DMS tasks that start, load, run and stop as AWS documents, with table statistics, which moto lacks.

Nothing is replicated. A task moves on by a step each time it is described. What an emulator cannot bring about by itself (a task that
fails, a table with errors, an endpoint out of reach) is said by a tag `_emulated_` on the task or endpoint, as JSON: `{"task": {...},
"tables": {"schema.table": {...}}}`, or what stands above the endpoint's connections.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.core.utils import utcnow
from moto.dms.exceptions import InvalidParameterCombinationException, InvalidResourceStateFault, ResourceNotFoundFault
from moto.dms.models import DatabaseMigrationServiceBackend as Backend
from moto.dms.models import FakeReplicationTask as Task
from moto.dms.responses import DatabaseMigrationServiceResponse as Response

EMULATED = "_emulated_"
PAGE = 100
ROWS = 1_000
CHECKPOINT = "checkpoint:V1#1#mysql-bin-changelog.000007:4242:-1:4273:167503724549:mysql-bin-changelog.000007:4181#0#0#*#0#0"


def mend() -> None:
    """Puts it all into moto."""
    Task.start = _start
    Task.stop = _stop
    Task.to_dict = _task_answer(Task.to_dict)
    Backend.describe_replication_tasks = _describe_tasks(Backend.describe_replication_tasks)
    Response.start_replication_task = _start_task
    Response.describe_table_statistics = _task_tables
    Backend.test_connection = _test_again(Backend.test_connection)
    Response.describe_connections = _connections(Response.describe_connections)


# What a replication does. AWS: start-replication is for the first run alone, the other two for later ones.


def _start(task: Any, how: str = "start-replication") -> Any:
    if task.status not in ("ready", "created", "stopped", "failed"):
        raise InvalidResourceStateFault(f"Replication Task cannot be started, invalid state: {task.status}")
    if (how == "start-replication") is (task.start_date is not None):
        first = "for the first time" if task.start_date is not None else "after they have run"
        raise InvalidParameterCombinationException(f"Start Type : {how.upper().replace('-', '_')}, valid only for tasks running {first}")
    task.start_date, task.stop_date = utcnow(), None
    if how != "resume-processing":
        task.fresh_start_date, task.percent = task.start_date, 0
    task.coming = [*getattr(task, "ways_to_start", ("starting",)), "running"]
    task.status = task.coming.pop(0)
    return task


def _stop(task: Any) -> Any:
    if task.status != "running":
        raise InvalidResourceStateFault(f"Replication Task cannot be stopped, invalid state: {task.status}")
    task.status, task.coming, task.stop_date = "stopping", ["stopped"], utcnow()
    return task


def advance(task: Any) -> None:
    """A step of a replication's life: states first, then half of the full load at a time."""
    coming = getattr(task, "coming", [])
    if task.status == "creating":
        task.status = "ready"
    elif coming:
        task.status = coming.pop(0)
    elif task.status == "running" and task.migration_type != "cdc":
        task.percent = min(100, task.percent + 50)
        if task.percent == 100 and task.migration_type == "full-load":
            task.status, task.stop_date = "stopped", utcnow()


# What is answered.


def emulated(backend: Any, arn: str) -> dict[str, Any]:
    """What the tag of a resource of DMS's says; `{}` without one."""
    tags = backend.tagger.get_tag_dict_for_resource(arn)
    return dict(json.loads(tags[EMULATED])) if EMULATED in tags else {}


def _task_answer(to_dict: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def answer(task: Any) -> dict[str, Any]:
        said = {**to_dict(task), "ReplicationTaskStats": task_stats(task), **task_ending(task)}
        return {name: value for name, value in said.items() if value is not None}

    return answer


def task_ending(task: Any) -> dict[str, Any]:
    """What is said of a task that has stopped."""
    if task.status != "stopped":
        return {}
    finished = task.migration_type == "full-load" and task.percent == 100
    reason = f"Stop Reason {'FULL_LOAD_ONLY_FINISHED' if finished else 'NORMAL'}"
    return {"StopReason": reason} if task.migration_type == "full-load" else {"StopReason": reason, "RecoveryCheckpoint": CHECKPOINT}


def task_stats(task: Any) -> dict[str, Any]:
    """ReplicationTaskStats, or a serverless replication's ReplicationStats."""
    tables = task_tables(task)
    counts = {
        state: sum(table["TableState"] == state for table in tables)
        for state in ("Table completed", "Full load", "Before load", "Table error")
    }
    dates = {"FreshStartDate": getattr(task, "fresh_start_date", None), "StartDate": task.start_date, "StopDate": task.stop_date}
    return {
        "FullLoadProgressPercent": getattr(task, "percent", 0),
        "ElapsedTimeMillis": 100,
        "TablesLoaded": counts["Table completed"],
        "TablesLoading": counts["Full load"],
        "TablesQueued": counts["Before load"],
        "TablesErrored": counts["Table error"],
        **{name: date.timestamp() for name, date in dates.items() if date is not None},
    }


def task_tables(task: Any) -> list[dict[str, Any]]:
    """A line for each table that the mappings select by name, in the state that the progress gives it; none before the first start."""
    if task.start_date is None:
        return []
    percent = 100 if task.migration_type == "cdc" else task.percent
    state = "Before load" if percent == 0 else "Full load" if percent < 100 else "Table completed"
    locators = [
        rule["object-locator"]
        for rule in json.loads(task.table_mappings)["rules"]
        if rule["rule-type"] == "selection" and rule["rule-action"] in ("explicit", "include")
    ]
    names = [tuple(re.sub(r"\[(.)\]", r"\1", locator[part]) for part in ("schema-name", "table-name")) for locator in locators]
    said = getattr(task, "emulated", {}).get("tables", {})
    return [
        {
            "SchemaName": schema,
            "TableName": table,
            "TableState": state,
            "FullLoadRows": 0 if task.migration_type == "cdc" else ROWS * percent // 100,
            **dict.fromkeys(("Inserts", "Updates", "Deletes", "Ddls", "FullLoadErrorRows", "FullLoadCondtnlChkFailedRows"), 0),
            **said.get(f"{schema}.{table}", {}),
        }
        for schema, table in names
        if said.get(f"{schema}.{table}", {}) is not None
    ]


def _describe_tasks(describe: Callable[..., Any]) -> Callable[..., Any]:
    """Each look is a step; what a tag says of the task stands above it."""

    def described(backend: Any, filters: Any, max_records: Any) -> list[Any]:
        tasks = list(describe(backend, filters, max_records))
        for task in tasks:
            advance(task)
            task.emulated = emulated(backend, task.arn)
        return [_Said(task.to_dict() | task.emulated.get("task", {})) for task in tasks]

    return described


class _Said:
    """An answer that is ready."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self._answer = answer

    def to_dict(self) -> Mapping[str, Any]:
        return self._answer


def _start_task(response: Any) -> str:
    task = response.dms_backend.replication_tasks.get(response._get_param("ReplicationTaskArn"))
    if task is None:
        raise ResourceNotFoundFault("Replication task could not be found.")
    task.start(response._get_param("StartReplicationTaskType"))
    return json.dumps({"ReplicationTask": task.to_dict()})


def _task_tables(response: Any) -> str:
    arn = response._get_param("ReplicationTaskArn")
    task = response.dms_backend.replication_tasks.get(arn)
    if task is None:
        raise ResourceNotFoundFault("Replication task could not be found.")
    refuse_while_starting(task)
    return json.dumps({"ReplicationTaskArn": arn, **page(response, "TableStatistics", task_tables(task))})


def refuse_while_starting(task: Any) -> None:
    """AWS lists this fault for table statistics, not its states: here they are those in which there can be none yet."""
    if "running" in getattr(task, "coming", []):
        raise InvalidResourceStateFault(f"No table statistics in state {task.status}")


def page(response: Any, key: str, items: Sequence[Any]) -> dict[str, Any]:
    """At most 500, 100 when the caller does not say, from the marker on."""
    start = int(response._get_param("Marker") or 0)
    end = start + min(500, int(response._get_param("MaxRecords") or PAGE))
    return {key: items[start:end]} | ({"Marker": str(end)} if end < len(items) else {})


def _test_again(test: Callable[..., Any]) -> Callable[..., Any]:
    """A connection can be tested twice; moto fails on the second time."""

    def tested(backend: Any, replication_instance_arn: str, endpoint_arn: str) -> Any:
        pair = (replication_instance_arn, endpoint_arn)
        backend.connections = [one for one in backend.connections if (one.replication_instance_arn, one.endpoint_arn) != pair]
        return test(backend, replication_instance_arn=replication_instance_arn, endpoint_arn=endpoint_arn)

    return tested


def _connections(describe: Callable[[Any], str]) -> Callable[[Any], str]:
    """What a tag of the endpoint says stands above moto's `successful`."""

    def answer(response: Any) -> str:
        connections = json.loads(describe(response))["Connections"]
        said = [connection | emulated(response.dms_backend, connection["EndpointArn"]) for connection in connections]
        return json.dumps({"Connections": said})

    return answer
