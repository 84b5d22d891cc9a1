# ruff: noqa: E501 - a message stands in one piece
"""What a plan does to capture: it stops, it pauses, its settings lose rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from constructs_lib.config.task_settings import task_settings
from constructs_lib.defaults.task_setting_classes import CLASSES, Choice, Weight
from scripts.review.capture import SETTINGS
from tests.config.support import lake
from tests.review.support import found, lines, resource

TASK, SERVERLESS = SETTINGS
STOPS = "loss: this stops capture: start it again afterwards (moulin task start). It is for the change of "


def told_of(type_: str, before: Any, after: Any) -> list[str]:
    """What is found in a change, without what it costs."""
    return [line for line in lines(found(resource(type_, before, after))) if not line.startswith("cost")]


def settings(type_: str, **override: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a task with our own settings and some others, which stands still."""
    document = task_settings(lake())
    for section, values in override.items():
        document[section] = {**document.get(section, {}), **values}
    return {SETTINGS[type_]: json.dumps(document), "status": "stopped"}


@pytest.mark.parametrize("type_", SETTINGS)
@pytest.mark.parametrize(
    ("override", "told"),
    [
        ({"ErrorBehavior": {"DataErrorPolicy": "IGNORE_RECORD"}}, ["loss: ErrorBehavior.DataErrorPolicy is IGNORE_RECORD: the record never"]),
        ({"ErrorBehavior": {"TableErrorPolicy": "SUSPEND_TABLE"}}, ["loss: ErrorBehavior.TableErrorPolicy is SUSPEND_TABLE, with the risk suspended-"]),
        ({"ErrorBehavior": {"ApplyErrorFailOnTruncationDdl": False}}, ["loss: ErrorBehavior.ApplyErrorFailOnTruncationDdl is false, with the risk"]),
        ({"ChangeProcessingDdlHandlingPolicy": {"HandleSourceTableTruncated": False}}, ["loss: ChangeProcessingDdlHandlingPolicy.HandleSource"]),
        ({"TTSettings": {"EnableTT": True}}, ["access: TTSettings.EnableTT is true, with the risk rows-elsewhere"]),
        ({"Logging": {"LogComponents": [{"Id": "IO", "Severity": "LOGGER_SEVERITY_DEBUG"}]}}, ["access: Logging.LogComponents.IO is LOGGER_SEVERITY_D"]),
        ({"Logging": {"CloudWatchLogGroup": "g", "CloudWatchLogStream": "s"}}, []),
        ({"ResyncSettings": {"EnableResync": True}}, ["look: ResyncSettings.EnableResync is true: no rule knows what that does to rows"]),
        ({"TTSettings": {"EnableTT": None}}, []),
        ({}, []),
    ],
)  # fmt: skip
def test_a_setting_that_is_newly_a_risk_is_told(type_: str, override: dict[str, Any], told: list[str]) -> None:
    before, after = settings(type_), settings(type_, **override)
    changed, made, removed = (told_of(type_, *pair) for pair in ((before, after), (None, after), (after, before)))
    assert (len(changed), removed) == (len(told), [])
    assert all(line.startswith(start) for line, start in zip(changed, told, strict=True)), changed
    assert made == changed


def test_every_risk_and_refusal_of_a_choice_is_told() -> None:
    for leaf, setting in CLASSES.items():
        for value, verdict in setting.values.items() if isinstance(setting, Choice) and leaf[-1] != "LogComponents" else ():
            override = {leaf[0]: {leaf[1]: value}} if len(leaf) > 1 else {}
            told = lines(found(resource(TASK, None, settings(TASK, **override))))
            assert len(told) == (verdict.weight is not Weight.NEUTRAL), (leaf, value)


@pytest.mark.parametrize("broken", ["", "{", "[]", None])
def test_settings_that_cannot_be_read_must_be_looked_at(broken: Any) -> None:
    told = lines(found(resource(TASK, settings(TASK), {SETTINGS[TASK]: broken, "status": "stopped"})))
    assert told == ["look: replication_task_settings cannot be read: see that it neither skips records nor suspends tables"]


@pytest.mark.parametrize("type_", SETTINGS)
def test_a_change_of_a_running_task_stops_capture(type_: str) -> None:
    before, after = settings(type_), settings(type_, ErrorBehavior={"RecoverableErrorInterval": 6})
    running = {"status": "running"}
    told = lines(found(resource(type_, {**before, **running}, {**after, **running})))
    assert [line.split(";")[0] for line in told] == [f"{STOPS}{SETTINGS[type_]}"]
    assert found(resource(type_, before, after)) == ()
    starts = {**running, "start_replication_task": True, "start_replication": True}
    told = lines(found(resource(type_, {**before, **starts}, {**after, **starts})))
    assert told == [f"note: capture stops for the change of {SETTINGS[type_]}, and Terraform starts it again"]


def test_tags_stop_nothing() -> None:
    assert found(resource(TASK, {"tags": {"a": "b"}, "status": "running"}, {"tags": {"a": "c"}, "status": "running"})) == ()


@pytest.mark.parametrize(
    ("apply_immediately", "told"),
    [
        (True, "note: capture pauses for the change of allocated_storage, and goes on by itself where it stood"),
        (
            None,
            "note: the change of allocated_storage waits for the maintenance window, and shows in every plan until then; capture pauses for it",
        ),
    ],
)
def test_a_change_of_the_instance_pauses_capture(apply_immediately: bool | None, told: str) -> None:
    same = {"apply_immediately": apply_immediately}
    instance = "aws_dms_replication_instance"
    before, after = ({**same, "publicly_accessible": False, "allocated_storage": size} for size in (50, 60))
    assert told_of(instance, before, after) == [told]
    assert found(resource(instance, before, {**before, "preferred_maintenance_window": "sun:01:00-sun:02:00"})) == ()
