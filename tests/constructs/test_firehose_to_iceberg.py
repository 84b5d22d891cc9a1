"""Delivery: the Firehose stream, its routes, its processor, its error path, and what it waits for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from constructs_lib.config.delivery import ERROR_PREFIX, DeliveryConfig
from constructs_lib.firehose_to_iceberg import FirehoseToIceberg, IcebergRoute
from tests.conftest import only
from tests.constructs.conftest import Bench, make_bucket, make_database, make_function, make_key, make_stream, of_kind, statements, trust

ROUTES = (IcebergRoute("orders", ["order_id"]),)


def build(
    bench: Bench, *, routes: Sequence[IcebergRoute] = ROUTES, lake_formation: bool = True, name: str = "shop-iceberg", **config: Any
) -> dict[str, Any]:
    stack = bench.stack()
    key = make_key(stack)
    FirehoseToIceberg(
        stack,
        "delivery",
        name=name,
        config=DeliveryConfig.model_validate(config),
        stream=make_stream(stack, make_key(stack, "stream-key")),
        function=make_function(stack, key, bench.build_folder),
        database=make_database(stack, make_bucket(stack, key), compaction=False, snapshot_retention=False, orphan_file_deletion=False),
        error_bucket=make_bucket(stack, key, "errors"),
        routes=routes,
        key=key,
        lake_formation=lake_formation,
        log_retention_days=30,
    )
    return bench.synth()


def destination(template: dict[str, Any]) -> dict[str, Any]:
    return dict(only(template, "aws_kinesis_firehose_delivery_stream")["iceberg_configuration"])


def parameters(template: dict[str, Any]) -> dict[str, str]:
    (processor,) = destination(template)["processing_configuration"]["processors"]
    assert processor["type"] == "Lambda"
    found = {parameter["parameter_name"]: parameter["parameter_value"] for parameter in processor["parameters"]}
    assert len(found) == len(processor["parameters"])
    return found


def tables(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {table["table_name"]: table for table in destination(template)["destination_table_configuration"]}


def test_default_delivery_reads_the_stream_into_the_glue_catalog(bench: Bench) -> None:
    template = build(bench)
    stream = only(template, "aws_kinesis_firehose_delivery_stream")
    assert (stream["name"], stream["destination"]) == ("shop-iceberg", "iceberg")
    assert stream["kinesis_source_configuration"] == {
        "kinesis_stream_arn": "${aws_kinesis_stream.stream.arn}",
        "role_arn": "${aws_iam_role.delivery_role.arn}",
    }
    iceberg = destination(template)
    assert iceberg["catalog_arn"] == "arn:aws:glue:eu-west-1:123456789012:catalog"
    assert (iceberg["buffering_interval"], iceberg["buffering_size"], iceberg["retry_duration"]) == (60, 64, 3600)
    assert iceberg["s3_backup_mode"] == "FailedDataOnly"


def test_everything_set_reaches_the_delivery_and_its_error_path(bench: Bench) -> None:
    template = build(bench, buffering_interval_seconds=900, buffering_size_mib=128, retry_seconds=7200, error_prefix="failed/")
    iceberg = destination(template)
    assert (iceberg["buffering_interval"], iceberg["buffering_size"], iceberg["retry_duration"]) == (900, 128, 7200)
    errors = iceberg["s3_configuration"]
    assert (errors["buffering_interval"], errors["buffering_size"], errors["error_output_prefix"]) == (900, 128, "failed/")


@pytest.mark.parametrize("seconds", [0, 900])
def test_buffering_interval_reaches_both_ends_of_its_range(bench: Bench, seconds: int) -> None:
    assert destination(build(bench, buffering_interval_seconds=seconds))["buffering_interval"] == seconds


def test_zero_is_written_and_not_taken_for_unset(bench: Bench) -> None:
    template = build(bench, retry_seconds=0, transform={"retries": 0, "buffering_interval_seconds": 0})
    assert destination(template)["retry_duration"] == 0
    assert (parameters(template)["NumberOfRetries"], parameters(template)["BufferIntervalInSeconds"]) == ("0", "0")


def test_every_route_keeps_its_unique_keys(bench: Bench) -> None:
    """cdktf loses `unique_keys` when a dict stands in the list in place of a struct."""
    routes = [IcebergRoute("orders", ("order_id",)), IcebergRoute("lines", ("order_id", "line")), IcebergRoute("codes", ["code"])]
    found = tables(build(bench, routes=routes))
    assert {name: table["unique_keys"] for name, table in found.items()} == {
        "orders": ["order_id"],
        "lines": ["order_id", "line"],
        "codes": ["code"],
    }
    assert {table["database_name"] for table in found.values()} == {"${aws_glue_catalog_database.iceberg.name}"}


def test_route_of_a_history_has_no_unique_keys(bench: Bench) -> None:
    found = tables(build(bench, routes=[*ROUTES, IcebergRoute("ledger", ())]))
    assert "unique_keys" not in found["ledger"]
    assert found["orders"]["unique_keys"] == ["order_id"]


def test_routes_keep_their_order(bench: Bench) -> None:
    names = [f"table_{number}" for number in (3, 1, 2)]
    assert list(tables(build(bench, routes=[IcebergRoute(name, ()) for name in names]))) == names


def test_each_table_has_an_error_prefix_of_its_own(bench: Bench) -> None:
    template = build(bench, routes=[*ROUTES, IcebergRoute("ledger", ())])
    assert {name: table["s3_error_output_prefix"] for name, table in tables(template).items()} == {
        "orders": f"orders/{ERROR_PREFIX}",
        "ledger": f"ledger/{ERROR_PREFIX}",
    }
    assert destination(template)["s3_configuration"]["error_output_prefix"] == ERROR_PREFIX


def test_errors_go_to_a_bucket_of_their_own_with_a_key(bench: Bench) -> None:
    """In the original a switch to AllData would have written raw JSON into the table's folder."""
    template = build(bench)
    errors = destination(template)["s3_configuration"]
    assert errors["bucket_arn"] == "${aws_s3_bucket.errors.arn}"
    assert errors["kms_key_arn"] == "${aws_kms_key.key.arn}"
    assert errors["compression_format"] == "UNCOMPRESSED"
    assert "prefix" not in errors


