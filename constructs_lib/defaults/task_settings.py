"""DMS's task-settings document as data: its sections, their keys, their values.

What is written to Terraform must hold two things at once, both read in the AWS provider's comparison of task settings
(`suppressEquivalentTaskSettings`):

- *complete*: DMS merges a change into what it already has, so a key that is left out keeps an old override for ever;
- *nothing more*: a key that DMS does not give back, or gives back as null, shows a difference in every plan for ever.

So `STABLE` holds every key that each engine version of 3.4 and later returns, and is always written whole. `VERSION_DEPENDENT` holds the
keys that some versions return and others do not: they are written only when a lake file overrides them. Read-only keys are never written.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.html
"""

from __future__ import annotations

from typing import Any, Final

from constructs_lib.defaults.limits import DMS_APPLY_QUEUES, DMS_LOAD_BUFFER, DMS_LOAD_QUEUES, DMS_LOAD_THREADS

LOB_MAX_SIZE_KIB: Final = 240
"""A larger LOB arrives cut, with a warning in the task's log: so AWS documents it (CHAP_Tasks.LOBSupport). Whether
DataTruncationErrorPolicy then stops the task is not said, so do not count on it. Firehose takes records of 1,000 KiB, and binary LOBs
travel as hexadecimal digits, twice their size: two of the largest still fit, with 40 KiB for the rest of the row, which an
update holds twice."""

FIREHOSE_RECORD_KIB: Final = 1000

BEFORE_IMAGE_FIELD: Final = "before-image"
"""Name of the message's object that holds what the row was before an update."""

BEFORE_IMAGE_COLUMNS: Final = "non-lob"
"""Its columns: all but large objects. DMS's own `pk-only` shows the source's primary key alone, and the keys of a lake may be others: one
of them would change unseen, and its old row would stay. `make bench` measures what the rest costs. `all` adds nothing: of MySQL no image
holds large objects.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kinesis.html#CHAP_Target.Kinesis.BeforeImage
"""

SEVERITIES: Final = tuple(f"LOGGER_SEVERITY_{level}" for level in ("ERROR", "WARNING", "INFO", "DEFAULT", "DEBUG", "DETAILED_DEBUG"))

LOG_COMPONENTS: Final = (
    "ADDONS", "COMMON", "COMMUNICATION", "DATA_STRUCTURE", "FILE_FACTORY", "FILE_TRANSFER", "IO", "METADATA_MANAGER", "PERFORMANCE",
    "REST_SERVER", "SORTER", "SOURCE_CAPTURE", "SOURCE_UNLOAD", "TABLES_MANAGER", "TARGET_APPLY", "TARGET_LOAD", "TASK_MANAGER",
    "TRANSFORMATION", "VALIDATOR_EXT",
)  # fmt: skip
VERSION_DEPENDENT_LOG_COMPONENTS: Final = ("DATA_RESYNC", "RESYNC_APPLY", "RESYNC_UNLOAD", "SERVERLESS", "VALIDATOR")

