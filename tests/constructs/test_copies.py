"""Copies of a resource: written as it is, under addresses of their own."""

from __future__ import annotations

from typing import Any

import pytest

from constructs_lib.copies import Copies, add_copies
from constructs_lib.part import Part
from constructs_lib.provider import KinesisStream
from tests.constructs.conftest import Bench, of_kind


def add_streams(bench: Bench, copies: dict[str, dict[str, str]]) -> Part:
    part = Part(bench.stack(), "streams")
    first = KinesisStream(part, "first", name="first", shard_count=1, tags={"team": "shop"})
    add_copies(part, [Copies(first, copies)])
    return part


def streams(bench: Bench) -> dict[str, dict[str, Any]]:
    return of_kind(bench.synth(), "aws_kinesis_stream")


def test_copy_differs_in_what_is_given(bench: Bench) -> None:
    add_streams(bench, {"second-stream": {"name": "second"}})
    made = streams(bench)
    assert made["streams_second_stream"] == {"name": "second", "shard_count": 1, "tags": {"team": "shop"}}
    assert made["streams_first"]["name"] == "first"


def test_original_needs_no_copies(bench: Bench) -> None:
    add_streams(bench, {})
    assert set(streams(bench)) == {"streams_first"}


def test_two_sets_of_copies_stand_side_by_side(bench: Bench) -> None:
    part = add_streams(bench, {"second": {"name": "second"}})
    add_copies(part, [Copies(KinesisStream(part, "third", name="third"), {"fourth": {"name": "fourth"}})])
    assert {name: stream["name"] for name, stream in streams(bench).items()} == {
        f"streams_{name}": name for name in ("first", "second", "third", "fourth")
    }


def test_address_that_is_taken_is_refused(bench: Bench) -> None:
    part = add_streams(bench, {"second": {"name": "second"}})
    with pytest.raises(ValueError, match="would share the address streams_second"):
        KinesisStream(part, "second", name="other")
    with pytest.raises(ValueError, match="would share the address streams_first"):
        add_copies(part, [Copies(KinesisStream(part, "third", name="third"), {"first": {"name": "x"}})])
