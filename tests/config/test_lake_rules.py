# ruff: noqa: E501 - a message stands in one piece
"""Rules of the lake as a whole."""

from __future__ import annotations

import pytest

from constructs_lib.config.rules import RULES
from tests.config.support import ACCOUNT, BASE, KEY, SECRET, data_of, lake, mistakes, mistakes_in

EXISTING = f"{{cluster_identifier: c, security_group_id: sg-1, secret_arn: '{SECRET}'}}"


def table(**changes: str) -> str:
    parts = {"source": "shop.orders", "mode": "mirror", "keys": "[id]", "columns": "{id: long}", **changes}
    return "{" + ", ".join(f"{key}: {value}" for key, value in parts.items()) + "}"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("tags: {'aws:x': y}", "tags.aws:x must not begin with aws:, which is AWS's own (name it otherwise)"),
        ("tags: {'moulin:lake': y}", "tags.moulin:lake is set by Moulin, as all of moulin:* and Name (name it otherwise)"),
        ("tags: {Name: y}", "tags.Name is set by Moulin, as all of moulin:* and Name (name it otherwise)"),
        ("tags: {Team: a, team: b}", "tags.team differs from Team by case only, which IAM refuses (keep one of them)"),
        ("tags: {a: 'b;c'}", "tags.a must be letters, digits, blanks and _ . : / = + - @ only, got b;c"),
        (f"tags: {{a: {'v' * 257}}}", "tags.a must be at most 256 characters, got 257 (shorten it)"),
        (f"tags: {{{'k' * 129}: v}}", f"tags.{'k' * 129} must have a key of 1 to 128 characters, got 129"),
        ("tags: {a: 5}", 'tags.a must be text, got the number 5 (quote it: "5")'),
        (f"tags: {{{', '.join(f't{n}: x' for n in range(47))}}}", "tags must be at most 46: AWS allows 50 and four are Moulin's, got 47"),
    ],
)
def test_fails_when_a_tag_cannot_be(change: str, found: str) -> None:
    assert mistakes(change) == [found]


def test_takes_as_many_and_as_long_tags_as_aws() -> None:
    most = {f"t{n}": "x" for n in range(45)} | {"k" * 128: "v" * 256}
    assert len(lake(f"tags: {most}").tags) == 46


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("{state: {bucket: lake-x}, storage: {bucket: lake-x}}",
         "state.bucket must differ from the lake's own buckets, got lake-x (give the state a bucket of its own)"),
        ("{state: {bucket: lake-x-errors}, storage: {bucket: lake-x}}",
         "state.bucket must differ from the lake's own buckets, got lake-x-errors (give the state a bucket of its own)"),
    ],
)  # fmt: skip
def test_fails_when_buckets_are_shared(change: str, found: str) -> None:
    assert mistakes(change) == [found]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("storage: {kms_key_arn: ARN}", "storage.kms_key_arn"),
        ("stream: {kms_key_arn: ARN}", "stream.kms_key_arn"),
        ("source: {create: {kms_key_arn: ARN}}", "source.create.kms_key_arn"),
        ("state: {bucket: abc, kms_key_arn: ARN}", "state.kms_key_arn"),
        ("operations: {topic_arn: 'arn:aws:sns:REGION:ACCOUNT:t'}", "operations.topic_arn"),
        ("operations: {topic_arn: 'arn:aws:sns:us-east-1:123456789012:t', topic_kms_key_arn: ARN}", "operations.topic_kms_key_arn"),
        ("privacy: {hash_secret_arn: 'arn:aws:secretsmanager:REGION:ACCOUNT:secret:x-AbCdEf'}", "privacy.hash_secret_arn"),
        ("privacy: {hash_secret_kms_key_arn: ARN}", "privacy.hash_secret_kms_key_arn"),
        ("{network: {existing: {vpc_id: vpc-1, private_subnet_ids: [subnet-1, subnet-2]}}, source: {existing: {cluster_identifier: c,"
         " security_group_id: sg-1, secret_arn: 'arn:aws:secretsmanager:REGION:ACCOUNT:secret:x-AbCdEf'}}}", "source.existing.secret_arn"),
    ],
)  # fmt: skip
def test_fails_when_an_arn_is_of_elsewhere(change: str, place: str) -> None:
    def found(region: str, account: str) -> list[str]:
        arn = f"'arn:aws:kms:{region}:{account}:key/11111111-2222-4333-8444-555555555555'"
        body = change.strip("{}") if change.startswith("{network") else change
        body = change[1:-1].replace("}}, source", "}}\nsource") if change.startswith("{network") else body
        return mistakes(f"account: '{ACCOUNT}'\n" + body.replace("ARN", arn).replace("REGION", region).replace("ACCOUNT", account))

    assert found("us-east-1", ACCOUNT) == []
    assert found("eu-west-1", ACCOUNT) == [f"{place} must be of region us-east-1, got eu-west-1 (correct one of the two)"]
    assert found("us-east-1", "999999999999") == [f"{place} must be of account {ACCOUNT}, got 999999999999 (correct one of the two)"]


