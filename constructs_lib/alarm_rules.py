"""Which alarms a lake has, and why."""

from __future__ import annotations

from constructs_lib.alarms import AlarmRule, Metric

_FIREHOSE = "AWS/Firehose"
_TRANSFORM = "Moulin/Transform"
CAPTURE_NAMESPACE = "Moulin/Capture"
"""Of the metrics that are made of DMS's log."""
_GIB = 1024**3


def delivery_alarms(
    *, delivery: str, firehose_name: str, function_name: str, freshness_seconds: int, retention_hours: int
) -> list[AlarmRule]:
    """Alarms of one delivery: how far it is behind, freshness and failures of the stream, errors and refused records of the function.

    Args:
        delivery: its name.
        firehose_name: its Firehose stream.
        function_name: its transform function.
        freshness_seconds: what the oldest undelivered row may be; more than both buffers and a period.
        retention_hours: what the Kinesis stream keeps.
    """
    stream = {"DeliveryStreamName": firehose_name}
    function = {"FunctionName": function_name}
    transform = {"DeliveryStream": firehose_name}
    return [
        AlarmRule(
            f"{delivery}-behind",
            Metric(_FIREHOSE, "KinesisMillisBehindLatest", stream, "Maximum", "milliseconds"),
            retention_hours * 3600 * 1000 / 4,
            f"{firehose_name} reads a quarter of the stream's {retention_hours} hours late: at the end of them changes are lost. Without"
            " data it has stopped reading: look at its state and its role.",
            no_data="missing",
            tell_silence=True,
        ),
        AlarmRule(
            f"{delivery}-freshness",
            Metric(_FIREHOSE, "DeliveryToIceberg.DataFreshness", stream, "Maximum", "seconds"),
            freshness_seconds,
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
            "The function refused records: the log says why and for which table, the error prefix holds them. Where it says key_changed no"
            " replay helps: keys that change need mode: history, or these rows a reload and a delete by hand (docs/guarantees.md).",
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
            f"{delivery}-unrouted",
            Metric(_TRANSFORM, "Unrouted", transform, "Sum", "records"),
            0,
            "Records came of a table that the lake file does not name, and are not in the lake. A name in another case is another name: the"
            " function's log line says under unrouted which table of the lake it resembles.",
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


def stream_alarms(*, stream_name: str) -> list[AlarmRule]:
    """Alarms of the stream: whether it takes what DMS writes. How far each reader is behind is its delivery's."""
    dimensions = {"StreamName": stream_name}
    return [
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


def truncation_alarms(*, metric_name: str) -> list[AlarmRule]:
    """Alarms of what DMS cuts: AWS documents no more than a warning in the task's log."""
    return [
        AlarmRule(
            "capture-truncated-values",
            Metric(CAPTURE_NAMESPACE, metric_name, {}, "Sum", "lines"),
            0,
            "DMS's log says that something was truncated: large objects above LobMaxSize arrive cut, and nothing else tells. The line names"
            " the column. Raise TargetMetadata.LobMaxSize (a row must stay below 1,000 KiB) and load the table anew, or drop the column.",
            minutes=5,
        )
    ]


def event_alarms(*, rule_name: str) -> list[AlarmRule]:
    """Alarms of the messages about capture: without it, one that is refused is gone, and only a metric says so."""
    return [
        AlarmRule(
            "capture-events-failed",
            Metric("AWS/Events", "FailedInvocations", {"RuleName": rule_name}, "Sum", "messages"),
            0,
            "A message about capture could not be published, so that DMS may have stopped unseen: look with moulin task status, then at the"
            f" role {rule_name} and at the policy of the topic's key.",
            minutes=5,
        )
    ]


def source_alarms(*, cluster_identifier: str, local_storage: bool) -> list[AlarmRule]:
    """Alarms of the Aurora cluster: storage, which a binlog that nobody reads fills.

    Args:
        cluster_identifier: the cluster.
        local_storage: whether its instances report what is left of theirs: Serverless v2 does not
            (https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html).
    """
    cluster = {"DBClusterIdentifier": cluster_identifier}
    rules = [
        AlarmRule(
            "source-storage",
            Metric("AWS/RDS", "AuroraVolumeBytesLeftTotal", cluster, "Minimum", "bytes"),
            1024 * _GIB,
            "Less than 1 TiB of the cluster volume's maximum is left.",
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
    if local_storage:
        rules.append(
            AlarmRule(
                "source-local-storage",
                Metric("AWS/RDS", "FreeLocalStorage", cluster, "Minimum", "bytes"),
                2 * _GIB,
                "An instance's local storage, where temporary tables and logs lie, is nearly full.",
                below=True,
                no_data="missing",
            )
        )
    return rules
