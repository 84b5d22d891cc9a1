"""What a local lake needs to know of a lake, read from what was synthesised, so that a wrong template gives wrong rows."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from constructs_lib.defaults import limits
from scripts.local.synthesised import Resource, Synthesised, TemplateError, pairs
from scripts.local.unplayed import unplayed_arguments, unplayed_task_settings

__all__ = [
    "DeliveryTemplate",
    "DestinationTable",
    "FunctionTemplate",
    "KinesisSettings",
    "LakeTable",
    "LakeView",
    "LocalTemplate",
    "TemplateError",
    "load_template",
]

_PRESTO_VIEW = re.compile(r"/\* Presto View: ([A-Za-z0-9+/=]+) \*/")


@dataclass(frozen=True)
class KinesisSettings:
    """What shapes DMS's messages; names and defaults are those of the endpoint."""

    message_format: str = "json"
    include_transaction_details: bool = False
    include_partition_value: bool = False
    partition_include_schema_table: bool = False
    include_table_alter_operations: bool = False
    include_control_details: bool = False
    include_null_and_empty: bool = False
    use_large_integer_value: bool = False
    no_hex_prefix: bool = False


@dataclass(frozen=True)
class DestinationTable:
    """A table that Firehose writes to.

    Attributes:
        database: Glue database.
        table: name in it.
        unique_keys: what updates and deletes find their rows by; empty where there are none.
        error_prefix: as synthesised, with Firehose's `!{...}`; None for the stream's.
    """

    database: str
    table: str
    unique_keys: tuple[str, ...]
    error_prefix: str | None


@dataclass(frozen=True)
class FunctionTemplate:
    """The transform function.

    Attributes:
        name: of the function.
        zip_path: what Terraform would upload.
        handler: `module.function` in it.
        environment: its variables.
        memory_mib: its memory.
        timeout_seconds: its time limit.
    """

    name: str
    zip_path: Path
    handler: str
    environment: Mapping[str, str]
    memory_mib: int
    timeout_seconds: int


@dataclass(frozen=True)
class DeliveryTemplate:
    """One Firehose stream with its transform.

    Attributes:
        name: of the Firehose stream.
        stream: Kinesis stream that it reads.
        function: the transform.
        batch_mib: records of so many bytes make an invocation of the function (1 MiB = 1,048,576 bytes).
        batch_seconds: the longest that records wait for it.
        batch_retries: how often a failed invocation is tried again.
        buffering_mib: rows of so many bytes make a commit.
        buffering_seconds: the longest that rows wait for it.
        retry_seconds: how long a failed commit is tried again.
        tables: where rows may go.
        error_bucket: bucket of what could not be delivered.
        error_prefix: where in it, as synthesised, with Firehose's `!{...}`.
    """

    name: str
    stream: str
    function: FunctionTemplate
    batch_mib: float
    batch_seconds: int
    batch_retries: int
    buffering_mib: int
    buffering_seconds: int
    retry_seconds: int
    tables: tuple[DestinationTable, ...]
    error_bucket: str
    error_prefix: str


@dataclass(frozen=True)
class LakeTable:
    """An Iceberg table.

    Attributes:
        database: Glue database.
        table: name in it.
        columns: names and Glue types, in order.
        created: whether Terraform makes it; else someone does by hand, with these columns.
    """

    database: str
    table: str
    columns: tuple[tuple[str, str], ...]
    created: bool


@dataclass(frozen=True)
class LakeView:
    """A view, such as the current state of a history.

    Attributes:
        database: Glue database.
        name: name in it.
        sql: as Athena runs it.
        columns: names and Glue types, in order.
    """

    database: str
    name: str
    sql: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LocalTemplate:
    """A lake as synthesised.

    Attributes:
        task: name of the DMS task.
        migration_type: `full-load`, `cdc` or `full-load-and-cdc`.
        table_mappings: DMS's `{"rules": [...]}`.
        task_settings: DMS's task settings.
        kinesis: shapes the messages.
        stream: Kinesis stream that DMS writes to.
        deliveries: the Firehose streams that read it.
        tables: the Iceberg tables, by database and name.
        views: the views, by database and name.
        unplayed: settings of the deployed capture that a local lake does not play.
    """

    task: str
    migration_type: str
    table_mappings: Mapping[str, Any]
    task_settings: Mapping[str, Any]
    kinesis: KinesisSettings
    stream: str
    deliveries: tuple[DeliveryTemplate, ...]
    tables: Mapping[tuple[str, str], LakeTable]
    views: Mapping[tuple[str, str], LakeView]
    unplayed: tuple[str, ...] = ()