def test_a_state_key_is_of_the_states_region() -> None:
    assert mistakes(f"state: {{bucket: abc, region: us-east-1, kms_key_arn: '{KEY}'}}") == []
    assert mistakes(f"state: {{bucket: abc, region: us-east-2, kms_key_arn: '{KEY}'}}") == [
        "state.kms_key_arn must be of region us-east-2, got us-east-1 (correct one of the two)"
    ]


def test_fails_when_an_arn_is_of_another_partition() -> None:
    assert mistakes("lake_formation: {readers: ['arn:aws-cn:iam::123456789012:role/r']}") == [
        "lake_formation.readers[0] must be of the lake's partition, aws, got aws-cn (correct it, or the region)"
    ]


def test_fails_when_an_existing_source_gets_a_new_network() -> None:
    assert mistakes(f"source: {{existing: {EXISTING}}}") == [
        "network must be existing when source is: a created VPC has no way to a database in another one"
        " (give network.existing the database's VPC and private subnets)"
    ]


def test_fails_when_the_bastion_cannot_be_reached() -> None:
    endpoints = "kinesis-streams, secretsmanager"
    network = f"network: {{create: {{nat_gateways: 0, interface_endpoints: [{endpoints}]}}}}\n"
    assert mistakes(network) == []
    assert mistakes(f"{network}bastion: {{}}") == [
        "bastion needs a way to Session Manager with nat_gateways: 0 (add network.create.interface_endpoints: ssm, ssmmessages)"
    ]


@pytest.mark.parametrize(
    ("deliveries", "found"),
    [
        ("[{name: a, database: a}, {name: a, database: b}]", ["deliveries[1].name is already the name of deliveries[0]: a (give each delivery a name)"]),
        ("[{name: a}, {name: b, database: retail_dev}]",
         ["deliveries[1].database is already the database of deliveries[0]: retail_dev (give each delivery a database)"]),
        ("[{name: a}, {name: b}]", ["deliveries[1].database is already the database of deliveries[0]: retail_dev (give each delivery a database)"]),
        ("[{name: a, database: a, stream_name: retail-dev-b}, {name: b, database: b}]",
         ["deliveries[1].stream_name is already the stream of deliveries[0]: retail-dev-b (name one of them otherwise)"]),
        ("[{name: capture}]",
         ["deliveries[0].name is a name that Moulin gives to another part of the lake: capture (name it after its tables)"]),
    ],
)  # fmt: skip
def test_fails_when_deliveries_are_not_apart(deliveries: str, found: list[str]) -> None:
    table_of_a = table(deliveries="[a]") if "name: a" in deliveries else table()
    tables = f"[{table_of_a}, {table(source='a.b', deliveries='[b]')}]" if "name: b" in deliveries else f"[{table_of_a}]"
    assert mistakes(f"deliveries: {deliveries}\ntables: {tables}") in (
        found,
        [*found, "deliveries[1] has no table: none names a in its deliveries (name it in one, or remove the delivery)"],
    )


