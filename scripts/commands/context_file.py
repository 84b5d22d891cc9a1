"""The context file of the CDK project that the retail lake comes from (`cdk.context.json`), as a model.

Only its shape is checked here. Whether the values can be used is asked of the lake that is made of them.
"""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from constructs_lib.config.base import Model
from constructs_lib.config.diagnosis import explain
from constructs_lib.config.load import as_json, read_text
from constructs_lib.config.problems import LakeFileError, Problem, Problems
from constructs_lib.config.yaml_text import Document, parse


class DataSource(Model):
    """`dms_data_source`."""

    database_name: str
    """The MySQL database."""
    table_name: str
    """The MySQL table."""


class BufferingHints(Model):
    """`buffering_hints`."""

    interval_in_seconds: int
    """Seconds before buffered rows are committed."""
    size_in_mbs: int
    """Size at which they are committed earlier."""


class TransformBuffering(Model):
    """`transform_records_with_aws_lambda`."""

    buffer_size: float
    """MiB that Firehose gathers for the function."""
    buffer_interval: int
    """Seconds that it gathers at most."""
    number_of_retries: int
    """Retries of a failed invocation."""


class DestinationTable(Model):
    """`destination_iceberg_table_configuration`."""

    database_name: str
    """The Glue database."""
    table_name: str
    """The Iceberg table."""
    unique_keys: tuple[str, ...]
    """The columns that identify a row."""


class FirehoseConfiguration(Model):
    """`data_firehose_configuration`."""

    stream_name: str
    """Name of the Firehose stream."""
    buffering_hints: BufferingHints
    """Buffering before a commit."""
    transform_records_with_aws_lambda: TransformBuffering
    """Buffering before the transform function."""
    destination_iceberg_table_configuration: DestinationTable
    """The table that is written."""
    s3_bucket_name: str
    """Bucket of the table data."""
    output_prefix: str
    """Folder of the table."""
    error_output_prefix: str
    """Folder of failed records."""


class ContextFile(Model):
    """The whole file."""

    db_cluster_name: str
    """Name of the Aurora cluster."""
    dms_data_source: DataSource
    """The table that is captured."""
    kinesis_stream_name: str | None = None
    """Name of the Kinesis stream."""
    data_firehose_configuration: FirehoseConfiguration
    """The Firehose stream and its table."""
    vpc_name: str | None = None
    """Name of an existing VPC."""


def load_context(path: Path) -> tuple[ContextFile, Document]:
    """Reads a context file.

    The CDK keeps answers of look-ups and feature flags in the same file (`vpc-provider:...`, `@aws-cdk/...`): those are passed over.

    Raises:
        LakeFileError: the file cannot be read or has another shape; it carries every mistake, with lines.
    """
    try:
        document = _parse_json(read_text(path))
        if isinstance(document.value, dict):
            document.value = {key: value for key, value in document.value.items() if ":" not in key and not key.startswith("@")}
        return ContextFile.model_validate_json(as_json(document.value), strict=True), document
    except ValidationError as error:
        raise LakeFileError(str(path), explain(error, document, ContextFile)) from None
    except Problems as error:
        raise LakeFileError(str(path), error.problems) from None


def _parse_json(text: str) -> Document:
    """JSON with lines. It is nearly YAML, whose reader knows lines; what is not (a tab, an escaped surrogate) is written anew for it."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        raise Problems(
            [Problem((), f"is not valid JSON in column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}", error.lineno)]
        ) from None
    except (RecursionError, ValueError) as error:
        raise Problems([Problem((), f"is not valid JSON: {str(error)[:80]}")]) from None
    try:
        document = parse(text.replace("\t", " "))
    except Problems:
        document = parse(json.dumps(value, ensure_ascii=False, indent=2))
    if document.problems:
        raise Problems(document.problems)
    return document
