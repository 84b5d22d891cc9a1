"""The order rule: what must be active before capture starts, because Firehose reads a Kinesis stream from LATEST."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from constructs_lib.config.delivery import DeliveryConfig
from constructs_lib.config.lake import Lake
from constructs_lib.config.names import firehose_name, function_name, stream_name
from scripts.task.aws import Aws
from scripts.task.errors import NOT_FOUND, error_code, one_line

ACTIVE = "ACTIVE"
LATEST = "Firehose reads the stream from LATEST, so what DMS writes before that is lost"


def what_is_not_ready(lake: Lake, aws: Aws) -> list[str]:
    """Why capture may not start yet, a line each: empty when everything between DMS and the tables is active."""
    kinesis, firehose, functions = aws.client("kinesis"), aws.client("firehose"), aws.client("lambda")
    name, deploy = stream_name(lake), f"deploy {lake.prefix}-delivery"
    found = _stream_problems(name, _described(kinesis.describe_stream_summary, StreamName=name), deploy)
    for delivery in lake.deliveries:
        found += _delivery_problems(lake, delivery, firehose, deploy)
        function = function_name(lake, delivery)
        found += function_problems(function, _described(functions.get_function_configuration, FunctionName=function), deploy)
    return found


def _stream_problems(name: str, answer: Mapping[str, Any] | None, deploy: str) -> list[str]:
    return stream_problems(name, None if answer is None else answer["StreamDescriptionSummary"], deploy)


def _delivery_problems(lake: Lake, delivery: DeliveryConfig, client: Any, deploy: str) -> list[str]:
    name = firehose_name(lake, delivery)
    answer = _described(client.describe_delivery_stream, DeliveryStreamName=name)
    description = None if answer is None else answer["DeliveryStreamDescription"]
    return delivery_problems(name, description, stream=stream_name(lake), deploy=deploy)


def stream_problems(name: str, summary: Mapping[str, Any] | None, deploy: str) -> list[str]:
    """What keeps the Kinesis stream from taking changes.

    Args:
        name: the stream.
        summary: AWS's `StreamDescriptionSummary`; None when there is no such stream.
        deploy: how it comes to be.
    """
    if summary is None:
        return [f"Kinesis stream {name} does not exist ({deploy} first)"]
    status = summary["StreamStatus"]
    return [] if status == ACTIVE else [f"Kinesis stream {name} is {status}, not ACTIVE (wait for it, then start again)"]


def delivery_problems(name: str, description: Mapping[str, Any] | None, *, stream: str, deploy: str) -> list[str]:
    """What keeps a delivery stream from reading the changes.

    Args:
        name: the delivery stream.
        description: AWS's `DeliveryStreamDescription`; None when there is no such stream.
        stream: the Kinesis stream that it must read.
        deploy: how it comes to be.
    """
    if description is None:
        return [f"delivery stream {name} does not exist ({deploy} first: {LATEST})"]
    status = description["DeliveryStreamStatus"]
    if status != ACTIVE:
        failure = description.get("FailureDescription", {})
        why = f": {one_line(failure.get('Type', ''))}: {one_line(failure.get('Details', ''))}" if failure else ""
        what = f"mend that and {deploy} again" if "FAILED" in status else "wait for it, then start again"
        return [f"delivery stream {name} is {status}, not ACTIVE{why} ({what}: {LATEST})"]
    arn = description.get("Source", {}).get("KinesisStreamSourceDescription", {}).get("KinesisStreamARN", "")
    if arn.rpartition("/")[2] != stream:
        return [f"delivery stream {name} reads {arn or 'no Kinesis stream'}, not {stream} ({deploy} again)"]
    return []


def function_problems(name: str, configuration: Mapping[str, Any] | None, deploy: str) -> list[str]:
    """What keeps the transform function from being called.

    Args:
        name: the function.
        configuration: AWS's answer; None when there is no such function.
        deploy: how it comes to be.
    """
    if configuration is None:
        return [f"transform function {name} does not exist ({deploy} first)"]
    state = configuration.get("State", "Active")
    if state == "Active":
        return []
    why = one_line(configuration.get("StateReason", ""))
    return [f"transform function {name} is {state}, not Active{': ' if why else ''}{why} ({deploy} again, or wait until it is Active)"]


def _described(call: Callable[..., Mapping[str, Any]], **arguments: str) -> Mapping[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        return call(**arguments)
    except ClientError as error:
        if error_code(error) in NOT_FOUND:
            return None
        raise