def load_template(out: Path) -> LocalTemplate:
    """Reads an output folder of one lake.

    Args:
        out: what `make synth` wrote, `cdktf.out` by default.

    Raises:
        TemplateError: it is missing, holds another lake's stacks too, or lacks a part that a local lake needs.
    """
    synthesised = Synthesised(out)
    task = synthesised.one("aws_dms_replication_task", "aws_dms_replication_config")
    serverless = task.type == "aws_dms_replication_config"
    try:
        endpoint = synthesised.referred(task.stack, task.arguments["target_endpoint_arn"], "aws_dms_endpoint")
        if endpoint is None or "kinesis_settings" not in endpoint.arguments:
            raise TemplateError(f"{task.address} does not write to a Kinesis endpoint of the same stack: a local lake needs one")
        stream = _stream(synthesised, endpoint, endpoint.arguments["kinesis_settings"]["stream_arn"])
        streams = [_delivery(synthesised, firehose) for firehose in synthesised.resources("aws_kinesis_firehose_delivery_stream")]
        deliveries = tuple(delivery for delivery in streams if delivery.stream == stream)
        if not deliveries:
            raise TemplateError(f"no Firehose stream in {out} reads the Kinesis stream {stream}")
        settings = _document(synthesised, task, "replication_settings" if serverless else "replication_task_settings")
        source = synthesised.referred(task.stack, task.arguments["source_endpoint_arn"], "aws_dms_endpoint")
        arguments = unplayed_arguments(
            task.arguments, {} if source is None else source.arguments, endpoint.arguments, played=KinesisSettings
        )
        return LocalTemplate(
            task=task.arguments["replication_config_identifier" if serverless else "replication_task_id"],
            migration_type=task.arguments["replication_type" if serverless else "migration_type"],
            table_mappings=_document(synthesised, task, "table_mappings"),
            task_settings=settings,
            kinesis=_kinesis_settings(endpoint.arguments["kinesis_settings"]),
            stream=stream,
            deliveries=deliveries,
            tables=_tables(synthesised, deliveries),
            views={(view.database, view.name): view for view in (_view(synthesised, found) for found in _glue(synthesised, views=True))},
            unplayed=(*arguments, *unplayed_task_settings(settings)),
        )
    except KeyError as error:
        raise TemplateError(f"{out} lacks {error.args[0]}, which a local lake needs (run `make synth` again)") from None


def _document(synthesised: Synthesised, task: Resource, argument: str) -> Mapping[str, Any]:
    """A JSON document in an argument, as DMS would get it from Terraform."""
    document = json.loads(synthesised.value(task.stack, task.arguments[argument]))
    if not isinstance(document, dict):
        raise TemplateError(f"{argument} of {task.address} is no JSON object")
    return document


def _kinesis_settings(arguments: Mapping[str, Any]) -> KinesisSettings:
    return KinesisSettings(**{field.name: arguments[field.name] for field in fields(KinesisSettings) if field.name in arguments})


def _stream(synthesised: Synthesised, reader: Resource, arn: Any) -> str:
    """Name of the Kinesis stream that an ARN or an expression for one means."""
    stream = synthesised.referred(reader.stack, arn, "aws_kinesis_stream")
    if stream is not None:
        return str(synthesised.value(stream.stack, stream.arguments["name"]))
    return str(synthesised.value(reader.stack, arn)).rpartition("/")[2]


def _delivery(synthesised: Synthesised, firehose: Resource) -> DeliveryTemplate:
    arguments = firehose.arguments
    if "iceberg_configuration" not in arguments:
        raise TemplateError(f"{firehose.address} does not deliver into Iceberg: a local lake has no other sink")
    iceberg = arguments["iceberg_configuration"]
    processors = [processor for processor in iceberg["processing_configuration"]["processors"] if processor["type"] == "Lambda"]
    if len(processors) != 1:
        raise TemplateError(f"{firehose.address} has {len(processors)} Lambda processors: a local lake needs one")
    parameters = dict(pairs(processors[0]["parameters"], "parameter_name", "parameter_value"))
    errors = iceberg["s3_configuration"]
    return DeliveryTemplate(
        name=arguments["name"],
        stream=_stream(synthesised, firehose, arguments["kinesis_source_configuration"]["kinesis_stream_arn"]),
        function=_function(synthesised, firehose, parameters["LambdaArn"]),
        batch_mib=_parameter(parameters, "BufferSizeInMBs", limits.TRANSFORM_BUFFERING_SIZE_MIB),
        batch_seconds=int(_parameter(parameters, "BufferIntervalInSeconds", limits.TRANSFORM_BUFFERING_INTERVAL_SECONDS)),
        batch_retries=int(_parameter(parameters, "NumberOfRetries", limits.TRANSFORM_RETRIES)),
        buffering_mib=iceberg["buffering_size"],
        buffering_seconds=iceberg["buffering_interval"],
        retry_seconds=iceberg["retry_duration"],
        tables=tuple(_destination(synthesised, firehose, table) for table in iceberg["destination_table_configuration"]),
        error_bucket=_bucket(synthesised, firehose, errors["bucket_arn"]),
        error_prefix=errors["error_output_prefix"],
    )


