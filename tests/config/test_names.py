# ruff: noqa: E501 - a message stands in one piece
"""Every name that is derived fits its service, whatever the file says within its own limits."""

from __future__ import annotations

import pytest

from constructs_lib.config.names import capture_name, cluster_identifier, firehose_name, function_name, stream_name
from constructs_lib.defaults import limits
from tests.config.support import lake, mistakes

LONGEST = {
    "defaults": f"{{name: {'n' * 20}, environment: {'e' * 10}}}",
    "prefix": f"{{name_prefix: {'p' * 31}}}",
}


@pytest.mark.parametrize("change", LONGEST.values(), ids=LONGEST)
def test_the_longest_names_fit(change: str) -> None:
    delivery_name = "d" * int(limits.DELIVERY_NAME_CHARACTERS.maximum)
    made = lake(change.strip("{}").replace(", ", "\n") + f"\ndeliveries: [{{name: {delivery_name}}}]")
    delivery = made.deliveries[0]
    role = f"{made.prefix}-{delivery.name}-{'s' * (limits.NAME_SUFFIX_CHARACTERS - 1)}"
    assert len(role) <= limits.ROLE_NAME_CHARACTERS.maximum
    assert len(function_name(made, delivery)) <= limits.ROLE_NAME_CHARACTERS.maximum
    assert len(firehose_name(made, delivery)) <= limits.DELIVERY_STREAM_NAME_CHARACTERS.maximum
    assert len(stream_name(made)) <= limits.STREAM_NAME_CHARACTERS.maximum
    assert len(cluster_identifier(made)) <= limits.CREATED_CLUSTER_NAME_CHARACTERS.maximum
    assert len(capture_name(made)) <= limits.CLUSTER_NAME_CHARACTERS.maximum
    assert len(f"{made.prefix}-lake-123456789012-errors") <= limits.BUCKET_NAME_CHARACTERS.maximum
    assert len(f"{made.prefix}-{delivery.name}-optimizers") <= limits.ROLE_NAME_CHARACTERS.maximum


def test_the_longest_cluster_name_leaves_room_for_its_parts() -> None:
    longest = "c" * int(limits.CREATED_CLUSTER_NAME_CHARACTERS.maximum)
    assert len(f"{longest}-reader-15") <= limits.CLUSTER_NAME_CHARACTERS.maximum
    assert len(f"{longest}-monitoring") <= limits.ROLE_NAME_CHARACTERS.maximum


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("name: a", "name must be lower-case letters, digits and single hyphens, starting with a letter, 2 to 20 characters, got a (1 characters)"),
        ("name: a--b", "name must be lower-case letters, digits and single hyphens, starting with a letter, 2 to 20 characters, got a--b (try a-b)"),
        ("name: 'a\n'", "name must be lower-case letters, digits and single hyphens, starting with a letter, 2 to 20 characters, got 'a '"),
        ("environment: dev-1", "environment must be lower-case letters and digits, starting with a letter, 1 to 10 characters, got dev-1"),
        ("region: Frankfurt", "region must be an AWS region such as us-east-1, got Frankfurt"),
        ("account: '12345'", "account must be the 12 digits of an AWS account, got 12345"),
        ("account: '１２３４５６７８９０１２'", "account must be the 12 digits of an AWS account, got １２３４５６７８９０１２"),  # noqa: RUF001
        ("storage: {bucket: My_Lake}",
         "storage.bucket must be lower-case letters, digits, dots and hyphens, beginning and ending with a letter or digit, 3 to 63 characters,"
         " got My_Lake (try my-lake)"),
        ("storage: {bucket: xn--lake}",
         "storage.bucket must be lower-case letters, digits, dots and hyphens, beginning and ending with a letter or digit, 3 to 63 characters,"
         " got xn--lake (try xn-lake)"),
        ("storage: {bucket: my.lake}",
         "storage.bucket must not contain a dot, got my.lake: S3's certificate does not cover such a name (use hyphens)"),
        (f"storage: {{bucket: {'b' * 57}}}",
         "storage.bucket must be at most 56 characters, got 57: the error bucket adds -errors (shorten it)"),
        ("deliveries: [{database: my-lake}]",
         "deliveries[0].database must be lower-case letters, digits and underscores, 1 to 255 characters, got my-lake (try my_lake)"),
        ("deliveries: [{stream_name: 'a b'}]",
         "deliveries[0].stream_name must be letters, digits, underscores, dots and hyphens, 1 to 64 characters, got a b"),
    ],
)  # fmt: skip
def test_fails_when_a_name_cannot_be_one(change: str, found: str) -> None:
    assert mistakes(change) == [found]


@pytest.mark.parametrize("bucket", ["192.168.0.1", "a..b", "-ab", "ab-", "sthree-x", "x-s3alias"])
def test_fails_when_s3_would_refuse_the_bucket(bucket: str) -> None:
    assert [found.split(" ")[0] for found in mistakes(f"state: {{bucket: '{bucket}'}}")] == ["state.bucket"]