def test_fails_when_a_delivery_is_named_as_a_part_of_another() -> None:
    assert mistakes("deliveries: [{name: a-transform}]") == [
        "deliveries[0].name must not end as the names of a delivery's own parts do, -transform, -optimizers, got a-transform"
    ]


def test_fails_when_a_delivery_carries_nothing() -> None:
    deliveries = "deliveries: [{name: a}, {name: b, database: b}]\n"
    assert mistakes(f"{deliveries}tables: [{table(deliveries='[a]')}]") == [
        "deliveries[1] has no table: none names b in its deliveries (name it in one, or remove the delivery)"
    ]


def test_fails_when_a_delivery_carries_more_than_is_tested() -> None:
    def with_tables(count: int) -> list[str]:
        entries = (f"  - {table(source=f'a.t{n}')}" for n in range(count))
        return mistakes_in("\n".join([BASE.split("  - ", maxsplit=1)[0].rstrip(), *entries]))

    assert with_tables(1000) == []
    assert with_tables(1001) == ["deliveries[0] must carry at most 1000 tables, got 1001 (spread them over several deliveries)"]


@pytest.mark.parametrize(
    ("tables", "found"),
    [
        (f"[{table(deliveries='[icebrg]')}]",
         ["tables[0].deliveries[0] is not a delivery of this lake: icebrg (did you mean iceberg?)",
          "deliveries has no table"]),
        (f"[{table()}, {table(source='a.b', deliveries='[]')}]",
         ["tables[1].deliveries names no delivery (name one, or remove it for all)"]),
        (f"[{table()}, {table(source='a.b', deliveries='[iceberg, iceberg]')}]",
         ["tables[1].deliveries[1] is listed twice: iceberg (remove one)"]),
        (f"[{table()}, {table(target='other')}]",
         ["tables[1].source is already carried by delivery iceberg as tables[0]: shop.orders (remove one, or give each a delivery of its own)"]),
        (f"[{table()}, {table(source='old.orders')}]",
         ["tables[1].source must be a table of its own: tables[0] writes retail_dev.orders too (give it another target, or one delivery only)"]),
        (f"[{table()}, {table(source='a.b', target='orders')}]",
         ["tables[1].target must be a table of its own: tables[0] writes retail_dev.orders too (give it another target, or one delivery only)"]),
        (f"[{table(mode='history')}, {table(source='a.b', target='orders_current')}]",
         ["tables[1].target is the name of the view that tables[0] gets: orders_current (name it otherwise; _current ends the names of views)"]),
        (f"[{table(columns='{id: long, email: {type: string, pii: hash}}')}]",
         ["tables[0].columns.email.pii needs the key of the hash (give privacy.hash_secret_arn, or use pii: drop)"]),
    ],
)  # fmt: skip
def test_fails_when_tables_are_not_apart(tables: str, found: list[str]) -> None:
    result = [line for line in mistakes(f"tables: {tables}") if not line.startswith("deliveries[0] has no table")]
    assert result == [line for line in found if line != "deliveries has no table"]


@pytest.mark.parametrize(
    ("prefix", "source", "location", "other"),
    [
        ("lake", "a.orders", "lake/orders.iceberg", "lake/orders.iceberg"),
        ("lake/orders.iceberg", "a.items", "lake/orders.iceberg/items.iceberg", "lake/orders.iceberg"),
        ("lake/orders.iceberg_old", "a.items", "lake/orders.iceberg_old/items.iceberg", "lake/orders.iceberg"),
    ],
    ids=["the same", "inside", "the same beginning"],
)
def test_fails_when_a_location_begins_with_that_of_another_table(prefix: str, source: str, location: str, other: str) -> None:
    deliveries = f"deliveries: [{{name: a, database: a, data_prefix: lake}}, {{name: b, database: b, data_prefix: {prefix}}}]\n"
    tables = f"tables: [{table(deliveries='[a]')}, {table(source=source, deliveries='[b]')}]"
    assert mistakes(deliveries + tables) == [
        f"deliveries[1].data_prefix puts a table where another's location begins: {location} begins with that of tables[0], {other},"
        " and removing the orphan files of the one could delete the other (give the deliveries data_prefixes apart)"
    ]


