"""What stores rows or secrets is encrypted, with a key of the lake's own where the service allows one."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template

KEY_ARGUMENTS = {
    "aws_rds_cluster": "kms_key_id",
    "aws_kinesis_stream": "kms_key_id",
    "aws_dms_replication_instance": "kms_key_arn",
    "aws_secretsmanager_secret": "kms_key_id",
    "aws_sns_topic": "kms_master_key_id",
}


def check(template: Template) -> Iterator[Finding]:
    """Yields every store without a key."""
    for kind, argument in KEY_ARGUMENTS.items():
        for address, arguments in template.resources(kind):
            if not arguments.get(argument):
                yield Finding(address, f"must name its key in {argument}")
    for address, arguments in template.resources("aws_rds_cluster"):
        if arguments.get("storage_encrypted") is not True:
            yield Finding(address, "must set storage_encrypted")
    for address, arguments in template.resources("aws_instance"):
        if arguments.get("root_block_device", {}).get("encrypted") is not True:
            yield Finding(address, "must encrypt its disk")
    for address, arguments in template.resources("aws_kms_key"):
        if arguments.get("enable_key_rotation") is not True:
            yield Finding(address, "must set enable_key_rotation")
    for address, arguments in template.resources("aws_dms_replication_config"):
        if not arguments.get("compute_config", {}).get("kms_key_id"):
            yield Finding(address, "must name its key in compute_config.kms_key_id")
