"""Single settings whose change matters: which way is worse, and what it means. Tables only; `rules.py` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.review.finding import Area


@dataclass(frozen=True)
class Retention:
    """A number that says how long or how much is kept.

    Attributes:
        path: the setting.
        unit: the unit as it is written after the number.
        meaning: what less of it means.
        endless: numbers that mean for ever.
    """

    path: str
    unit: str
    meaning: str
    endless: tuple[float, ...] = ()


@dataclass(frozen=True)
class Switch:
    """A setting with values that are worse than others.

    Attributes:
        path: the setting.
        bad: the values that are worse; None for its absence.
        area: why a reviewer must know.
        meaning: what it means.
        on_creation: whether it is told of a new resource too. What protects data protects none in what is new.
    """

    path: str
    bad: tuple[Any, ...]
    area: Area
    meaning: str
    on_creation: bool = False


_OPTIMIZER = "configuration"
_SHORTER_LOGS = "older log lines are deleted"
_BACKUPS = "older automated backups are deleted"
_WINDOW = "less time to take a deletion back"

RETENTIONS: Final[Mapping[str, tuple[Retention, ...]]] = {
    "aws_cloudwatch_log_group": (Retention("retention_in_days", "days", _SHORTER_LOGS, endless=(0,)),),
    "aws_db_instance": (Retention("backup_retention_period", "days", _BACKUPS),),
    "aws_dynamodb_table": (Retention("point_in_time_recovery.recovery_period_in_days", "days", _BACKUPS),),
    "aws_glue_catalog_table_optimizer": (
        Retention(
            f"{_OPTIMIZER}.retention_configuration.iceberg_configuration.snapshot_retention_period_in_days",
            "days",
            "older snapshots of the table can no longer be read",
        ),
        Retention(
            f"{_OPTIMIZER}.retention_configuration.iceberg_configuration.number_of_snapshots_to_retain",
            "snapshots",
            "fewer old snapshots of the table are kept",
        ),
        Retention(
            f"{_OPTIMIZER}.orphan_file_deletion_configuration.iceberg_configuration.orphan_file_retention_period_in_days",
            "days",
            "files that a running commit has not named yet may be deleted",
        ),
    ),
    "aws_kinesis_stream": (
        Retention("retention_period", "hours", "older records are deleted, and delivery may be down for less long before records are lost"),
    ),
    "aws_kms_key": (Retention("deletion_window_in_days", "days", _WINDOW),),
    "aws_rds_cluster": (
        Retention("backup_retention_period", "days", _BACKUPS),
        Retention("backtrack_window", "seconds", "the database can be taken back less far"),
    ),
    "aws_redshift_cluster": (Retention("automated_snapshot_retention_period", "days", _BACKUPS),),
    "aws_secretsmanager_secret": (Retention("recovery_window_in_days", "days", _WINDOW),),
    "aws_sqs_queue": (Retention("message_retention_seconds", "seconds", "older messages are deleted"),),
}

_FORCE = "Terraform may then destroy it with all that is in it"
_PROTECTION = "nothing but prevent_destroy then keeps it from being deleted"
_SNAPSHOT = "when it is destroyed, nothing of the database stays"
_PUBLIC = "it then has an address on the internet"
_BLOCK = "one of the locks against public access comes off"
_PLAIN = "what is written from now on is not encrypted by a key of yours"

SWITCHES: Final[Mapping[str, tuple[Switch, ...]]] = {
    "aws_db_instance": (
        Switch("deletion_protection", (False, None), Area.LOSS, _PROTECTION),
        Switch("skip_final_snapshot", (True,), Area.LOSS, _SNAPSHOT),
        Switch("delete_automated_backups", (True,), Area.LOSS, "its backups go with it"),
        Switch("publicly_accessible", (True,), Area.ACCESS, _PUBLIC, on_creation=True),
        Switch("storage_encrypted", (False, None), Area.ACCESS, "the storage is not encrypted", on_creation=True),
    ),
    "aws_dms_endpoint": (Switch("ssl_mode", ("none",), Area.ACCESS, "changes travel in clear"),),
    "aws_dms_replication_instance": (Switch("publicly_accessible", (True, None), Area.ACCESS, _PUBLIC, on_creation=True),),
    "aws_dynamodb_table": (
        Switch("deletion_protection_enabled", (False, None), Area.LOSS, _PROTECTION),
        Switch(
            "point_in_time_recovery.enabled", (False, None), Area.LOSS, "it cannot be taken back to an earlier time, and the backups go"
        ),
        Switch("stream_enabled", (False, None), Area.LOSS, "its changes are no longer captured"),
        Switch("ttl.enabled", (True,), Area.LOSS, "items are deleted when their time is over"),
    ),
    "aws_ecr_repository": (Switch("force_delete", (True,), Area.LOSS, _FORCE),),
    "aws_instance": (
        Switch("associate_public_ip_address", (True,), Area.ACCESS, _PUBLIC, on_creation=True),
        Switch(
            "metadata_options.http_tokens", ("optional",), Area.ACCESS, "its credentials can be read with a request that it is made to send"
        ),
    ),
    "aws_kinesis_firehose_delivery_stream": (
        Switch(
            "iceberg_configuration.processing_configuration.enabled",
            (False, None),
            Area.LOSS,
            "records reach the sink untransformed, or fail: nothing routes them to their tables",
        ),
    ),
    "aws_kinesis_stream": (
        Switch("enforce_consumer_deletion", (True,), Area.LOSS, "it can be destroyed while someone reads it"),
        Switch("encryption_type", ("NONE", None), Area.ACCESS, _PLAIN, on_creation=True),
    ),
    "aws_kms_key": (
        Switch("is_enabled", (False,), Area.LOSS, "nothing that it encrypts can be read or written while it is off"),
        Switch("enable_key_rotation", (False, None), Area.ACCESS, "the key is no longer rotated"),
        Switch("bypass_policy_lockout_safety_check", (True,), Area.ACCESS, "the policy may lock everyone out of the key"),
    ),
    "aws_opensearch_domain": (
        Switch("encrypt_at_rest.enabled", (False, None), Area.ACCESS, _PLAIN, on_creation=True),
        Switch("node_to_node_encryption.enabled", (False, None), Area.ACCESS, "nodes talk in clear", on_creation=True),
        Switch("domain_endpoint_options.enforce_https", (False, None), Area.ACCESS, "requests may come in clear", on_creation=True),
    ),
    "aws_rds_cluster": (
        Switch("deletion_protection", (False, None), Area.LOSS, _PROTECTION),
        Switch("skip_final_snapshot", (True,), Area.LOSS, _SNAPSHOT),
        Switch("delete_automated_backups", (True,), Area.LOSS, "its backups go with it"),
        Switch("storage_encrypted", (False, None), Area.ACCESS, "the storage is not encrypted", on_creation=True),
    ),
    "aws_rds_cluster_instance": (Switch("publicly_accessible", (True,), Area.ACCESS, _PUBLIC, on_creation=True),),
    "aws_redshift_cluster": (
        Switch("skip_final_snapshot", (True,), Area.LOSS, _SNAPSHOT),
        Switch("publicly_accessible", (True,), Area.ACCESS, _PUBLIC, on_creation=True),
    ),
    "aws_s3_bucket": (Switch("force_destroy", (True,), Area.LOSS, _FORCE),),
    "aws_s3_bucket_acl": (
        Switch("acl", ("public-read", "public-read-write", "authenticated-read"), Area.ACCESS, "others may read it", on_creation=True),
    ),
    "aws_s3_bucket_ownership_controls": (
        Switch(
            "rule.object_ownership", ("ObjectWriter", "BucketOwnerPreferred"), Area.ACCESS, "access lists count again", on_creation=True
        ),
    ),
    "aws_s3_bucket_versioning": (
        Switch(
            "versioning_configuration.status",
            ("Suspended", "Disabled", None),
            Area.LOSS,
            "what is overwritten or deleted from now on is gone",
        ),
    ),
    "aws_subnet": (
        Switch("map_public_ip_on_launch", (True,), Area.ACCESS, "what is started in it gets an address on the internet", on_creation=True),
    ),
    **dict.fromkeys(
        ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"),
        tuple(
            Switch(name, (False, None), Area.ACCESS, _BLOCK, on_creation=True)
            for name in ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        ),
    ),
}

KEYS: Final[Mapping[str, str]] = {
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_secretsmanager_secret": "kms_key_id",
    "aws_sns_topic": "kms_master_key_id",
    "aws_sqs_queue": "kms_master_key_id",
}
"""Type to the argument that names its key: without it, it is encrypted by AWS's key or not at all."""

PARAMETERS: Final[Mapping[str, str]] = {
    "binlog_format": "DMS reads a ROW binlog only",
    "binlog_row_image": "DMS needs full row images: without them, columns come as null",
    "binlog_checksum": "DMS cannot read a binlog with checksums of Aurora MySQL",
    "binlog_expire_logs_seconds": "a binlog that is purged before DMS has read it is lost",
    "require_secure_transport": "with it off, who connects without TLS is let in",
}
"""Parameters of a MySQL parameter group that capture hangs on."""
