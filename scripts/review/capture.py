"""What a plan does to capture itself: whether it stops, and what its settings lose.

The provider stops a running task before it changes it, and starts it again only where `start_replication_task` says so; Moulin's tasks are
started by `moulin task`, never by Terraform.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from constructs_lib.config.task_setting_verdicts import Judged, judged
from constructs_lib.config.task_settings_rules import yaml_word
from constructs_lib.defaults.task_setting_classes import COPIED, IN_LOGS, Weight
from constructs_lib.defaults.task_settings import READ_ONLY
from scripts.review.change import Action, Change
from scripts.review.finding import Area, Finding

SETTINGS: Final[Mapping[str, str]] = {
    "aws_dms_replication_task": "replication_task_settings",
    "aws_dms_replication_config": "replication_settings",
}
"""Type to the argument that holds DMS's task settings."""

_STARTS: Final[Mapping[str, str]] = {
    "aws_dms_replication_task": "start_replication_task",
    "aws_dms_replication_config": "start_replication",
}
_KEEPS_RUNNING: Final = frozenset({"tags", "tags_all", *_STARTS.values()})
"""Arguments that the provider changes while the task runs."""

_COMPUTED: Final = frozenset({"status", "id", "arn", "replication_task_arn"})
_STANDS_STILL: Final = ("ready", "stopped", "failed")
"""What the provider reads of a task that does not run."""

_PAUSES: Final = ("allocated_storage", "engine_version", "multi_az", "replication_instance_class")
"""Arguments of a replication instance for which DMS restarts it."""

_EXPOSING: Final = frozenset({IN_LOGS, COPIED})
"""Risks that show rows to somebody; the others lose them."""


def check(change: Change) -> Iterator[Finding]:
    """Yields whether capture stops or pauses, and each setting that is newly a risk or loses rows."""
    if change.type == "aws_dms_replication_instance":
        yield from _pauses(change)
    if change.type not in SETTINGS:
        return
    yield from _stops(change)
    if change.comes or change.stays:
        yield from _settings(change)


def _stops(change: Change) -> Iterator[Finding]:
    stopping = sorted(change.changed - _KEEPS_RUNNING - _COMPUTED)
    stands_still = change.was("status") in _STANDS_STILL
    if change.action is not Action.UPDATE or not stopping or stands_still:
        return
    what = ", ".join(stopping)
    if change.becomes(_STARTS[change.type]) is True:
        yield Finding(Area.NOTE, change.address, f"capture stops for the change of {what}, and Terraform starts it again")
    else:
        message = (
            f"this stops capture: start it again afterwards (moulin task start). It is for the change of {what}; nothing is lost while the"
            " source keeps its binlog"
        )
        yield Finding(Area.LOSS, change.address, message)


def _pauses(change: Change) -> Iterator[Finding]:
    restarting = [name for name in _PAUSES if change.differs(name) and change.sets(name)]
    if change.action is not Action.UPDATE or not restarting:
        return
    what = ", ".join(restarting)
    if change.becomes("apply_immediately") is True:
        message = f"capture pauses for the change of {what}, and goes on by itself where it stood"
    else:
        message = f"the change of {what} waits for the maintenance window, and shows in every plan until then; capture pauses for it"
    yield Finding(Area.NOTE, change.address, message)


def _settings(change: Change) -> Iterator[Finding]:
    argument = SETTINGS[change.type]
    if change.stays and not change.differs(argument):
        return
    after = _document(change.becomes(argument))
    if after is None:
        if change.sets(argument):
            message = f"{argument} cannot be read: see that it neither skips records nor suspends tables"
            yield Finding(Area.UNKNOWN, change.address, message)
        return
    before = {leaf.name: leaf.value for leaf in judged(_document(change.was(argument)) or {})}
    for leaf in judged(after):
        if leaf.name not in before or before[leaf.name] != leaf.value:
            yield from _setting(change.address, leaf)


def _setting(address: str, leaf: Judged) -> Iterator[Finding]:
    verdict, is_now = leaf.verdict, f"{leaf.name} is {yaml_word(leaf.value)}"
    if verdict is None:
        if leaf.path[-1] not in READ_ONLY.get(str(leaf.path[0]), ()):
            yield Finding(Area.UNKNOWN, address, f"{is_now}: no rule knows what that does to rows")
    elif verdict.weight is Weight.REFUSED:
        yield Finding(Area.LOSS, address, f"{is_now}: {verdict.reason}")
    elif verdict.weight is Weight.RISK:
        area = Area.ACCESS if verdict.risk in _EXPOSING else Area.LOSS
        yield Finding(area, address, f"{is_now}, with the risk {verdict.risk}: {verdict.reason}")


def _document(text: Any) -> Mapping[str, Any] | None:
    try:
        document = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
