"""The metrics of AWS that alarms watch: under which dimensions AWS publishes them, by the page that says so."""

from __future__ import annotations

from dataclasses import dataclass

_DOCS = "https://docs.aws.amazon.com"
_FIREHOSE = f"{_DOCS}/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html"
_ICEBERG = f"{_DOCS}/firehose/latest/dev/apache-iceberg-metric.html"
_KINESIS = f"{_DOCS}/streams/latest/dev/monitoring-with-cloudwatch.html"
_LAMBDA = f"{_DOCS}/lambda/latest/dg/monitoring-metrics-types.html"
_DMS = f"{_DOCS}/dms/latest/userguide/CHAP_Monitoring.html"
_AURORA = f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/Aurora.AuroraMonitoring.Metrics.html"
_EVENTS = f"{_DOCS}/eventbridge/latest/userguide/eb-monitoring.html"


@dataclass(frozen=True)
class Published:
    """A metric of AWS.

    Attributes:
        dimensions: one set of dimensions under which it is published; an alarm has data only with exactly one of them.
        page: what states it.
        only_when: the metric comes only when there is something to tell, so that silence is good.
    """

    dimensions: frozenset[str]
    page: str
    only_when: bool = False


_DELIVERY = frozenset({"DeliveryStreamName"})
_FUNCTION = frozenset({"FunctionName"})
_CLUSTER = frozenset({"DBClusterIdentifier"})
_TASK = frozenset({"ReplicationInstanceIdentifier", "ReplicationTaskIdentifier"})

PUBLISHED = {
    ("AWS/Firehose", "KinesisMillisBehindLatest"): Published(_DELIVERY, _FIREHOSE),
    ("AWS/Firehose", "DeliveryToIceberg.DataFreshness"): Published(_DELIVERY, _ICEBERG),
    ("AWS/Firehose", "DeliveryToIceberg.FailedRowCount"): Published(_DELIVERY, _ICEBERG),
    ("AWS/Kinesis", "WriteProvisionedThroughputExceeded"): Published(frozenset({"StreamName"}), _KINESIS),
    ("AWS/Lambda", "Errors"): Published(_FUNCTION, _LAMBDA),
    ("AWS/Lambda", "Throttles"): Published(_FUNCTION, _LAMBDA),
    ("AWS/DMS", "CDCLatencySource"): Published(_TASK, _DMS),
    ("AWS/DMS", "CDCLatencyTarget"): Published(_TASK, _DMS),
    ("AWS/RDS", "AuroraVolumeBytesLeftTotal"): Published(_CLUSTER, _AURORA),
    ("AWS/RDS", "SumBinaryLogSize"): Published(_CLUSTER, _AURORA),
    ("AWS/RDS", "FreeLocalStorage"): Published(_CLUSTER, _AURORA),
    ("AWS/Events", "FailedInvocations"): Published(frozenset({"RuleName"}), _EVENTS, only_when=True),
}
