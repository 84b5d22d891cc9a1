"""What holds data cannot be destroyed by a plan alone: deleting it takes two keys."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template

DATA_STORES = ("aws_rds_cluster", "aws_s3_bucket", "aws_kinesis_stream", "aws_kms_key", "aws_glue_catalog_table")


def check(template: Template) -> Iterator[Finding]:
    """Yields every data store without `prevent_destroy`, unless both keys were given."""
    if not template.protected:
        return
    for address, arguments in template.resources(*DATA_STORES):
        if arguments.get("table_type") == "VIRTUAL_VIEW":
            continue
        if arguments.get("lifecycle", {}).get("prevent_destroy") is not True:
            yield Finding(address, "holds data and must set prevent_destroy: pass the construct's data_lifecycle")
        if arguments.get("force_destroy") is True:
            yield Finding(address, "must not set force_destroy: it deletes the data with the bucket")