def _parameter(parameters: Mapping[str, str], name: str, limit: limits.Limit) -> float:
    """A processor's parameter; one that equals AWS's default is left out of the template, because Firehose does not store it."""
    return float(parameters.get(name, limit.default or 0))


def _bucket(synthesised: Synthesised, firehose: Resource, arn: Any) -> str:
    bucket = synthesised.referred(firehose.stack, arn, "aws_s3_bucket")
    if bucket is not None:
        return str(synthesised.value(bucket.stack, bucket.arguments["bucket"]))
    return str(synthesised.value(firehose.stack, arn)).rpartition(":")[2]


def _function(synthesised: Synthesised, firehose: Resource, arn: str) -> FunctionTemplate:
    found = synthesised.referred(firehose.stack, arn.removesuffix(":$LATEST"), "aws_lambda_function")
    if found is None:
        raise TemplateError(f"{firehose.address} calls {arn}, which is no function of this lake")
    zip_path = found.stack.folder / found.arguments["filename"]
    if not zip_path.is_file():
        raise TemplateError(f"the zip of {found.address} is missing: {zip_path} (run `make synth` again)")
    return FunctionTemplate(
        name=found.arguments["function_name"],
        zip_path=zip_path,
        handler=found.arguments["handler"],
        environment=synthesised.value(found.stack, found.arguments.get("environment", {}).get("variables", {})),
        memory_mib=found.arguments["memory_size"],
        timeout_seconds=found.arguments["timeout"],
    )


def _destination(synthesised: Synthesised, firehose: Resource, table: Mapping[str, Any]) -> DestinationTable:
    database = synthesised.value(firehose.stack, table["database_name"])
    return DestinationTable(database, table["table_name"], tuple(table.get("unique_keys", ())), table.get("s3_error_output_prefix"))


def _glue(synthesised: Synthesised, *, views: bool) -> list[Resource]:
    found = synthesised.resources("aws_glue_catalog_table")
    return [table for table in found if (table.arguments["table_type"] == "VIRTUAL_VIEW") is views]


def _tables(synthesised: Synthesised, deliveries: tuple[DeliveryTemplate, ...]) -> dict[tuple[str, str], LakeTable]:
    """The tables of the catalog, and those that the deliveries write to though Terraform leaves making them to others."""
    tables: dict[tuple[str, str], LakeTable] = {}
    for found in _glue(synthesised, views=False):
        database, name = _database(synthesised, found), str(found.arguments["name"])
        tables[database, name] = LakeTable(database, name, _columns(found), created=True)
    described = _recorded_columns(synthesised)
    for destination in (table for delivery in deliveries for table in delivery.tables):
        key = (destination.database, destination.table)
        if key in tables:
            continue
        if key not in described:
            raise TemplateError(
                f"Firehose writes to {'.'.join(key)}, whose columns {synthesised.out} does not hold (run `make synth` again)"
            )
        tables[key] = LakeTable(*key, described[key], created=False)
    return tables


def _recorded_columns(synthesised: Synthesised) -> dict[tuple[str, str], tuple[tuple[str, str], ...]]:
    """The columns that each lake database's record keeps for plans to show, by database and table."""
    recorded = {}
    records = {record.path: record for record in synthesised.resources("terraform_data")}
    for database in synthesised.resources("aws_glue_catalog_database"):
        record = records.get(f"{database.path.removesuffix('/Resource')}/columns/Resource")
        for table, columns in ({} if record is None else record.arguments["input"]).items():
            words = (column.partition(" ") for column in re.split(r", (?![^(]*\))", columns))
            recorded[str(database.arguments["name"]), table] = tuple((name, kind) for name, _, kind in words)
    return recorded


def _view(synthesised: Synthesised, found: Resource) -> LakeView:
    match = _PRESTO_VIEW.fullmatch(found.arguments["view_original_text"])
    if match is None:
        raise TemplateError(f"{found.address} is no view of Athena's: its text is not `/* Presto View: ... */`")
    sql = json.loads(b64decode(match[1]))["originalSql"]
    return LakeView(_database(synthesised, found), found.arguments["name"], sql, _columns(found))


def _database(synthesised: Synthesised, found: Resource) -> str:
    return str(synthesised.value(found.stack, found.arguments["database_name"]))


def _columns(found: Resource) -> tuple[tuple[str, str], ...]:
    return tuple(pairs(found.arguments["storage_descriptor"]["columns"], "name", "type"))
