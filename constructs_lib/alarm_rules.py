"""Which alarms a lake has, and why."""

from __future__ import annotations

from constructs_lib.alarms import AlarmRule, Metric
from constructs_lib.config.lake import OperationsConfig

_FIREHOSE = "AWS/Firehose"
_TRANSFORM = "Moulin/Transform"
_GIB = 1024**3


def delivery_alarms(*, delivery: str, firehose_name: str, function_name: str, config: OperationsConfig) -> list[AlarmRule]:
    """Alarms of one delivery: freshness and failures of the stream, errors and refused records of the function."""
    stream = {"DeliveryStreamName": firehose_name}
    function = {"FunctionName": function_name}
    transform = {"DeliveryStream": firehose_name}
    return [
        AlarmRule(
            f"{delivery}-freshness",
            Metric(_FIREHOSE, "DeliveryToIceberg.DataFreshness", stream, "Maximum", "seconds"),
            config.delivery_freshness_seconds,
            f"The oldest row that {firehose_name} has not delivered is too old. Look at its log group, then at the function's errors."
            " Rows are lost when they are older than the stream's retention.",
        ),
        AlarmRule(
            f"{delivery}-failed-rows",
            Metric(_FIREHOSE, "DeliveryToIceberg.FailedRowCount", stream, "Sum", "rows"),
            0,
            "Rows went to the error prefix and not into a table. They are not tried again by themselves: find the reason there, then"
            " replay them.",
            minutes=5,
        ),
        AlarmRule(
            f"{delivery}-function-errors",
            Metric("AWS/Lambda", "Errors", function, "Sum", "invocations"),
            0,
            f"{function_name} failed as a whole: after its retries Firehose sends the whole batch to the error prefix.",
            minutes=5,
        ),
        AlarmRule(
            f"{delivery}-function-throttles",
            Metric("AWS/Lambda", "Throttles", function, "Sum", "invocations"),
            0,
            f"{function_name} was throttled: raise the account's concurrency, or the function's reserved share.",
        ),
        AlarmRule(
            f"{delivery}-refused-records",
            Metric(_TRANSFORM, "ProcessingFailed", transform, "Sum", "records"),
            0,
            "The function refused records: the log says why and for which table, the error prefix holds them.",
            minutes=5,
        ),
        AlarmRule(
            f"{delivery}-unknown-columns",
            Metric(_TRANSFORM, "UnknownColumns", transform, "Sum", "columns"),
            0,
            "The source has columns that the lake file does not list: their values are left out until it does.",
            minutes=5,
        ),
        AlarmRule(
            f"{delivery}-fallback-positions",
            Metric(_TRANSFORM, "FallbackPositions", transform, "Sum", "rows"),
            0,
            "Changes came with a stream position of an unknown form: their histories are ordered by commit time, which can be wrong within"
            " a second. _stream_position in these rows shows the form.",
            minutes=5,
        ),
    ]


def stream_alarms(*, stream_name: str, retention_hours: int) -> list[AlarmRule]:
    """Alarms of the stream: how far its slowest reader is behind, against what is kept."""
    dimensions = {"StreamName": stream_name}
    return [
        AlarmRule(
            "stream-iterator-age",
            Metric("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", dimensions, "Maximum", "milliseconds"),
            retention_hours * 3600 * 1000 / 4,
            f"Delivery is a quarter of the stream's {retention_hours} hours behind: at the end of them changes are lost.",
        ),
        AlarmRule(
            "stream-throttled-writes",
            Metric("AWS/Kinesis", "WriteProvisionedThroughputExceeded", dimensions, "Sum", "records"),
            0,
            "The stream refuses writes: DMS tries again and falls behind. Add shards, or use on-demand capacity.",
        ),
    ]


def capture_alarms(*, dimensions: dict[str, str], latency_seconds: int) -> list[AlarmRule]:
    """Alarms of DMS: how far it is behind the source, and how far the stream is behind DMS."""
    return [
        AlarmRule(
            "capture-source-latency",
            Metric("AWS/DMS", "CDCLatencySource", dimensions, "Maximum", "seconds"),
            latency_seconds,
            "DMS is behind the source's binlog. Changes are lost when it falls behind by more than the binlog retention.",
            no_data="missing",
        ),
        AlarmRule(
            "capture-target-latency",
            Metric("AWS/DMS", "CDCLatencyTarget", dimensions, "Maximum", "seconds"),
            latency_seconds,
            "DMS reads changes but cannot write them to the stream fast enough: look at the stream's throttling and at DMS's memory.",
            no_data="missing",
        ),
    ]


def source_alarms(*, cluster_identifier: str) -> list[AlarmRule]:
    """Alarms of the Aurora cluster: storage, which a binlog that nobody reads fills."""
    cluster = {"DBClusterIdentifier": cluster_identifier}
    return [
        AlarmRule(
            "source-storage",
            Metric("AWS/RDS", "AuroraVolumeBytesLeftTotal", cluster, "Minimum", "bytes"),
            1024 * _GIB,
            "Less than 1 TiB of the cluster volume's maximum is left.",
            below=True,
            no_data="missing",
        ),
        AlarmRule(
            "source-local-storage",
            Metric("AWS/RDS", "FreeLocalStorage", cluster, "Minimum", "bytes"),
            2 * _GIB,
            "An instance's local storage, where temporary tables and logs lie, is nearly full.",
            below=True,
            no_data="missing",
        ),
        AlarmRule(
            "source-binlog-size",
            Metric("AWS/RDS", "SumBinaryLogSize", cluster, "Maximum", "bytes"),
            256 * _GIB,
            "The binlog has grown large: DMS may have stopped reading it, or the retention is longer than needed.",
            no_data="missing",
        ),
    ]