def test_processor_with_awss_defaults_names_the_function_only(bench: Bench) -> None:
    """Firehose does not store a parameter that equals its default: written out it would show as a change for ever."""
    transform = {"retries": 3, "buffering_size_mib": 1, "buffering_interval_seconds": 60}
    assert parameters(build(bench, transform=transform)) == {"LambdaArn": "${aws_lambda_function.transform.arn}:$LATEST"}


@pytest.mark.parametrize(
    ("setting", "value", "parameter", "text"),
    [
        ("retries", 2, "NumberOfRetries", "2"),
        ("retries", 4, "NumberOfRetries", "4"),
        ("retries", 300, "NumberOfRetries", "300"),
        ("buffering_size_mib", 0.2, "BufferSizeInMBs", "0.2"),
        ("buffering_size_mib", 1.5, "BufferSizeInMBs", "1.5"),
        ("buffering_size_mib", 3, "BufferSizeInMBs", "3"),
        ("buffering_interval_seconds", 59, "BufferIntervalInSeconds", "59"),
        ("buffering_interval_seconds", 61, "BufferIntervalInSeconds", "61"),
        ("buffering_interval_seconds", 900, "BufferIntervalInSeconds", "900"),
    ],
)
def test_processor_parameter_off_its_default_is_written(bench: Bench, setting: str, value: float, parameter: str, text: str) -> None:
    found = parameters(build(bench, transform={setting: value}))
    assert set(found) == {"LambdaArn", parameter}
    assert found[parameter] == text


def test_role_arn_of_the_processor_is_left_to_its_default(bench: Bench) -> None:
    transform = {"retries": 1, "buffering_size_mib": 3, "buffering_interval_seconds": 300}
    assert set(parameters(build(bench, transform=transform))) == {
        "LambdaArn",
        "NumberOfRetries",
        "BufferSizeInMBs",
        "BufferIntervalInSeconds",
    }