STABLE: Final[dict[str, dict[str, Any]]] = {
    "TargetMetadata": {
        "TargetSchema": "",
        "SupportLobs": True,
        "FullLobMode": False,  # Kinesis targets take limited LOBs only
        "LobChunkSize": 0,
        "LimitedSizeLobMode": True,
        "LobMaxSize": LOB_MAX_SIZE_KIB,
        "InlineLobMaxSize": 0,
        "LoadMaxFileSize": 0,
        "ParallelLoadThreads": DMS_LOAD_THREADS.int_default,  # with none, a table's rows go out one by one
        "ParallelLoadBufferSize": DMS_LOAD_BUFFER.int_default,
        "ParallelLoadQueuesPerThread": DMS_LOAD_QUEUES.int_default,
        "ParallelApplyThreads": 0,
        "ParallelApplyBufferSize": 0,
        "ParallelApplyQueuesPerThread": DMS_APPLY_QUEUES.int_default,
        "BatchApplyEnabled": False,  # loses rows with a Kinesis target
        "TaskRecoveryTableEnabled": False,
    },
    "FullLoadSettings": {
        "TargetTablePrepMode": "DO_NOTHING",  # a stream has nothing to drop
        "CreatePkAfterFullLoad": False,
        "StopTaskCachedChangesApplied": False,
        "StopTaskCachedChangesNotApplied": False,
        "MaxFullLoadSubTasks": 8,
        "TransactionConsistencyTimeout": 600,
        "CommitRate": 10000,
    },
    "Logging": {
        "EnableLogging": True,
        "LogComponents": [{"Id": component, "Severity": "LOGGER_SEVERITY_DEFAULT"} for component in LOG_COMPONENTS],
    },
    "ControlTablesSettings": {
        "ControlSchema": "",
        "HistoryTimeslotInMinutes": 5,
        "HistoryTableEnabled": False,
        "SuspendedTablesTableEnabled": False,
        "StatusTableEnabled": False,
        "FullLoadExceptionTableEnabled": False,
    },
    "StreamBufferSettings": {
        "StreamBufferCount": 3,
        "StreamBufferSizeInMB": 8,
        "CtrlStreamBufferSizeInMB": 5,
    },
    "ChangeProcessingDdlHandlingPolicy": {
        "HandleSourceTableDropped": True,
        "HandleSourceTableTruncated": True,
        "HandleSourceTableAltered": True,
    },
    # A record that is skipped is a row that is lost, and a table that is suspended falls behind unseen: DMS's own defaults do both. Here
    # the task stops instead, and the alarm for a stopped task says so.
    "ErrorBehavior": {
        "DataErrorPolicy": "STOP_TASK",
        "DataTruncationErrorPolicy": "STOP_TASK",
        "DataErrorEscalationPolicy": "STOP_TASK",
        "DataErrorEscalationCount": 0,
        "TableErrorPolicy": "STOP_TASK",
        "TableErrorEscalationPolicy": "STOP_TASK",
        "TableErrorEscalationCount": 0,
        "RecoverableErrorCount": -1,  # connections are tried again without end
        "RecoverableErrorInterval": 5,
        "RecoverableErrorThrottling": True,
        "RecoverableErrorThrottlingMax": 1800,
        "RecoverableErrorStopRetryAfterThrottlingMax": False,
        "ApplyErrorDeletePolicy": "STOP_TASK",
        "ApplyErrorInsertPolicy": "STOP_TASK",
        "ApplyErrorUpdatePolicy": "STOP_TASK",
        "ApplyErrorEscalationPolicy": "STOP_TASK",
        "ApplyErrorEscalationCount": 0,
        # TRUNCATE TABLE empties the source without a single delete record: a mirror would keep every row of it.
        "ApplyErrorFailOnTruncationDdl": True,
        "FullLoadIgnoreConflicts": True,
        "FailOnTransactionConsistencyBreached": False,
        "FailOnNoTablesCaptured": True,
    },
    "ChangeProcessingTuning": {
        "BatchApplyPreserveTransaction": True,
        "BatchApplyTimeoutMin": 1,
        "BatchApplyTimeoutMax": 30,
        "BatchApplyMemoryLimit": 500,
        "BatchSplitSize": 0,
        "MinTransactionSize": 1000,
        "CommitTimeout": 1,
        "MemoryLimitTotal": 1024,
        "MemoryKeepTime": 60,
        "StatementCacheSize": 50,
    },
}

STABLE_VALUES: Final[dict[str, Any]] = {"FailTaskWhenCleanTaskResourceFailed": False}
"""The settings of the document that are not sections."""

VERSION_DEPENDENT: Final[dict[str, tuple[str, ...]]] = {
    "Logging": ("EnableLogContext", "LogConfiguration"),
    "ControlTablesSettings": ("CommitPositionTableEnabled",),
    "ErrorBehavior": ("EventErrorPolicy", "DataMaskingErrorPolicy"),
    "ChangeProcessingTuning": ("RecoveryTimeout",),
    "TTSettings": ("EnableTT", "FailTaskOnTTFailure", "TTRecordSettings", "TTS3Settings"),
    "CharacterSetSettings": ("CharacterReplacements", "CharacterSetSupport"),
    "LoopbackPreventionSettings": ("EnableLoopbackPrevention", "SourceSchema", "TargetSchema"),
    "PostProcessingRules": (),
    "ValidationSettings": (
        "EnableValidation", "ValidationMode", "ThreadCount", "PartitionSize", "FailureMaxCount", "RecordFailureDelayInMinutes",
        "RecordSuspendDelayInMinutes", "MaxKeyColumnSize", "TableFailureMaxCount", "ValidationOnly", "HandleCollationDiff",
        "RecordFailureDelayLimitInMinutes", "SkipLobColumns", "ValidationPartialLobSize", "ValidationQueryCdcDelaySeconds",
    ),
}  # fmt: skip
"""Keys that DMS returns in some engine versions only, by section: written only when they are overridden."""

READ_ONLY: Final[dict[str, tuple[str, ...]]] = {"Logging": ("CloudWatchLogGroup", "CloudWatchLogStream")}
"""Keys that DMS sets itself and refuses in a new task."""

OWNED: Final[dict[tuple[str, str], str]] = {
    ("TargetMetadata", "ParallelApplyThreads"): "capture.apply_threads",
    ("TargetMetadata", "ParallelApplyBufferSize"): "capture.apply_buffer_records",
    ("FullLoadSettings", "MaxFullLoadSubTasks"): "capture.full_load_subtasks",
}
"""Keys that a key of the lake file owns."""
