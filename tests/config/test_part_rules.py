# ruff: noqa: E501 - a message stands in one piece
"""Rules within one part of the file: network, source, capture, stream, delivery, operations."""

from __future__ import annotations

import pytest

from tests.config.support import ACCOUNT, KEY, lake, mistakes

ENDPOINTS = "interface_endpoints: [kinesis-streams, secretsmanager]"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("{create: {}, existing: {vpc_id: vpc-1, private_subnet_ids: [subnet-1, subnet-2]}}",
         "network.existing must not be given together with create (keep one of them)"),
        ("{create: {exclude_zone_ids: [us-east-1e]}}",
         "network.create.exclude_zone_ids[0] must be the id of an availability zone such as use1-az3, got us-east-1e"),
        ("{create: {cidr: 10.0.0.0/15}}", "network.create.cidr must be between /16 and /24, got /15 (take a longer prefix, or remove it for 10.0.0.0/16)"),
        ("{create: {cidr: 10.0.0.0/25}}", "network.create.cidr must be between /16 and /24, got /25 (take a shorter prefix, or remove it for 10.0.0.0/16)"),
        ("{create: {cidr: 11.0.0.0/16}}",
         "network.create.cidr must lie in a private range (10/8, 172.16/12, 192.168/16 or 100.64/10), got 11.0.0.0/16 (or remove it for 10.0.0.0/16)"),
        ("{create: {cidr: ten}}", "network.create.cidr must be an IPv4 network address with its prefix length, got ten (write it like 10.0.0.0/16)"),
        ("{create: {availability_zones: 2, nat_gateways: 3}}",
         "network.create.nat_gateways must be no more than the zones, 2, got 3 (lower it: one per zone is the most)"),
        ("{create: {nat_gateways: 0, interface_endpoints: [secretsmanager]}}",
         "network.create.nat_gateways must be at least 1 unless DMS has private ways to AWS, got 0 (add interface_endpoints: kinesis-streams)"),
        ("{create: {interface_endpoints: [sts, sts]}}", "network.create.interface_endpoints[1] is listed twice: sts (remove one)"),
        ("{create: {interface_endpoints: [kinesis]}}",
         "network.create.interface_endpoints[0] must be one of kinesis-streams, secretsmanager, logs, monitoring, sts, ssm, ssmmessages,"
         " ec2messages, got kinesis (did you mean kinesis-streams?)"),
        ("{existing: {vpc_id: vpc-1, private_subnet_ids: [subnet-1, subnet-1]}}",
         "network.existing.private_subnet_ids[1] is listed twice: subnet-1 (give two subnets, in two zones)"),
        ("{existing: {vpc_id: 'vpc 1', private_subnet_ids: [subnet-1, subnet-2]}}",
         "network.existing.vpc_id must be a VPC id such as vpc-0a1b2c3d4e5f60718, got vpc 1"),
    ],
)  # fmt: skip
def test_fails_when_a_network_cannot_be(change: str, found: str) -> None:
    assert mistakes(f"network: {change}") == [found]


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.1.2.0/24", "172.16.0.0/16", "192.168.0.0/16", "100.64.0.0/16"])
def test_takes_private_networks(cidr: str) -> None:
    assert mistakes(f"network: {{create: {{cidr: {cidr}, nat_gateways: 0, {ENDPOINTS}}}}}") == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("{create: {serverless: {min_capacity_units: 4, max_capacity_units: 2}}}",
         "source.create.serverless.min_capacity_units must be no more than max_capacity_units, 2, got 4 (lower it, or raise the maximum)"),
        ("{create: {serverless: {min_capacity_units: 0.7, max_capacity_units: 2}}}",
         "source.create.serverless.min_capacity_units must be a multiple of 0.5 ACU, got 0.7 (round it to 0.5)"),
        ("{create: {serverless: {min_capacity_units: 0.5, max_capacity_units: 0.5}}}",
         "source.create.serverless.max_capacity_units must be at least 1 ACU, got 0.5 (raise it)"),
        ("{create: {instance_class: db.r7g.large, serverless: {min_capacity_units: 1, max_capacity_units: 2}}}",
         "source.create.instance_class is not used with serverless, got db.r7g.large (remove one of the two)"),
        ("{create: {engine_version: 8.0.mysql_aurora.3.01.0, serverless: {min_capacity_units: 1, max_capacity_units: 2}}}",
         "source.create.engine_version must be Aurora MySQL 3.02 or later for serverless, got 8.0.mysql_aurora.3.01.0 (raise it)"),
        ("{create: {engine_version: 8.0.mysql_aurora.3.04.0, serverless: {min_capacity_units: 0, max_capacity_units: 2}}}",
         "source.create.serverless.min_capacity_units must be at least 0.5 ACU before Aurora MySQL 3.08, got 0 with 8.0.mysql_aurora.3.04.0"
         " (raise one of the two)"),
        ("{create: {engine_version: 5.7.mysql_aurora.2.11.1}}",
         "source.create.engine_version must be a version of Aurora MySQL 3 such as 8.0.mysql_aurora.3.10.4, got 5.7.mysql_aurora.2.11.1"),
    ],
)  # fmt: skip
def test_fails_when_a_source_cannot_be(change: str, found: str) -> None:
    assert mistakes(f"source: {change}") == [found]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("{instance: {}, serverless: {}}", "capture.serverless must not be given together with instance (keep one of them)"),
        ("{serverless: {min_capacity_units: 8, max_capacity_units: 4}}",
         "capture.serverless.min_capacity_units must be no more than max_capacity_units, 4, got 8 (lower it, or raise the maximum)"),
        ("{serverless: {min_capacity_units: 3}}",
         "capture.serverless.min_capacity_units must be one of 1, 2, 4, 8, 16, 32, 64, 128, 192, 256, 384 DCU, got 3"
         " (choose one of them, or remove it for 1)"),
        ("{instance: {maintenance_window: 'sat:03:17-sat:03:46'}}",
         "capture.instance.maintenance_window must be at least 30 minutes long, got 29 (move its end)"),
        ("{instance: {maintenance_window: 'sun:23:50-mon:00:10'}}",
         "capture.instance.maintenance_window must be at least 30 minutes long, got 20 (move its end)"),
        ("{instance: {maintenance_window: 'sab:03:17-sat:03:47'}}",
         "capture.instance.maintenance_window must be a weekly window such as sat:03:17-sat:03:47, got sab:03:17-sat:03:47"),
        ("{server_timezone: Mars/Phobos}",
         "capture.server_timezone must be a name of the IANA time-zone database, got Mars/Phobos (write it like Europe/Berlin, or remove it for UTC)"),
        ("{server_timezone: europe/dublin}",
         "capture.server_timezone must be a name of the IANA time-zone database, got europe/dublin (did you mean Europe/Dublin?)"),
        ("{server_timezone: Europe/Berln}",
         "capture.server_timezone must be a name of the IANA time-zone database, got Europe/Berln (did you mean Europe/Berlin?)"),
        ("{server_timezone: '+02:00'}", "capture.server_timezone must be a time zone's name such as Europe/Berlin, got +02:00"),
    ],
)  # fmt: skip
def test_fails_when_a_capture_cannot_be(change: str, found: str) -> None:
    assert mistakes(f"capture: {change}") == [found]