def test_log_group_and_both_streams_are_made(bench: Bench) -> None:
    """The original named a group and a stream that nobody made: nothing was logged."""
    template = build(bench)
    group = template["resource"]["aws_cloudwatch_log_group"]["delivery_log"]
    assert group == {"name": "/aws/kinesisfirehose/shop-iceberg", "retention_in_days": 30, "kms_key_id": "${aws_kms_key.key.arn}"}
    assert {stream["name"] for stream in of_kind(template, "aws_cloudwatch_log_stream").values()} == {
        "DestinationDelivery",
        "BackupDelivery",
    }
    reference = {"enabled": True, "log_group_name": "${aws_cloudwatch_log_group.delivery_log.name}"}
    iceberg = destination(template)
    assert iceberg["cloudwatch_logging_options"] == {**reference, "log_stream_name": "DestinationDelivery"}
    assert iceberg["s3_configuration"]["cloudwatch_logging_options"] == {**reference, "log_stream_name": "BackupDelivery"}


def test_delivery_waits_for_policies_grants_and_log_streams(bench: Bench) -> None:
    """Firehose checks at its creation what it may do."""
    template = build(bench)
    waits = set(only(template, "aws_kinesis_firehose_delivery_stream")["depends_on"])
    own = [name for name, policy in of_kind(template, "aws_iam_role_policy").items() if "delivery_role" in policy["role"]]
    assert len(own) >= 7
    assert waits >= {f"aws_iam_role_policy.{name}" for name in own}
    for kind in ("aws_lakeformation_permissions", "aws_cloudwatch_log_stream"):
        assert len(of_kind(template, kind)) == 2
        assert waits >= {f"{kind}.{name}" for name in of_kind(template, kind)}


def test_delivery_without_lake_formation_has_no_grants(bench: Bench) -> None:
    template = build(bench, lake_formation=False)
    assert of_kind(template, "aws_lakeformation_permissions") == {}
    assert "lake-formation-access" not in statements(template, "delivery_role")


def test_role_holds_one_policy_per_purpose(bench: Bench) -> None:
    template = build(bench)
    assert set(statements(template, "delivery_role")) == {
        "write-log",
        "read-stream",
        "use-stream-key-kinesis",
        "invoke-transform",
        "write-errors",
        "use-key-s3",
        "commit-tables",
        "write-data",
        "lake-formation-access",
    }


def test_trust_has_no_condition_that_no_page_of_aws_says_firehose_meets(bench: Bench) -> None:
    trusted = trust(build(bench), "delivery_role")
    assert trusted == {"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}
    assert "nowhere" in bench.notes("aws_iam_role.delivery_role")["why"]["Trust"]


@pytest.mark.parametrize("append_only", [True, False])
def test_append_only_is_said_only_where_the_file_says_so(bench: Bench, append_only: bool) -> None:
    """Firehose cannot take it back: what is not asked for is not set, not even to its default."""
    assert destination(build(bench, append_only=append_only)).get("append_only") == (True if append_only else None)


def test_role_has_no_network_permissions(bench: Bench) -> None:
    """The original allowed ec2 actions on every resource; an Iceberg destination is in no VPC."""
    granted = statements(build(bench), "delivery_role")
    assert not any(action.startswith("ec2:") for found in granted.values() for one in found for action in one["Action"])


def test_role_reaches_its_own_log_streams_tables_and_function_only(bench: Bench) -> None:
    granted = statements(build(bench), "delivery_role")
    assert granted["write-log"][0]["Resource"] == ["${aws_cloudwatch_log_group.delivery_log.arn}:log-stream:*"]
    assert granted["invoke-transform"][0]["Resource"] == ["${aws_lambda_function.transform.arn}:$LATEST"]
    assert granted["write-data"][0]["Resource"] == ["${aws_s3_bucket.data.arn}/lake/shop/*"]
    assert granted["write-errors"][0]["Resource"] == ["${aws_s3_bucket.errors.arn}/*"]
    stars = [name for name, found in granted.items() if any("*" in one["Resource"] for one in found)]
    assert stars == ["lake-formation-access"]


def test_longest_name_still_fits_a_role(bench: Bench) -> None:
    """The original's role name could pass the 64 characters of IAM."""
    template = build(bench, name="x" * 64)
    assert len(template["resource"]["aws_iam_role"]["delivery_role"]["name"]) == 64


def test_template_is_plain_json_of_the_same_stream_each_time(bench: Bench) -> None:
    first = json.dumps(destination(build(bench)))
    bench.app.synth()
    assert json.dumps(destination(bench.synth())) == first
