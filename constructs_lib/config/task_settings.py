"""The task settings of a lake's capture."""

from __future__ import annotations

import copy
from typing import Any

from constructs_lib.config.capture import CaptureMode
from constructs_lib.config.lake import Lake
from constructs_lib.defaults.task_settings import BEFORE_IMAGE_COLUMNS, BEFORE_IMAGE_FIELD, STABLE, STABLE_VALUES


def before_image_field(lake: Lake) -> str | None:
    """Name of the object in a message that holds what the row was before; None for a task that only loads, which has no before images."""
    return None if lake.capture.mode is CaptureMode.FULL_LOAD else BEFORE_IMAGE_FIELD


def task_settings(lake: Lake) -> dict[str, Any]:
    """DMS's task-settings document, whole: Moulin's defaults, what the capture's keys own, and the overrides of the file.

    It never holds the log group and stream, which DMS sets itself, nor a key that DMS might not give back (`defaults.task_settings`).
    """
    document: dict[str, Any] = copy.deepcopy({**STABLE, **STABLE_VALUES})
    document["TargetMetadata"]["ParallelApplyThreads"] = lake.capture.apply_threads
    document["TargetMetadata"]["ParallelApplyBufferSize"] = lake.capture.apply_buffer_records
    document["FullLoadSettings"]["MaxFullLoadSubTasks"] = lake.capture.full_load_subtasks
    field = before_image_field(lake)
    if field is not None:
        document["BeforeImageSettings"] = {"EnableBeforeImage": True, "FieldName": field, "ColumnFilter": BEFORE_IMAGE_COLUMNS}
    for section, override in lake.capture.task_settings.items():
        if isinstance(override, dict):
            _merge(document.setdefault(section, {}), override)
        else:
            document[section] = override
    return document


def _merge(section: dict[str, Any], override: dict[str, Any]) -> None:
    """Puts overrides into a section; log components are merged by their id."""
    for key, value in copy.deepcopy(override).items():
        if key == "LogComponents":
            severities = {component["Id"]: component["Severity"] for component in [*section.get(key, []), *value]}
            section[key] = [{"Id": component, "Severity": severity} for component, severity in severities.items()]
        else:
            section[key] = value