@pytest.mark.parametrize("window", ["sat:03:17-sat:03:47", "sun:23:45-mon:00:15"])
def test_takes_maintenance_windows(window: str) -> None:
    assert mistakes(f"capture: {{instance: {{maintenance_window: '{window}'}}}}") == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("{capacity: provisioned}", "stream.shards is missing: provisioned capacity needs a number of shards (give shards, or use on-demand)"),
        ("{shards: 2}", "stream.shards is only for provisioned capacity, got 2 with on-demand (remove it, or set capacity: provisioned)"),
        (f"{{encryption: aws-managed, kms_key_arn: '{KEY}'}}",
         "stream.kms_key_arn is only for encryption: customer-key (remove it, or set encryption: customer-key)"),
        ("{kms_key_arn: alias/mine}", "stream.kms_key_arn must be the ARN of a KMS key (an alias will not do), got alias/mine"),
    ],
)  # fmt: skip
def test_fails_when_a_stream_cannot_be(change: str, found: str) -> None:
    assert mistakes(f"stream: {change}") == [found]


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("", "must be 1 to 768 characters long, got 0 (shorten it)"),
        ("e" * 769, "must be 1 to 768 characters long, got 769 (shorten it)"),
        ("/errors/", "must not begin with a slash, got /errors/ (remove it: it would make a folder without a name)"),
        ("e/!{timestamp:yyyy}/", "must contain !{firehose:error-output-type} because it has an expression, got e/!{timestamp:yyyy}/ (add it)"),
        ("e/!{firehose:error-output-type", "has an expression that is not closed, got e/!{firehose:error-output-type (write !{namespace:value})"),
        ("e/!{firehose:error-output-type}/!{partitionKeyFromQuery:id}",
         "may use !{firehose:error-output-type}, !{firehose:random-string} and !{timestamp:...} only, got !{partitionKeyFromQuery:id} (remove it)"),
        ("e/!{firehose:error-output-type}/!{timestamp}",
         "may use !{firehose:error-output-type}, !{firehose:random-string} and !{timestamp:...} only, got !{timestamp} (remove it)"),
    ],
)  # fmt: skip
def test_fails_when_an_error_prefix_cannot_be(prefix: str, found: str) -> None:
    assert mistakes(f"deliveries: [{{error_prefix: '{prefix}'}}]") == [f"deliveries[0].error_prefix {found}"]


