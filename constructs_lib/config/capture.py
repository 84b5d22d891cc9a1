"""How changes leave the source: DMS, by instance or serverless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from constructs_lib.config.base import Model
from constructs_lib.config.problems import Problem
from constructs_lib.config.task_setting_verdicts import judged
from constructs_lib.config.task_settings_rules import check_overrides, yaml_word
from constructs_lib.config.text import Text, nearest_in_any_case, shown
from constructs_lib.defaults import limits
from constructs_lib.defaults.engine_versions import DMS
from constructs_lib.defaults.task_setting_classes import Weight
from constructs_lib.defaults.time_zones import time_zones

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WINDOW = re.compile(r"([a-z]{3}):([01]\d|2[0-3]):([0-5]\d)-([a-z]{3}):([01]\d|2[0-3]):([0-5]\d)")
_SHORTEST_WINDOW_MINUTES = 30
_MINUTES_A_WEEK = 7 * 24 * 60


class CaptureMode(StrEnum):
    """DMS's migration types."""

    FULL_LOAD_AND_CDC = "full-load-and-cdc"
    CDC = "cdc"
    FULL_LOAD = "full-load"


class ReplicationInstanceConfig(Model):
    """A DMS replication instance."""

    instance_class: Annotated[str, Text("an instance class such as dms.c6i.large", r"dms\.[a-z0-9]+\.[a-z0-9]+")] = "dms.t3.medium"
    """Class of the instance; a burstable one is for trying things out."""
    storage_gib: Annotated[int, limits.DMS_STORAGE_GIB] = limits.DMS_STORAGE_GIB.int_default
    """Disk for logs and for changes that wait while the full load runs."""
    engine_version: Annotated[str, Text(f"a DMS engine version such as {DMS.default}", r"3\.\d+\.\d+")] = DMS.default
    """Version that the instance is made with. AWS upgrades it when it ends, and you when you like; Terraform then leaves it alone
    ([operations.md](operations.md#engine-versions))."""
    multi_az: bool = False
    """A standby in a second zone."""
    maintenance_window: str = "sat:03:17-sat:03:47"
    """Weekly window in UTC, at least 30 minutes: `ddd:hh:mm-ddd:hh:mm`."""

    def warnings(self, today: date) -> Iterator[Problem]:
        """A version that ends soon, or that nobody here knows."""
        message = DMS.warning(self.engine_version, today)
        if message is not None:
            yield Problem(("engine_version",), message)

    def rules(self) -> Iterator[Problem]:
        """A window that DMS takes."""
        match = _WINDOW.fullmatch(self.maintenance_window)
        if match is None or match[1] not in _DAYS or match[4] not in _DAYS:
            message = f"must be a weekly window such as sat:03:17-sat:03:47, got {self.maintenance_window}"
            yield Problem(("maintenance_window",), message)
            return
        start, end = (
            (_DAYS.index(day) * 24 + int(hour)) * 60 + int(minute) for day, hour, minute in (match.groups()[:3], match.groups()[3:])
        )
        length = (end - start) % _MINUTES_A_WEEK
        if length < _SHORTEST_WINDOW_MINUTES:
            message = f"must be at least {_SHORTEST_WINDOW_MINUTES} minutes long, got {length} (move its end)"
            yield Problem(("maintenance_window",), message)


class ServerlessCaptureConfig(Model):
    """DMS Serverless: capacity follows the load between two bounds, in DCU (2 GB of memory each)."""

    min_capacity_units: Annotated[int, limits.DMS_MIN_CAPACITY_UNITS] = limits.DMS_MIN_CAPACITY_UNITS.int_default
    """Capacity that is always there."""
    max_capacity_units: Annotated[int, limits.DMS_MAX_CAPACITY_UNITS] = limits.DMS_MAX_CAPACITY_UNITS.int_default
    """Capacity that is never passed."""
    multi_az: bool = False
    """A standby in a second zone."""

    def rules(self) -> Iterator[Problem]:
        """A range that is one."""
        low, high = self.min_capacity_units, self.max_capacity_units
        if low > high:
            message = f"must be no more than max_capacity_units, {high}, got {low} (lower it, or raise the maximum)"
            yield Problem(("min_capacity_units",), message, reads=(("max_capacity_units",),))


