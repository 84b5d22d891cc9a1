# ruff: noqa: E501 - a message stands in one piece
"""DMS's task settings: what is written, what may be overridden."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from constructs_lib.config.task_settings import before_image_field, task_settings
from constructs_lib.defaults import task_settings as defaults
from tests.config.support import lake, mistakes


def test_the_captures_own_keys_reach_the_document() -> None:
    document = task_settings(lake("capture: {apply_threads: 5, apply_buffer_records: 200, full_load_subtasks: 3}"))
    metadata = document["TargetMetadata"]
    assert (metadata["ParallelApplyThreads"], metadata["ParallelApplyBufferSize"]) == (5, 200)
    assert metadata["ParallelApplyQueuesPerThread"] == 16
    assert document["FullLoadSettings"]["MaxFullLoadSubTasks"] == 3
    load = [metadata[f"ParallelLoad{name}"] for name in ("Threads", "BufferSize", "QueuesPerThread")]
    assert load == [16, 500, 16]


def test_before_images_belong_to_changes() -> None:
    for mode in ("cdc", "full-load-and-cdc"):
        made = lake(f"capture: {{mode: {mode}}}")
        assert task_settings(made)["BeforeImageSettings"] == {
            "EnableBeforeImage": True,
            "FieldName": "before-image",
            "ColumnFilter": "non-lob",
        }
    assert before_image_field(lake("capture: {mode: full-load}")) is None
    assert "BeforeImageSettings" not in task_settings(lake("capture: {mode: full-load}"))


def test_nothing_is_lost_without_a_word() -> None:
    errors = task_settings(lake())["ErrorBehavior"]
    policies = {key: value for key, value in errors.items() if key.endswith("Policy")}
    assert set(policies.values()) == {"STOP_TASK"}
    assert len(policies) == 9
    assert errors["ApplyErrorFailOnTruncationDdl"] is True


def test_a_row_with_the_largest_objects_fits_a_record_of_firehose() -> None:
    assert 2 * 2 * defaults.LOB_MAX_SIZE_KIB < defaults.FIREHOSE_RECORD_KIB


def test_the_document_holds_no_null_and_nothing_that_dms_might_not_give_back() -> None:
    document = task_settings(lake())
    text = json.dumps(document)
    assert "null" not in text
    assert "CloudWatch" not in text
    for section, keys in defaults.VERSION_DEPENDENT.items():
        assert not set(keys) & set(document.get(section, {}))
    assert set(document) == {*defaults.STABLE, *defaults.STABLE_VALUES, "BeforeImageSettings"}


def test_overrides_are_merged_and_the_defaults_stay_as_they_are() -> None:
    before = json.dumps(defaults.STABLE)
    document = task_settings(
        lake(
            "capture: {task_settings: {ErrorBehavior: {RecoverableErrorInterval: 10, EventErrorPolicy: STOP_TASK},"
            " Logging: {LogComponents: [{Id: SORTER, Severity: LOGGER_SEVERITY_DEBUG}, {Id: DATA_RESYNC, Severity: LOGGER_SEVERITY_INFO}]},"
            " FailTaskWhenCleanTaskResourceFailed: true}}"
        )
    )
    assert document["ErrorBehavior"]["RecoverableErrorInterval"] == 10
    assert document["ErrorBehavior"]["EventErrorPolicy"] == "STOP_TASK"
    assert document["ErrorBehavior"]["DataErrorPolicy"] == "STOP_TASK"
    assert document["FailTaskWhenCleanTaskResourceFailed"] is True
    severities = {component["Id"]: component["Severity"] for component in document["Logging"]["LogComponents"]}
    assert severities["SORTER"] == "LOGGER_SEVERITY_DEBUG"
    assert severities["DATA_RESYNC"] == "LOGGER_SEVERITY_INFO"
    assert severities["IO"] == "LOGGER_SEVERITY_DEFAULT"
    assert len(severities) == len(defaults.LOG_COMPONENTS) + 1
    assert json.dumps(defaults.STABLE) == before


def test_the_same_lake_gives_the_same_bytes() -> None:
    assert json.dumps(task_settings(lake())) == json.dumps(task_settings(lake()))


@pytest.mark.parametrize(
    ("override", "found"),
    [
        ("{ErrorBehaviour: {}}", "ErrorBehaviour is not a section of DMS's task settings (did you mean ErrorBehavior?)"),
        ("{Xyzzy: {}}",
         "Xyzzy is not a section of DMS's task settings (the known ones are TargetMetadata, FullLoadSettings, Logging, ControlTablesSettings,"
         " StreamBufferSettings, ChangeProcessingDdlHandlingPolicy, ErrorBehavior, ChangeProcessingTuning, TTSettings, CharacterSetSettings,"
         " LoopbackPreventionSettings, PostProcessingRules, ValidationSettings, FailTaskWhenCleanTaskResourceFailed)"),
        ("{ErrorBehavior: 5}", "ErrorBehavior must be a mapping of settings, got 5 (write ErrorBehavior: {Name: value})"),
        ("{ErrorBehavior: {DataErorPolicy: STOP_TASK}}",
         "ErrorBehavior.DataErorPolicy is not a setting of ErrorBehavior (did you mean DataErrorPolicy?)"),
        ("{ErrorBehavior: {DataErrorPolicy: 5}}", "ErrorBehavior.DataErrorPolicy must be text, got 5 (Moulin's own value is STOP_TASK)"),
        ("{ErrorBehavior: {FailOnNoTablesCaptured: 1}}",
         "ErrorBehavior.FailOnNoTablesCaptured must be true or false, got 1 (Moulin's own value is true)"),
        ("{ChangeProcessingTuning: {CommitTimeout: true}}",
         "ChangeProcessingTuning.CommitTimeout must be a whole number, got true (Moulin's own value is 1)"),
        ("{ErrorBehavior: {EventErrorPolicy: null}}", "ErrorBehavior.EventErrorPolicy is empty (give it a value, or remove it)"),
        ("{BeforeImageSettings: {EnableBeforeImage: false}}", "BeforeImageSettings is set by Moulin, which tells a changed key by it (remove it)"),
        ("{Logging: {CloudWatchLogGroup: x}}", "Logging.CloudWatchLogGroup is set by DMS and refused in a new task (remove it)"),
        ("{Logging: {CloudWatchLogStream: x}}", "Logging.CloudWatchLogStream is set by DMS and refused in a new task (remove it)"),
        ("{Logging: {LogComponents: x}}", "Logging.LogComponents must be a list of {Id: ..., Severity: ...}, got x"),
        ("{Logging: {LogComponents: [{Id: SORTR, Severity: LOGGER_SEVERITY_INFO}]}}",
         "Logging.LogComponents[0].Id is not a log component of DMS: SORTR (did you mean SORTER?)"),
        ("{Logging: {LogComponents: [{Id: SORTER}]}}", "Logging.LogComponents[0] must have an Id and a Severity, got {'Id': 'SORTER'}"),
        ("{Logging: {LogComponents: [{Id: SORTER, Severity: DEBUG}]}}",
         "Logging.LogComponents[0].Severity must be one of LOGGER_SEVERITY_ERROR, LOGGER_SEVERITY_WARNING, LOGGER_SEVERITY_INFO,"
         " LOGGER_SEVERITY_DEFAULT, LOGGER_SEVERITY_DEBUG, LOGGER_SEVERITY_DETAILED_DEBUG, got DEBUG"),
        ("{TargetMetadata: {BatchApplyEnabled: true}}",
         "TargetMetadata.BatchApplyEnabled must be false, got true: batch apply loses rows with a Kinesis target (remove it)"),
        ("{TargetMetadata: {FullLobMode: true}}",
         "TargetMetadata.FullLobMode must be false, got true: a Kinesis target takes limited LOBs only; raise LobMaxSize instead (remove it)"),
        ("{TargetMetadata: {LobMaxSize: 1001}}",
         "TargetMetadata.LobMaxSize must be between 1 and 1000 KiB, got 1001 (lower it, or remove it for 240)"),
        ("{TargetMetadata: {LobMaxSize: 0}}",
         "TargetMetadata.LobMaxSize must be between 1 and 1000 KiB, got 0 (raise it, or remove it for 240)"),
        ("{TargetMetadata: {TargetSchema: other}}",
         "TargetMetadata.TargetSchema must be empty, got other: rows would come under another schema's name, which no route of the lake knows"
         " (remove it)"),
        ("{ErrorBehavior: {DataErrorPolicy: IGNORE_RECORD}}",
         "ErrorBehavior.DataErrorPolicy must be one of LOG_ERROR, SUSPEND_TABLE, STOP_TASK, got IGNORE_RECORD: the record never reaches the lake"
         " and nothing says so (LOG_ERROR loses it too, but DMS's log says which) (remove it)"),
        ("{ErrorBehavior: {TableErrorPolicy: LOG_ERROR}}",
         "ErrorBehavior.TableErrorPolicy must be one of SUSPEND_TABLE, STOP_TASK, got LOG_ERROR (choose another, or remove it)"),
        ("{LoopbackPreventionSettings: {EnableLoopbackPrevention: true}}",
         "LoopbackPreventionSettings.EnableLoopbackPrevention must be false, got true: changes that another task wrote into the source never reach"
         " the lake (remove it)"),
        ("{ValidationSettings: {ThreadCount: many}}",
         "ValidationSettings.ThreadCount must be a whole number, got many (choose another, or remove it)"),
        ("{TargetMetadata: {ParallelApplyQueuesPerThread: 4}}",
         "TargetMetadata.ParallelApplyQueuesPerThread must be between 5 and 512 queues, got 4 (raise it, or remove it for 16)"),
        ("{TargetMetadata: {ParallelApplyQueuesPerThread: 513}}",
         "TargetMetadata.ParallelApplyQueuesPerThread must be between 5 and 512 queues, got 513 (lower it, or remove it for 16)"),
        ("{TargetMetadata: {ParallelLoadThreads: 33}}",
         "TargetMetadata.ParallelLoadThreads must be between 0 and 32 threads, got 33 (lower it, or remove it for 16)"),
        ("{TargetMetadata: {ParallelLoadBufferSize: 1001}}",
         "TargetMetadata.ParallelLoadBufferSize must be between 0 and 1000 records, got 1001 (lower it, or remove it for 500)"),
        ("{TargetMetadata: {ParallelLoadQueuesPerThread: 513}}",
         "TargetMetadata.ParallelLoadQueuesPerThread must be between 0 and 512 queues, got 513 (lower it, or remove it for 16)"),
        ("{TargetMetadata: {ParallelApplyThreads: 4}}",
         "TargetMetadata.ParallelApplyThreads is set by another key of the lake file (use capture.apply_threads)"),
        ("{TargetMetadata: {ParallelApplyBufferSize: 4}}",
         "TargetMetadata.ParallelApplyBufferSize is set by another key of the lake file (use capture.apply_buffer_records)"),
        ("{FullLoadSettings: {MaxFullLoadSubTasks: 4}}",
         "FullLoadSettings.MaxFullLoadSubTasks is set by another key of the lake file (use capture.full_load_subtasks)"),
        ("{FullLoadSettings: {TargetTablePrepMode: DROP_AND_CREATE}}",
         "FullLoadSettings.TargetTablePrepMode must be DO_NOTHING, got DROP_AND_CREATE: a stream has nothing to drop or truncate (remove it)"),
        ("{ValidationSettings: {EnableValidation: true}}",
         "ValidationSettings.EnableValidation must be false, got true: DMS cannot read a Kinesis target back to compare it (remove it)"),
        ("{FailTaskWhenCleanTaskResourceFailed: 1}",
         "FailTaskWhenCleanTaskResourceFailed must be true or false, got 1 (Moulin's own value is false)"),
    ],
)  # fmt: skip
def test_fails_when_an_override_cannot_be(override: str, found: str) -> None:
    assert mistakes(f"capture: {{task_settings: {override}}}") == [f"capture.task_settings.{found}"]


@pytest.mark.parametrize(
    "override",
    [
        "{}",
        "{TargetMetadata: {ParallelLoadThreads: 0, ParallelLoadBufferSize: 0, ParallelLoadQueuesPerThread: 0}}",
        "{TargetMetadata: {LobMaxSize: 1000}}",
        "{TargetMetadata: {FullLobMode: false}}",
        "{TTSettings: {EnableTT: true}}",
    ],
)
def test_takes_overrides(override: str) -> None:
    assert mistakes(f"capture: {{task_settings: {override}}}") == []


def test_every_owned_key_is_a_key() -> None:
    known: dict[str, Any] = {
        section: {*defaults.STABLE.get(section, ()), *defaults.VERSION_DEPENDENT.get(section, ())}
        for section in {*defaults.STABLE, *defaults.VERSION_DEPENDENT}
    }
    for section, key in defaults.OWNED:
        assert key in known[section], (section, key)
    for owner in defaults.OWNED.values():
        assert re.fullmatch(r"capture\.[a-z_]+", owner)
