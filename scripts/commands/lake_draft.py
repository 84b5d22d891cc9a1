"""A lake file in the making, from a context file: its text, what was decided on the way, and where each value came from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

from constructs_lib.config.problems import Path, Problem, Problems
from constructs_lib.config.source_table import SHORT_FORM
from constructs_lib.config.yaml_text import parse
from scripts.commands.context_file import ContextFile, DataSource

FILL_IN: Final = "fill-in"
"""Stands where only the user knows the value; `moulin check` names each such place."""

_RETAIL_TABLE = "retail_trans"
_RETAIL_COLUMNS: Final = {
    "trans_id": ("long", "BIGINT: an int, as in the original, would overflow at 2,147,483,647"),
    "customer_id": ("{type: string, required: true}", ""),
    "event": ("string", "not a partition, as it was: an update may change it, and would leave the old row behind"),
    "sku": ("{type: string, required: true}", ""),
    "amount": ("int", ""),
    "device": ("string", ""),
    "trans_datetime": ("timestamp", ""),
}
_FIREHOSE = "data_firehose_configuration"
_TABLE = "destination_iceberg_table_configuration"
_TRANSFORM = "transform_records_with_aws_lambda"
_ORIGINS: Final[dict[Path, Path]] = {
    ("source", "create", "cluster_identifier"): ("db_cluster_name",),
    ("stream", "name"): ("kinesis_stream_name",),
    ("storage", "bucket"): (_FIREHOSE, "s3_bucket_name"),
    ("deliveries", 0, "stream_name"): (_FIREHOSE, "stream_name"),
    ("deliveries", 0, "database"): (_FIREHOSE, _TABLE, "database_name"),
    ("deliveries", 0, "data_prefix"): (_FIREHOSE, "output_prefix"),
    ("deliveries", 0, "error_prefix"): (_FIREHOSE, "error_output_prefix"),
    ("deliveries", 0, "buffering_interval_seconds"): (_FIREHOSE, "buffering_hints", "interval_in_seconds"),
    ("deliveries", 0, "buffering_size_mib"): (_FIREHOSE, "buffering_hints", "size_in_mbs"),
    ("deliveries", 0, "transform", "buffering_size_mib"): (_FIREHOSE, _TRANSFORM, "buffer_size"),
    ("deliveries", 0, "transform", "buffering_interval_seconds"): (_FIREHOSE, _TRANSFORM, "buffer_interval"),
    ("deliveries", 0, "transform", "retries"): (_FIREHOSE, _TRANSFORM, "number_of_retries"),
    ("tables", 0, "source"): ("dms_data_source",),
    ("tables", 0, "source", "schema"): ("dms_data_source", "database_name"),
    ("tables", 0, "source", "table"): ("dms_data_source", "table_name"),
    ("tables", 0, "target"): (_FIREHOSE, _TABLE, "table_name"),
    ("tables", 0, "keys"): (_FIREHOSE, _TABLE, "unique_keys"),
}


@dataclass(frozen=True)
class LakeDraft:
    """A lake file in the making.

    Attributes:
        name: the lake's name.
        text: the file.
        notes: what was decided, or differs from what the context file had; paths are those of the context file.
    """

    name: str
    text: str
    notes: tuple[Problem, ...]

    @staticmethod
    def origin_of(path: Path) -> Path | None:
        """Where in the context file a value of the lake file came from; None for what it does not have."""
        for length in range(len(path), 0, -1):
            if path[:length] in _ORIGINS:
                return (*_ORIGINS[path[:length]], *path[length:])
        return None


def draft_lake(context: ContextFile, *, name: str, region: str | None, account: str | None, columns: str | None) -> LakeDraft:
    """Drafts the lake file that does what the context file's project did.

    Args:
        context: the context file.
        name: name of the lake.
        region: AWS region; None marks it as to be filled in.
        account: AWS account, if it is known.
        columns: `id:long,amount:decimal(12,2)`; None takes the retail table's own, or marks the types as to be filled in.
    """
    firehose = context.data_firehose_configuration
    destination = firehose.destination_iceberg_table_configuration
    transform = firehose.transform_records_with_aws_lambda
    notes: list[Problem] = []
    data_prefix = _data_prefix(firehose.output_prefix, destination.table_name, notes)
    error_prefix = _error_prefix(firehose.error_output_prefix, notes)
    _note_source(context, notes)
    stream_name = f"\nstream:\n  name: {_scalar(context.kinesis_stream_name)}\n" if context.kinesis_stream_name else ""
    lines = _columns(context, columns, notes)
    guard = f"account: {json.dumps(account)} # Terraform refuses to run in any other" if account else _NO_ACCOUNT
    text = f"""\
# yaml-language-server: $schema=../docs/lake.schema.json
# Made from a context file by `moulin import`: {len(notes)} notes were given with it. Check it with `moulin check`.

name: {_scalar(name)}
environment: dev # names begin with {name}-dev
region: {_scalar(region or FILL_IN)}
{guard}

state:
  backend: local # for one person; a team writes: backend: s3, bucket: <a bucket>, create_bucket: true

source:
  create:
    cluster_identifier: {_scalar(context.db_cluster_name)}

