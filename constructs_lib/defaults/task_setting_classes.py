"""What each of DMS's task settings does to rows on their way into a stream: every leaf of the document, classed once.

A value is *neutral* (no row of the lake is the worse for it), has a *named risk* (accepted, and told by `moulin check`, synthesis and
`moulin review`), or is *refused* (it loses rows with a Kinesis target, or DMS does not take it). A test walks the whole document: a setting
that is added to `task_settings.py` and not here fails it, and so does a default of ours that is not neutral.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from constructs_lib.defaults.limits import DMS_APPLY_QUEUES, DMS_LOAD_BUFFER, DMS_LOAD_QUEUES, DMS_LOAD_THREADS, Limit
from constructs_lib.defaults.task_settings import FIREHOSE_RECORD_KIB, LOB_MAX_SIZE_KIB, SEVERITIES


class Weight(StrEnum):
    """What a value of a setting means for the rows of a lake."""

    NEUTRAL = "neutral"
    RISK = "risk"
    REFUSED = "refused"


@dataclass(frozen=True)
class Verdict:
    """What is said of a value.

    Attributes:
        weight: its class.
        risk: the risk's name; empty for the other classes.
        reason: what it does, and what to do instead where removing it is not enough.
    """

    weight: Weight
    risk: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Choice:
    """A setting with a fixed set of values."""

    values: Mapping[Any, Verdict]

    def judge(self, value: Any) -> Verdict | None:
        """The verdict on a value; None for one that DMS does not know."""
        return next((verdict for known, verdict in self.values.items() if known == value and type(known) is type(value)), None)


@dataclass(frozen=True)
class Amount:
    """A whole number.

    Attributes:
        limit: what DMS takes, where its page says so.
        below: a number and what is said of any smaller one.
        above: a number and what is said of any larger one.
    """

    limit: Limit | None = None
    below: tuple[int, Verdict] | None = None
    above: tuple[int, Verdict] | None = None

    def judge(self, value: Any) -> Verdict | None:
        """The verdict on a number; None for what is none."""
        if type(value) is not int:
            return None
        if self.below is not None and value < self.below[0]:
            return self.below[1]
        if self.above is not None and value > self.above[0]:
            return self.above[1]
        return NEUTRAL


@dataclass(frozen=True)
class Anything:
    """Text or an object whose content has one meaning, whatever it is; empty, it means nothing."""

    verdict: Verdict

    def judge(self, value: Any) -> Verdict | None:
        """The verdict on a value."""
        return self.verdict if value else NEUTRAL


SettingClass = Choice | Amount | Anything
Leaf = tuple[str, ...]
"""Section and key, or the key alone for what stands in no section."""

NEUTRAL: Final = Verdict(Weight.NEUTRAL)


def _risk(name: str, reason: str) -> Verdict:
    return Verdict(Weight.RISK, name, reason)


def _refused(reason: str) -> Verdict:
    return Verdict(Weight.REFUSED, reason=reason)


def _switch(*, on: Verdict = NEUTRAL, off: Verdict = NEUTRAL) -> Choice:
    return Choice({True: on, False: off})


LOST: Final = "lost-changes"
SUSPENDED: Final = "suspended-table"
CUT: Final = "cut-values"
CHANGED: Final = "changed-values"
TRUNCATED: Final = "unseen-truncate"
UNSEEN_DDL: Final = "unseen-ddl"
STANDS_STILL: Final = "standstill"
SILENT: Final = "silent-log"
IN_LOGS: Final = "rows-in-logs"
COPIED: Final = "rows-elsewhere"
UNDOCUMENTED: Final = "undocumented"

_IGNORED = _refused("the record never reaches the lake and nothing says so (LOG_ERROR loses it too, but DMS's log says which)")
_LOGGED = _risk(LOST, "the record never reaches the lake, and only DMS's log says so")
_SUSPENDED = _risk(SUSPENDED, "the task goes on without the table, whose changes are missing until it is loaded again")
_ESCALATION = {"LOG_ERROR": _LOGGED, "SUSPEND_TABLE": _SUSPENDED, "STOP_TASK": NEUTRAL}
_RECORD = {"IGNORE_RECORD": _IGNORED, **_ESCALATION}
_UPSERT = {**_RECORD, "INSERT_RECORD": NEUTRAL, "UPDATE_RECORD": NEUTRAL}  # a stream holds no record to insert or update
_TABLE = {"SUSPEND_TABLE": _SUSPENDED, "STOP_TASK": NEUTRAL}
_CUT_LOGGED = _risk(CUT, "values arrive cut, and only DMS's log says so")
_GIVES_UP = _risk(STANDS_STILL, "DMS gives a connection up after so many errors: capture then stands still until somebody starts it")
_STOPS = _risk(STANDS_STILL, "the task stops after the full load: capture stands still until somebody starts it")
_TRUNCATE_UNSEEN = _risk(TRUNCATED, "after a TRUNCATE in the source a mirror keeps every row, and nothing says so")
_REPLACED = _risk(CHANGED, "characters are replaced on their way: a row with one of them is no longer the source's")
_NO_TARGET_READ = "DMS cannot read a Kinesis target back to compare it"
_ROWS_IN_LOG = _risk(IN_LOGS, "logs of this detail may hold values of rows, those that the file drops or hashes among them")
_SEVERITY = Choice(
    {
        **dict.fromkeys(SEVERITIES, NEUTRAL),
        "LOGGER_SEVERITY_ERROR": _risk(SILENT, "warnings are left out of the log, and that a value was cut is one"),
        "LOGGER_SEVERITY_DEBUG": _ROWS_IN_LOG,
        "LOGGER_SEVERITY_DETAILED_DEBUG": _ROWS_IN_LOG,
    }
)
_ANY_NUMBER = Amount()
_ANY_SWITCH = _switch()
_VALIDATION_NUMBERS = (
    "ThreadCount", "PartitionSize", "FailureMaxCount", "RecordFailureDelayInMinutes", "RecordSuspendDelayInMinutes", "MaxKeyColumnSize",
    "TableFailureMaxCount", "RecordFailureDelayLimitInMinutes", "ValidationPartialLobSize", "ValidationQueryCdcDelaySeconds",
)  # fmt: skip

_LOB_PAGE = "https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.LOBSupport.html"

CLASSES: Final[Mapping[Leaf, SettingClass]] = {
    ("TargetMetadata", "TargetSchema"): Anything(_refused("rows would come under another schema's name, which no route of the lake knows")),
    ("TargetMetadata", "SupportLobs"): _switch(
        off=_risk(CUT, "large objects (JSON, MEDIUMTEXT, LONGTEXT, MEDIUMBLOB, LONGBLOB) are left out")
    ),
    ("TargetMetadata", "FullLobMode"): _switch(on=_refused("a Kinesis target takes limited LOBs only; raise LobMaxSize instead")),
    ("TargetMetadata", "LimitedSizeLobMode"): _switch(
        off=_refused("a Kinesis target takes limited LOBs only; use SupportLobs: false to leave them out")
    ),
    ("TargetMetadata", "LobChunkSize"): _ANY_NUMBER,
    ("TargetMetadata", "LobMaxSize"): Amount(
        Limit(1, FIREHOSE_RECORD_KIB, LOB_MAX_SIZE_KIB, "KiB", _LOB_PAGE),
        below=(LOB_MAX_SIZE_KIB, _risk(CUT, "larger objects arrive cut, with a warning in DMS's log at most")),
        above=(
            LOB_MAX_SIZE_KIB,
            _risk(
                LOST,
                f"a row with objects of this size can pass the {FIREHOSE_RECORD_KIB} KiB of a Firehose record, and is then not delivered",
            ),
        ),
    ),
    ("TargetMetadata", "InlineLobMaxSize"): _ANY_NUMBER,
    ("TargetMetadata", "LoadMaxFileSize"): _ANY_NUMBER,
    ("TargetMetadata", "ParallelLoadThreads"): Amount(DMS_LOAD_THREADS),
    ("TargetMetadata", "ParallelLoadBufferSize"): Amount(DMS_LOAD_BUFFER),
    ("TargetMetadata", "ParallelLoadQueuesPerThread"): Amount(DMS_LOAD_QUEUES),
    ("TargetMetadata", "ParallelApplyThreads"): _ANY_NUMBER,
    ("TargetMetadata", "ParallelApplyBufferSize"): _ANY_NUMBER,
    ("TargetMetadata", "ParallelApplyQueuesPerThread"): Amount(DMS_APPLY_QUEUES),
    ("TargetMetadata", "BatchApplyEnabled"): _switch(on=_refused("batch apply loses rows with a Kinesis target")),
    ("TargetMetadata", "TaskRecoveryTableEnabled"): _switch(on=_refused("a stream cannot hold the recovery table")),
    ("FullLoadSettings", "TargetTablePrepMode"): Choice(
        {
            "DO_NOTHING": NEUTRAL,
            **dict.fromkeys(("DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD"), _refused("a stream has nothing to drop or truncate")),
        }
    ),
    ("FullLoadSettings", "CreatePkAfterFullLoad"): _ANY_SWITCH,
    ("FullLoadSettings", "StopTaskCachedChangesApplied"): _switch(on=_STOPS),
    ("FullLoadSettings", "StopTaskCachedChangesNotApplied"): _switch(on=_STOPS),
    ("FullLoadSettings", "MaxFullLoadSubTasks"): _ANY_NUMBER,
    ("FullLoadSettings", "TransactionConsistencyTimeout"): _ANY_NUMBER,
    ("FullLoadSettings", "CommitRate"): _ANY_NUMBER,
    ("Logging", "EnableLogging"): _switch(off=_risk(SILENT, "nothing says why the task stopped, nor that a value was cut")),
    ("Logging", "LogComponents"): _SEVERITY,
    ("Logging", "EnableLogContext"): _ANY_SWITCH,
    ("Logging", "LogConfiguration"): Anything(_risk(IN_LOGS, "traces of errors may hold values of rows")),
    ("ControlTablesSettings", "ControlSchema"): Anything(NEUTRAL),
    ("ControlTablesSettings", "HistoryTimeslotInMinutes"): _ANY_NUMBER,
    # Records of these tables of DMS's own name tables that no route knows: dropped, and counted.
    ("ControlTablesSettings", "HistoryTableEnabled"): _ANY_SWITCH,
    ("ControlTablesSettings", "SuspendedTablesTableEnabled"): _ANY_SWITCH,
    ("ControlTablesSettings", "StatusTableEnabled"): _ANY_SWITCH,
    ("ControlTablesSettings", "FullLoadExceptionTableEnabled"): _ANY_SWITCH,
    ("ControlTablesSettings", "CommitPositionTableEnabled"): _ANY_SWITCH,
    ("StreamBufferSettings", "StreamBufferCount"): _ANY_NUMBER,
    ("StreamBufferSettings", "StreamBufferSizeInMB"): _ANY_NUMBER,
    ("StreamBufferSettings", "CtrlStreamBufferSizeInMB"): _ANY_NUMBER,
    ("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableDropped"): _switch(
        off=_risk(UNSEEN_DDL, "that a table was dropped in the source is told nowhere: the lake keeps its rows")
    ),
    ("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableTruncated"): _switch(off=_TRUNCATE_UNSEEN),
    ("ChangeProcessingDdlHandlingPolicy", "HandleSourceTableAltered"): _switch(
        off=_risk(UNSEEN_DDL, "columns that the source adds or changes may be missing from the changes, and no alarm counts them")
    ),
    ("ErrorBehavior", "DataErrorPolicy"): Choice(_RECORD),
    ("ErrorBehavior", "DataTruncationErrorPolicy"): Choice({**_RECORD, "LOG_ERROR": _CUT_LOGGED}),
    ("ErrorBehavior", "DataErrorEscalationPolicy"): Choice(_ESCALATION),
    ("ErrorBehavior", "DataErrorEscalationCount"): _ANY_NUMBER,
    ("ErrorBehavior", "DataMaskingErrorPolicy"): Choice(_RECORD),
    ("ErrorBehavior", "TableErrorPolicy"): Choice(_TABLE),
    ("ErrorBehavior", "TableErrorEscalationPolicy"): Choice(_TABLE),
    ("ErrorBehavior", "TableErrorEscalationCount"): _ANY_NUMBER,
    ("ErrorBehavior", "EventErrorPolicy"): Choice(
        {"IGNORE": _risk(STANDS_STILL, "that the task stopped may be told to nobody"), "STOP_TASK": NEUTRAL}
    ),
    ("ErrorBehavior", "RecoverableErrorCount"): Amount(above=(-1, _GIVES_UP)),
    ("ErrorBehavior", "RecoverableErrorInterval"): _ANY_NUMBER,
    ("ErrorBehavior", "RecoverableErrorThrottling"): _ANY_SWITCH,
    ("ErrorBehavior", "RecoverableErrorThrottlingMax"): _ANY_NUMBER,
    ("ErrorBehavior", "RecoverableErrorStopRetryAfterThrottlingMax"): _switch(on=_GIVES_UP),
    ("ErrorBehavior", "ApplyErrorDeletePolicy"): Choice(_RECORD),
    ("ErrorBehavior", "ApplyErrorInsertPolicy"): Choice(_UPSERT),
    ("ErrorBehavior", "ApplyErrorUpdatePolicy"): Choice(_UPSERT),
    ("ErrorBehavior", "ApplyErrorEscalationPolicy"): Choice(_ESCALATION),
    ("ErrorBehavior", "ApplyErrorEscalationCount"): _ANY_NUMBER,
    ("ErrorBehavior", "ApplyErrorFailOnTruncationDdl"): _switch(off=_TRUNCATE_UNSEEN),
    ("ErrorBehavior", "FullLoadIgnoreConflicts"): _ANY_SWITCH,  # a stream has no rows to conflict with
    ("ErrorBehavior", "FailOnTransactionConsistencyBreached"): _ANY_SWITCH,  # Oracle only
    ("ErrorBehavior", "FailOnNoTablesCaptured"): _switch(
        off=_risk(STANDS_STILL, "a task that finds none of its tables runs, and captures nothing")
    ),
    ("ChangeProcessingTuning", "BatchApplyPreserveTransaction"): _ANY_SWITCH,
    ("ChangeProcessingTuning", "BatchApplyTimeoutMin"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "BatchApplyTimeoutMax"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "BatchApplyMemoryLimit"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "BatchSplitSize"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "MinTransactionSize"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "CommitTimeout"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "MemoryLimitTotal"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "MemoryKeepTime"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "StatementCacheSize"): _ANY_NUMBER,
    ("ChangeProcessingTuning", "RecoveryTimeout"): Amount(above=(-1, _GIVES_UP)),
    # Time travel writes what it captures into a bucket of its own settings.
    ("TTSettings", "EnableTT"): _switch(
        on=_risk(COPIED, "DMS writes the changes into a second bucket, which the lake neither makes nor protects")
    ),
    ("TTSettings", "FailTaskOnTTFailure"): _ANY_SWITCH,
    ("TTSettings", "TTRecordSettings"): Anything(NEUTRAL),
    ("TTSettings", "TTS3Settings"): Anything(NEUTRAL),
    ("CharacterSetSettings", "CharacterReplacements"): Anything(_REPLACED),
    ("CharacterSetSettings", "CharacterSetSupport"): Anything(_REPLACED),
    ("LoopbackPreventionSettings", "EnableLoopbackPrevention"): _switch(
        on=_refused("changes that another task wrote into the source never reach the lake")
    ),
    ("LoopbackPreventionSettings", "SourceSchema"): Anything(NEUTRAL),
    ("LoopbackPreventionSettings", "TargetSchema"): Anything(NEUTRAL),
    ("PostProcessingRules",): Anything(_risk(UNDOCUMENTED, "AWS does not document this section: what it does to rows is not known")),
    ("ValidationSettings", "EnableValidation"): _switch(on=_refused(_NO_TARGET_READ)),
    ("ValidationSettings", "ValidationOnly"): _switch(on=_refused(_NO_TARGET_READ)),
    ("ValidationSettings", "ValidationMode"): Anything(NEUTRAL),
    ("ValidationSettings", "HandleCollationDiff"): _ANY_SWITCH,
    ("ValidationSettings", "SkipLobColumns"): _ANY_SWITCH,
    **{("ValidationSettings", key): _ANY_NUMBER for key in _VALIDATION_NUMBERS},
    # Moulin sets these three by itself, and no lake file can: a plan of another lake may differ.
    ("BeforeImageSettings", "EnableBeforeImage"): _switch(
        off=_risk(LOST, "a changed key cannot be told, so every update is refused (key_not_shown)")
    ),
    ("BeforeImageSettings", "FieldName"): Anything(NEUTRAL),
    ("BeforeImageSettings", "ColumnFilter"): Choice(
        {
            "pk-only": _risk(LOST, "updates are refused (key_not_shown) where the keys of the lake are not the source's primary key"),
            "non-lob": NEUTRAL,
            "all": NEUTRAL,
        }
    ),
    ("FailTaskWhenCleanTaskResourceFailed",): _ANY_SWITCH,
}
"""Leaf of the document to what its values mean. A leaf of one part is a setting, or a whole section, that has no keys."""