class CaptureConfig(Model):
    """DMS's task and what runs it; neither `instance` nor `serverless` given means an instance with the defaults."""

    mode: CaptureMode = CaptureMode.FULL_LOAD_AND_CDC
    """What DMS does: load the tables and follow their changes, only follow, or only load once."""
    instance: ReplicationInstanceConfig | None = None
    """A replication instance of a fixed class."""
    serverless: ServerlessCaptureConfig | None = None
    """DMS Serverless in place of an instance."""
    account_roles: Literal["create", "reuse"] = "reuse"
    """`dms-vpc-role` and `dms-cloudwatch-logs-role` exist once per account. `create` in the first lake of an account, `reuse` in all
    others, where the plan says when they are missing. A lake that creates them takes them along when it is destroyed."""
    server_timezone: Annotated[str, Text("a time zone's name such as Europe/Berlin", r"[A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*")] | None = None
    """Time zone of the source's server, by its IANA name, such as `Europe/Berlin`; default: UTC, which is Aurora's unless someone set its
    `time_zone`. DMS converts TIMESTAMP values by it and leaves DATETIME alone. Set it only where the server is not on UTC: where the two
    differ, it has been reported to shift TIMESTAMPs, those of loaded rows otherwise than those of changes."""
    position_epoch: Annotated[int, limits.POSITION_EPOCH] = limits.POSITION_EPOCH.int_default
    """Raise by one whenever tables are loaded anew or the source is replaced, so that history rows of the new load sort after the old."""
    full_load_subtasks: Annotated[int, limits.DMS_FULL_LOAD_SUBTASKS] = limits.DMS_FULL_LOAD_SUBTASKS.int_default
    """Tables loaded side by side."""
    apply_threads: Annotated[int, limits.DMS_APPLY_THREADS] = limits.DMS_APPLY_THREADS.int_default
    """Threads that write changes to the stream, each row always by the same one."""
    apply_buffer_records: Annotated[int, limits.DMS_APPLY_BUFFER] = limits.DMS_APPLY_BUFFER.int_default
    """Records that a thread may hold back."""
    task_settings: dict[str, Any] = Field(default_factory=dict)
    """Overrides of DMS's task-settings document, by section: `ErrorBehavior: {RecoverableErrorInterval: 10}`. What loses rows is refused,
    what may is warned of ([operations.md](operations.md#settings-of-the-task))."""

    def rules(self) -> Iterator[Problem]:
        """One runner, and overrides that DMS knows and that no other key owns."""
        yield from self._check_server_timezone()
        if self.instance is not None and self.serverless is not None:
            yield Problem(("serverless",), "must not be given together with instance (keep one of them)", reads=(("instance",),))
        for problem in check_overrides(self.task_settings):
            yield problem.below("task_settings")

    def _check_server_timezone(self) -> Iterator[Problem]:
        zone = self.server_timezone
        if zone is None or zone in time_zones():
            return
        near = nearest_in_any_case(zone, sorted(time_zones()))
        hint = f"did you mean {near}?" if near else "write it like Europe/Berlin, or remove it for UTC"
        yield Problem(("server_timezone",), f"must be a name of the IANA time-zone database, got {shown(zone)} ({hint})")

    def warnings(self, today: date) -> Iterator[Problem]:
        """An instance that the file leaves to the defaults, and overrides with a risk for the rows of the lake, each by the risk's name."""
        if self.instance is None and self.serverless is None:
            yield from (problem.below("instance") for problem in ReplicationInstanceConfig().warnings(today))
        for leaf in judged(self.task_settings):
            if leaf.verdict is not None and leaf.verdict.weight is Weight.RISK:
                message = f"is {yaml_word(leaf.value)}, with the risk {leaf.verdict.risk}: {leaf.verdict.reason}"
                yield Problem(("task_settings", *leaf.path), message)