def test_no_location_of_neighbouring_names_is_the_beginning_of_another() -> None:
    names = ["orders", "orders_archive", "orders_", "orders2", "order"]
    prefixes = ["lake", "lake/orders", "lake2", "lake_orders"]
    deliveries = ", ".join(f"{{name: d{at}, database: d{at}, data_prefix: {prefix}}}" for at, prefix in enumerate(prefixes))
    found = lake(f"deliveries: [{deliveries}]\ntables: [{', '.join(table(source=f'shop.{name}') for name in names)}]")
    locations = [found.location_of(delivery, table) for delivery in found.deliveries for table in found.tables]
    assert len(set(locations)) == len(names) * len(prefixes)
    assert [(one, other) for one in locations for other in locations if one != other and other.startswith(one)] == []


def test_fails_when_a_delivery_with_a_mirror_is_append_only() -> None:
    """Firehose delivers updates and deletes of such a stream out of order."""
    tables = f"tables: [{table(mode='history', source='shop.log')}, {table()}, {table(source='shop.more')}]"
    assert mistakes(f"deliveries: [{{append_only: true}}]\n{tables}") == [
        "deliveries[0].append_only must not be true beside a mirror, got tables[1], shop.orders: Firehose then delivers its updates and deletes"
        " out of order (give mirrors a delivery of their own, or remove it)"
    ]


def test_takes_an_append_only_delivery_of_histories_beside_one_with_mirrors() -> None:
    deliveries = "deliveries: [{name: a, database: a}, {name: b, database: b, append_only: true}]\n"
    tables = f"tables: [{table(deliveries='[a]')}, {table(mode='history', deliveries='[b]')}]"
    assert mistakes(deliveries + tables) == []


def test_fails_when_a_column_is_dropped_for_one_delivery_only() -> None:
    deliveries = "deliveries: [{name: a, database: a}, {name: b, database: b}]\n"
    dropping = table(deliveries="[a]", columns="{id: long, email: {pii: drop}}")
    reading = table(deliveries="[b]", columns="{id: long, mail: {type: string, source: email}}")
    assert mistakes(f"{deliveries}tables: [{dropping}, {reading}]") == [
        "tables[1].columns.mail is dropped by tables[0], and DMS then drops it for the whole lake (drop it here too, or hash it there)"
    ]


def test_a_rule_is_held_back_while_what_it_rests_on_is_wrong() -> None:
    """The name that would make two streams equal is itself wrong: one mistake, not two."""
    assert mistakes("name: X\ndeliveries: [{stream_name: x-dev-b}]") == [
        "name must be lower-case letters, digits and single hyphens, starting with a letter, 2 to 20 characters, got X (1 characters)"
    ]
    assert [line.split(" ")[0] for line in mistakes("deliveries: [{name: A}]\ntables: [" + table(deliveries="[a]") + "]")] == [
        "deliveries[0].name"
    ]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_silent_on_a_good_lake(rule: object) -> None:
    assert callable(rule)
    assert list(rule(lake())) == []


def test_the_base_is_good() -> None:
    assert mistakes_in("") != []
    assert mistakes("") == []
    assert data_of()["name"] == "retail"


@pytest.mark.parametrize("start", ["${", "%{"])
def test_fails_when_terraform_would_read_text_as_an_expression(start: str) -> None:
    columns = f'columns: {{id: {{type: long, source: "id{start}x}}"}}}}'
    found = f"must not contain {start}, which Terraform would read as an expression, got 'id{start}x}}' (rename it)"
    assert mistakes(f"tables: [{{source: shop.orders, mode: mirror, keys: [id], {columns}}}]") == [f"tables[0].columns.id.source {found}"]
    assert mistakes(f'deliveries: [{{error_prefix: "err{start}x}}/!{{firehose:error-output-type}}/"}}]') != []


def test_dollar_and_braces_alone_are_no_expression() -> None:
    assert mistakes('tables: [{source: "shop.a$b", target: a, mode: mirror, keys: [id], columns: {id: long}}]') == []
