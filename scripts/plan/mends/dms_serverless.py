"""DMS Serverless: moto has none of its calls. A replication is a task without an instance, answered under other keys."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from moto.dms.exceptions import ResourceAlreadyExistsFault, ResourceNotFoundFault
from moto.dms.models import FakeReplicationTask as Task
from moto.dms.responses import DatabaseMigrationServiceResponse as Response

from scripts.plan.mends import kept
from scripts.plan.mends.dms_tasks import advance, emulated, page, refuse_while_starting, task_ending, task_stats, task_tables

FIELDS = (
    *("ReplicationConfigIdentifier", "SourceEndpointArn", "TargetEndpointArn", "ReplicationType"),
    *("ComputeConfig", "TableMappings", "ReplicationSettings", "SupplementalSettings"),
)
WAYS_TO_START = ("initializing", "testing_connection", "provisioning_capacity")
"""Some of the states that AWS goes through: each costs who waits a look."""


def mend() -> None:
    """Puts the calls into moto."""
    Response.create_replication_config = _create
    Response.modify_replication_config = _modify
    Response.delete_replication_config = _delete
    Response.describe_replication_configs = _describe("ReplicationConfigs")
    Response.describe_replications = _describe("Replications")
    Response.start_replication = _call("start")
    Response.stop_replication = _call("stop")
    Response.describe_replication_table_statistics = _tables


def _replications(backend: Any) -> dict[str, Any]:
    return kept(backend, "serverless_replications")


def _create(response: Any) -> str:
    backend, given = response.dms_backend, json.loads(response.body)
    if any(task.id == given["ReplicationConfigIdentifier"] for task in _replications(backend).values()):
        raise ResourceAlreadyExistsFault("The replication configuration already exists.")
    task = Task(
        replication_task_identifier=given["ReplicationConfigIdentifier"],
        migration_type=given["ReplicationType"],
        replication_instance_arn="",
        source_endpoint_arn=given["SourceEndpointArn"],
        target_endpoint_arn=given["TargetEndpointArn"],
        table_mappings=given["TableMappings"],
        replication_task_settings=given.get("ReplicationSettings", ""),
        account_id=backend.account_id,
        region_name=backend.region_name,
    )
    task.arn = task.arn.replace(":task:", ":replication-config:")
    task.status, task.ways_to_start = "created", WAYS_TO_START
    task.config = {"ReplicationConfigCreateTime": time.time(), "ReplicationConfigUpdateTime": time.time()}
    _take(task, given)
    _replications(backend)[task.arn] = task
    backend.tagger.tag_resource(task.arn, given.get("Tags") or [])
    return json.dumps({"ReplicationConfig": _config_answer(task)})


def _modify(response: Any) -> str:
    task = _known(response)
    _take(task, json.loads(response.body))
    return json.dumps({"ReplicationConfig": _config_answer(task)})


def _delete(response: Any) -> str:
    task = _known(response)
    del _replications(response.dms_backend)[task.arn]
    return json.dumps({"ReplicationConfig": _config_answer(task)})


def _take(task: Any, given: dict[str, Any]) -> None:
    task.config.update({field: given[field] for field in FIELDS if field in given})
    task.migration_type, task.table_mappings = task.config["ReplicationType"], task.config["TableMappings"]


def _known(response: Any) -> Any:
    task = _replications(response.dms_backend).get(response._get_param("ReplicationConfigArn"))
    if task is None:
        raise ResourceNotFoundFault("Replication could not be found.")
    return task


def _config_answer(task: Any) -> dict[str, Any]:
    return {"ReplicationConfigArn": task.arn, **task.config}


def _replication_answer(backend: Any, task: Any) -> dict[str, Any]:
    config = _config_answer(task)
    kept = ("ReplicationConfigIdentifier", "ReplicationConfigArn", "ReplicationType", "SourceEndpointArn", "TargetEndpointArn")
    state = {"Status": task.status, "ReplicationStats": task_stats(task), **task_ending(task)}
    return {**{name: config[name] for name in kept}, **state, **emulated(backend, task.arn).get("task", {})}


def _describe(key: str) -> Callable[[Any], str]:
    """AWS refuses a filter that nothing passes."""

    def answer(response: Any) -> str:
        backend = response.dms_backend
        found = list(_replications(backend).values())
        for condition in response._get_param("Filters") or []:
            attribute = {"replication-config-arn": "arn", "replication-config-id": "id"}[condition["Name"]]
            found = [task for task in found if getattr(task, attribute) in condition["Values"]]
        if not found and response._get_param("Filters"):
            raise ResourceNotFoundFault("No replications found matching given filters.")
        if key == "ReplicationConfigs":
            return json.dumps({key: [_config_answer(task) for task in found]})
        for task in found:
            advance(task)
            task.emulated = emulated(backend, task.arn)
        return json.dumps({key: [_replication_answer(backend, task) for task in found]})

    return answer


def _call(verb: str) -> Callable[[Any], str]:
    def answer(response: Any) -> str:
        backend = response.dms_backend
        task = _known(response)
        if verb == "start":
            task.start(response._get_param("StartReplicationType"))
        else:
            task.stop()
        return json.dumps({"Replication": _replication_answer(backend, task)})

    return answer


def _tables(response: Any) -> str:
    task = _known(response)
    refuse_while_starting(task)
    return json.dumps({"ReplicationConfigArn": task.arn, **page(response, "ReplicationTableStatistics", task_tables(task))})
