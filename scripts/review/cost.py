"""What costs more, by its direction only: no price stands here, for none would be right for every region and contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from scripts.review.change import Change
from scripts.review.finding import Area, Finding
from scripts.review.values import Mark, number, words

CREATED: Final[Mapping[str, str]] = {
    "aws_db_instance": "a database instance, by the hour",
    "aws_dms_replication_config": "DMS Serverless, by capacity unit and hour while it runs",
    "aws_dms_replication_instance": "a DMS instance, by the hour, also while no task runs",
    "aws_dynamodb_table": "a table, by requests or capacity, and by what it stores",
    "aws_eip": "a public address, by the hour",
    "aws_elasticsearch_domain": "a search domain, by instance and hour",
    "aws_emr_cluster": "an EMR cluster, by instance and hour",
    "aws_glue_catalog_table_optimizer": "a table optimizer, by DPU and hour while it works",
    "aws_instance": "an instance, by the hour",
    "aws_kinesis_firehose_delivery_stream": "a delivery stream, by what it delivers",
    "aws_kinesis_stream": "a stream, by the hour and by what it carries",
    "aws_kinesis_stream_consumer": "enhanced fan-out, by the hour and shard and by what is read",
    "aws_kms_key": "a key, by the month and by requests",
    "aws_nat_gateway": "a NAT gateway, by the hour and by what passes",
    "aws_opensearch_domain": "a search domain, by instance and hour",
    "aws_rds_cluster_instance": "a database instance, by the hour",
    "aws_secretsmanager_secret": "a secret, by the month",
}
"""Type to what a new one is paid by."""

MORE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "aws_cloudwatch_log_group": (("retention_in_days", "days of logs"),),
    "aws_db_instance": (
        ("allocated_storage", "GiB"),
        ("iops", "provisioned I/O"),
        ("backup_retention_period", "days of backups"),
    ),
    "aws_dms_replication_config": (
        ("compute_config.max_capacity_units", "capacity units at most"),
        ("compute_config.min_capacity_units", "capacity units at least"),
    ),
    "aws_dms_replication_instance": (("allocated_storage", "GiB"),),
    "aws_dynamodb_table": (("read_capacity", "read capacity"), ("write_capacity", "write capacity")),
    "aws_glue_job": (("number_of_workers", "workers"), ("max_capacity", "DPU")),
    "aws_kinesis_stream": (("shard_count", "shards"), ("retention_period", "hours of records")),
    "aws_lambda_function": (("memory_size", "MB of memory"), ("ephemeral_storage.size", "MB of disk")),
    "aws_lambda_provisioned_concurrency_config": (("provisioned_concurrent_executions", "functions kept ready"),),
    "aws_opensearch_domain": (("cluster_config.instance_count", "instances"), ("ebs_options.volume_size", "GiB")),
    "aws_rds_cluster": (
        ("backup_retention_period", "days of backups"),
        ("serverlessv2_scaling_configuration.max_capacity", "ACU at most"),
        ("serverlessv2_scaling_configuration.min_capacity", "ACU at least"),
        ("allocated_storage", "GiB"),
    ),
    "aws_rds_cluster_instance": (("monitoring_interval", "seconds between measurements"),),
    "aws_vpc_endpoint": (),
}
"""Type to the numbers of which more costs more."""

CLASSES: Final[Mapping[str, str]] = {
    "aws_db_instance": "instance_class",
    "aws_dms_replication_instance": "replication_instance_class",
    "aws_elasticsearch_domain": "cluster_config.instance_type",
    "aws_instance": "instance_type",
    "aws_opensearch_domain": "cluster_config.instance_type",
    "aws_rds_cluster_instance": "instance_class",
}

MODES: Final[Mapping[str, str]] = {
    "aws_dms_replication_instance": "multi_az",
    "aws_dynamodb_table": "billing_mode",
    "aws_kinesis_stream": "stream_mode_details.stream_mode",
    "aws_rds_cluster": "storage_type",
    "aws_s3_bucket_intelligent_tiering_configuration": "status",
}
"""Type to the setting by which it is paid in another way."""

SIZES: Final = ("nano", "micro", "small", "medium", "large", "xlarge")


def check(change: Change) -> Iterator[Finding]:
    """Yields what costs more than before, or is paid in another way."""
    if change.comes:
        if change.type in CREATED:
            yield _finding(change, f"new: {CREATED[change.type]}")
        if change.type == "aws_vpc_endpoint" and change.after.get("vpc_endpoint_type") == "Interface":
            yield _finding(change, "new: an interface endpoint, by the hour in each zone and by what passes")
    if change.stays:
        yield from _numbers(change)
        yield from _class(change)
        yield from _mode(change)
        yield from _zones(change)


def _finding(change: Change, message: str) -> Finding:
    return Finding(Area.COST, change.address, message)


def _numbers(change: Change) -> Iterator[Finding]:
    for path, unit in MORE.get(change.type, ()):
        old, new = number(change.was(path)), number(change.becomes(path))
        if old is not None and new is not None and _amount(path, old) < _amount(path, new):
            shown = "endless" if path == "retention_in_days" and new == 0 else f"{new:g}"
            yield _finding(change, f"more: {shown} {unit} (was {old:g})")


def _amount(path: str, value: float) -> float:
    """How much a number asks for: 0 days of logs are endless, and a measurement every 15 seconds is more than one every 60, or none."""
    if path == "retention_in_days" and value == 0:
        return float("inf")
    if path == "monitoring_interval":
        return 1 / value if value else 0.0
    return value


def _class(change: Change) -> Iterator[Finding]:
    path = CLASSES.get(change.type, "")
    old, new = (change.was(path), change.becomes(path)) if path else (None, None)
    if not isinstance(old, str) or old == new or new is None:
        return
    if isinstance(new, Mark):
        yield _finding(change, f"{path} is known after apply (was {old})")
    elif size(old) and size(new) and family(old) == family(str(new)):
        if size(str(new)) > size(old):
            yield _finding(change, f"larger: {new} (was {old})")
    else:
        yield _finding(change, f"another class: {new} (was {old}); compare their prices")


def family(name: str) -> str:
    """`db.r6g.large` is of `db.r6g`; `r6g.large.search` of `r6g..search`."""
    return ".".join("" if size(part) else part for part in name.split("."))


def size(name: str) -> int:
    """How large an instance is within its family; 0 for what is no size."""
    for part in str(name).split("."):
        if part in SIZES:
            return 1 + SIZES.index(part)
        times = part.removesuffix("xlarge")
        if part.endswith("xlarge") and times.isascii() and times.isdigit() and len(times) < 4:
            return len(SIZES) + int(times)
    return 0


def _mode(change: Change) -> Iterator[Finding]:
    path = MODES.get(change.type, "")
    if path and change.sets(path) and change.was(path) != change.becomes(path) and change.becomes(path) not in (None, False):
        yield _finding(change, f"paid in another way: {path} becomes {change.becomes(path)} (was {change.was(path)})")


def _zones(change: Change) -> Iterator[Finding]:
    if change.type == "aws_vpc_endpoint" and change.after.get("vpc_endpoint_type") == "Interface":
        old, new = len(words(change.before.get("subnet_ids"))), len(words(change.after.get("subnet_ids")))
        if new > old:
            yield _finding(change, f"more: in {new} zones (was {old})")