@pytest.mark.parametrize(
    "prefix", ["errors/", "e", "e" * 768, "e/!{firehose:error-output-type}/!{firehose:random-string}/!{timestamp:yyyy/MM}/"]
)
def test_takes_error_prefixes(prefix: str) -> None:
    assert mistakes(f"deliveries: [{{error_prefix: '{prefix}'}}]") == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("data_prefix: '!{timestamp:yyyy}'", "data_prefix must not contain an expression, got !{timestamp:yyyy} (a table has one folder: write its name)"),
        ("data_prefix: /lake", "data_prefix must not begin or end with a slash, got /lake (write it like lake/orders)"),
        ("data_prefix: lake/", "data_prefix must not begin or end with a slash, got lake/ (write it like lake/orders)"),
        ("data_prefix: ''", "data_prefix must not begin or end with a slash, got '' (write it like lake/orders)"),
        ("data_prefix: a//b", "data_prefix must be folders of letters, digits and _ . = -, at most 255 characters, got a//b"),
        ("data_prefix: a b", "data_prefix must be folders of letters, digits and _ . = -, at most 255 characters, got a b"),
        ("{data_prefix: errors, error_prefix: errors/bad/}",
         "error_prefix must not lie inside data_prefix, errors, got errors/bad/ (begin it with errors/)"),
    ],
)  # fmt: skip
def test_fails_when_a_data_prefix_cannot_be(change: str, found: str) -> None:
    assert mistakes(f"deliveries: [{{{change.strip('{}') if change.startswith('{') else change}}}]") == [f"deliveries[0].{found}"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("{alarm_emails: [me]}", "operations.alarm_emails[0] must be a mail address such as data@example.com, got me"),
        ("{alarm_emails: [a@b.c, A@b.c]}", "operations.alarm_emails[1] is listed twice: A@b.c (remove one)"),
        ("{alarm_emails: [a@b.c], topic_arn: 'arn:aws:sns:us-east-1:123456789012:t'}",
         "operations.alarm_emails must not be given together with topic_arn: the topic's owner subscribes to it (keep one of them)"),
        ("{topic_arn: 'arn:aws:sns:us-east-1:123456789012:t.fifo'}",
         "operations.topic_arn must be a standard topic, got arn:aws:sns:us-east-1:123456789012:t.fifo: a FIFO topic refuses messages without a group, and these have none"),
        (f"{{topic_kms_key_arn: '{KEY}'}}",
         "operations.topic_kms_key_arn is only for a topic that exists: the one that is made has a key of the lake's (give topic_arn, or remove it)"),
        ("{delivery_freshness_seconds: 419}",
         "operations.delivery_freshness_seconds must be at least 420 seconds, got 419: deliveries[0] (iceberg) holds rows back for 60 + 60 seconds,"
         " and the alarm looks every 300 (raise it, or remove it for the default)"),
        ("{topic_arn: t}", "operations.topic_arn must be the ARN of an SNS topic, got t"),
    ],
)  # fmt: skip
def test_fails_when_operations_cannot_be(change: str, found: str) -> None:
    assert mistakes(f"operations: {change}") == [found]


def test_a_state_without_a_backend_is_in_s3() -> None:
    assert lake("state: {bucket: abc}").state.backend == "s3"


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ("{grants: false, register_location: true}",
         "lake_formation.grants must not be false with register_location: at a registered location Lake Formation refuses the commits of a role"
         " without a grant (remove one of the two)"),
        (f"{{readers: ['arn:aws:iam::{ACCOUNT}:role/a', 'arn:aws:iam::{ACCOUNT}:role/a']}}",
         f"lake_formation.readers[1] is listed twice: arn:aws:iam::{ACCOUNT}:role/a (remove one)"),
    ],
)  # fmt: skip
def test_fails_when_lake_formation_settings_do_not_fit(settings: str, found: str) -> None:
    assert mistakes(f"lake_formation: {settings}") == [found]