capture:
  mode: full-load-and-cdc # the original followed changes only, and its function threw loaded rows away
  account_roles: create # dms-vpc-role and dms-cloudwatch-logs-role; reuse, if the account has them already
{stream_name}
storage:
  bucket: {_scalar(firehose.s3_bucket_name)} # a new bucket: an existing one is not taken over

deliveries:
  - stream_name: {_scalar(firehose.stream_name)}
    database: {_scalar(destination.database_name)}
{data_prefix}    buffering_interval_seconds: {firehose.buffering_hints.interval_in_seconds}
    buffering_size_mib: {firehose.buffering_hints.size_in_mbs}
    error_prefix: {_scalar(error_prefix)}
    transform:
      buffering_size_mib: {transform.buffer_size:g}
      buffering_interval_seconds: {transform.buffer_interval}
      retries: {transform.number_of_retries}

tables:
  - source: {_source(context.dms_data_source)}
    target: {_scalar(destination.table_name)}
    mode: mirror # the lake row equals the source row; history keeps every change instead
    keys: [{", ".join(_scalar(key) for key in destination.unique_keys)}]
    columns:
{lines}
bastion: {{}} # a host in the network, reached by Session Manager; the original's took SSH from anywhere
"""
    return LakeDraft(name, text, tuple(notes))


_NO_ACCOUNT = '# account: "123456789012" # Terraform then refuses to run in any other'


def _scalar(text: str) -> str:
    """Text as YAML: plain where it reads back as itself, else quoted."""
    quoted = json.dumps(text, ensure_ascii=False)
    try:
        document = parse(f"[{text}]") if re.fullmatch(r"[\w./-]+", text, re.ASCII) else None
    except Problems:
        return quoted
    return text if document is not None and not document.problems and document.value == [text] else quoted


def _source(source: DataSource) -> str:
    """The source table as a lake file writes it: by two keys where `schema.table` would not say where the one name ends."""
    short = f"{source.database_name}.{source.table_name}"
    if re.fullmatch(SHORT_FORM, short):
        return _scalar(short)
    return f"{{schema: {_scalar(source.database_name)}, table: {_scalar(source.table_name)}}}"


def _data_prefix(output_prefix: str, table: str, notes: list[Problem]) -> str:
    """The line for the folder above the table's: the context file has the table's own."""
    path = (_FIREHOSE, "output_prefix")
    folders = output_prefix.strip("/").split("/")
    if folders[-1] == table and len(folders) > 1:
        return f"    data_prefix: {_scalar('/'.join(folders[:-1]))} # the table lies below it\n"
    if folders == [table]:
        notes.append(Problem(path, "has no folder above the table's (the table lies in one named as its database)"))
        return ""
    notes.append(Problem(path, "does not end in the table's name (the table lies below it)"))
    return f"    data_prefix: {_scalar('/'.join(folders))}\n"


def _error_prefix(prefix: str, notes: list[Problem]) -> str:
    if prefix.endswith("/") or not prefix:
        return prefix
    notes.append(Problem((_FIREHOSE, "error_output_prefix"), "does not end in a slash, so that file names would run into it (added one)"))
    return f"{prefix}/"


def _note_source(context: ContextFile, notes: list[Problem]) -> None:
    source = context.dms_data_source
    for key, value in (("database_name", source.database_name), ("table_name", source.table_name)):
        if "_" in value or "%" in value:
            message = f"has a character that DMS reads as a wildcard (it is taken literally now: only {value})"
            notes.append(Problem(("dms_data_source", key), message))
    if context.vpc_name is not None:
        message = "names a VPC that is there already (a new one is made; to use it, give network.existing its id and private subnets)"
        notes.append(Problem(("vpc_name",), message))
    transform = context.data_firehose_configuration.transform_records_with_aws_lambda
    if transform.buffer_size >= 3:
        message = "leaves a batch room to grow by less than half before its answer passes Lambda's 6 MB (kept; 1 is safer)"
        notes.append(Problem((_FIREHOSE, _TRANSFORM, "buffer_size"), message))


def _columns(context: ContextFile, columns: str | None, notes: list[Problem]) -> str:
    """The lines of the columns. The context file has none: the original's table was made by hand."""
    if columns is not None:
        pairs = [part.strip().partition(":") for part in re.split(r",(?![^(]*\))", columns)]
        chosen = {name.strip(): (_scalar(kind.strip() or FILL_IN), "") for name, _, kind in pairs}
    elif context.dms_data_source.table_name == _RETAIL_TABLE:
        notes.append(Problem(("dms_data_source", "table_name"), "is the original's own table (its seven columns are written)"))
        chosen = _RETAIL_COLUMNS
    else:
        keys = context.data_firehose_configuration.destination_iceberg_table_configuration.unique_keys
        message = "has columns that this file does not know (only the keys are written: fill in their types, and add the other columns)"
        notes.append(Problem(("dms_data_source", "table_name"), message))
        chosen = dict.fromkeys(keys, (FILL_IN, "such as long; then add the other columns: what is not listed is left out"))
    lines = (f"      {_scalar(name)}: {kind}" + (f" # {comment}" if comment else "") for name, (kind, comment) in chosen.items())
    return "".join(f"{line}\n" for line in lines)
