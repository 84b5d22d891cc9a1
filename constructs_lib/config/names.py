"""Names that are derived from the lake file, for whatever must agree on them: stacks, alarms, commands and the rules on their length."""

from __future__ import annotations

from constructs_lib.config.delivery import DeliveryConfig
from constructs_lib.config.lake import Lake
from constructs_lib.config.source import CreatedSourceConfig


def cluster_identifier(lake: Lake) -> str:
    """The Aurora cluster, made or existing."""
    if lake.source.existing is not None:
        return lake.source.existing.cluster_identifier
    return (lake.source.create or CreatedSourceConfig()).cluster_identifier or f"{lake.prefix}-source"


def stream_name(lake: Lake) -> str:
    """The Kinesis stream."""
    return lake.stream.name or f"{lake.prefix}-cdc"


def firehose_name(lake: Lake, delivery: DeliveryConfig) -> str:
    """The Firehose stream of a delivery, and its role."""
    return delivery.stream_name or f"{lake.prefix}-{delivery.name}"


def function_name(lake: Lake, delivery: DeliveryConfig) -> str:
    """The transform function of a delivery, and its role."""
    return f"{lake.prefix}-{delivery.name}-transform"


def capture_name(lake: Lake) -> str:
    """The DMS instance and task, or the serverless replication."""
    return f"{lake.prefix}-capture"


def truncation_metric(lake: Lake) -> str:
    """The metric that counts lines of DMS's log about truncated values; a name, because a metric of a log has no dimensions here."""
    return f"{capture_name(lake)}-truncated"
