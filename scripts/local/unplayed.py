"""What of a deployed capture a local lake does not play: settings that it finds in the template and that say something about rows.

Everything that stands in the template is named unless it is known: as played, as what a resource is and who may use it, or as a value that
changes no row. A setting that is added to the templates is so named until somebody makes it play, or says here that it need not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any, Final

from constructs_lib.config.task_setting_verdicts import judged
from constructs_lib.defaults.task_setting_classes import Weight

_TERRAFORM: Final = frozenset({"//", "depends_on", "lifecycle", "provider", "count", "for_each", "tags"})
_TASK: Final = frozenset(
    {
        *("replication_task_id", "replication_config_identifier", "source_endpoint_arn", "target_endpoint_arn", "replication_instance_arn"),
        *("start_replication_task", "start_replication", "compute_config"),
        *("migration_type", "replication_type", "table_mappings", "replication_task_settings", "replication_settings"),
    }
)
"""Arguments of a task that are played, that name it, or that say where it runs."""
_ENDPOINT: Final = frozenset(
    {
        *("endpoint_id", "endpoint_type", "engine_name", "kms_key_arn", "certificate_arn", "ssl_mode", "kinesis_settings"),
        *("secrets_manager_access_role_arn", "secrets_manager_arn"),
    }
)
"""Arguments of an endpoint that are played, or that say what it is and how it is opened."""
_KINESIS: Final = frozenset({"stream_arn", "service_access_role_arn"})
_TASK_SETTINGS: Final = frozenset(
    {
        *("TargetMetadata.SupportLobs", "TargetMetadata.LobMaxSize", "TargetMetadata.ParallelApplyThreads"),
        *("BeforeImageSettings.EnableBeforeImage", "BeforeImageSettings.FieldName", "BeforeImageSettings.ColumnFilter"),
    }
)
"""Task settings that the local capture plays."""


def unplayed_arguments(task: Mapping[str, Any], source: Mapping[str, Any], target: Mapping[str, Any], played: type) -> Iterator[str]:
    """What of a task's and its endpoints' arguments is neither played nor without meaning for rows.

    Args:
        task: arguments of the task, or of the serverless replication.
        source: of its source endpoint.
        target: of its target endpoint.
        played: the dataclass whose fields are the settings of a Kinesis endpoint that are played.
    """
    yield from _others(task, _TASK, "the task's ")
    yield from _others(source, _ENDPOINT, "the source endpoint's ")
    yield from _others(target, _ENDPOINT, "the target endpoint's ")
    known = _KINESIS | {field.name for field in fields(played)}
    yield from _others(target.get("kinesis_settings", {}), known, "the target endpoint's ")


def unplayed_task_settings(document: Mapping[str, Any]) -> Iterator[str]:
    """Task settings that are not played and whose value is not known to leave every row as it is."""
    for leaf in judged(document):
        is_neutral = leaf.verdict is not None and leaf.verdict.weight is Weight.NEUTRAL
        if leaf.name not in _TASK_SETTINGS and not is_neutral:
            yield f"the task setting {leaf.name}: {leaf.value}"


def _others(arguments: Mapping[str, Any], known: frozenset[str], whose: str) -> Iterator[str]:
    for name, value in sorted(arguments.items()):
        if name in known | _TERRAFORM or value is None:
            continue
        if isinstance(value, Mapping):
            yield from (f"{whose}{inner}: {content}" for inner, content in sorted(value.items()) if content is not None)
        else:
            yield f"{whose}{name}: {value}"
