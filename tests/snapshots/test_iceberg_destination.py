"""The Iceberg destination of every delivery stream: buffering, tables, unique keys, processor, error path."""

from __future__ import annotations

from syrupy.assertion import SnapshotAssertion

from tests.conftest import Templates
from tests.snapshots.conftest import find, masked


def test_iceberg_destination_is_as_reviewed(templates: Templates, json_snapshot: SnapshotAssertion) -> None:
    streams = find(templates, "aws_kinesis_firehose_delivery_stream")
    assert streams
    for stream in streams:
        assert masked(stream["iceberg_configuration"]) == json_snapshot(name=stream["name"])
