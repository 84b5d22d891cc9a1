# ruff: noqa: E501 - a message stands in one piece
"""Rules within one table."""

from __future__ import annotations

import pytest

from tests.config.support import lake_with_table, mistakes_in, table_mistakes, text_with_table


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("keys: [id, id]", "keys[1] is listed twice: id (remove one)"),
        ("keys: [ids]", "keys[0] is not a column of this table: ids (did you mean id?)"),
        ("keys: [order_number]", "keys[0] is not a column of this table: order_number (the columns are id, status, total)"),
        ("{keys: [OrderID], columns: {order_id: {type: long, source: OrderID}}}",
         "keys[0] is not a column of this table: OrderID (did you mean order_id?)"),
        ("columns: {id: {pii: drop}, b: int}", "keys[0] is a column that is dropped: id (hash it instead, or choose another key)"),
        ("columns: {id: float}", "keys[0] must not be a float column, got id: its values do not compare exactly (use the source's primary key)"),
        ("columns: {id: double}", "keys[0] must not be a double column, got id: its values do not compare exactly (use the source's primary key)"),
        ("columns: {id: boolean}", "keys[0] must not be a boolean column, got id: two values cannot tell rows apart (use the source's primary key)"),
        ("columns: {id: binary}",
         "keys[0] must not be a binary column, got id: delete files match its text, not its bytes"
         " (write string: the hexadecimal text that DMS sends for BINARY and VARBINARY)"),
    ],
)  # fmt: skip
def test_fails_when_a_key_cannot_be(change: str, found: str) -> None:
    assert table_mistakes(change) == [f"tables[0].{found}"]


@pytest.mark.parametrize("kind", ["int", "long", "string", "date", "timestamp", '"decimal(20,0)"', "{type: string, pii: hash}"])
def test_takes_keys_that_compare_exactly(kind: str) -> None:
    secret = "privacy: {hash_secret_arn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf'}\n"
    assert mistakes_in(text_with_table(f"columns: {{id: {kind}}}") + secret) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("columns: {id: long, Total: int}",
         "columns.Total must be named with at most 255 lower-case letters, digits and underscores, not beginning with a digit, as Glue lower-cases"
         " names and Firehose matches them exactly, got Total (write total: {source: Total, ...})"),
        ("columns: {id: long, 2nd: int}",
         "columns.2nd must be named with at most 255 lower-case letters, digits and underscores, not beginning with a digit, as Glue lower-cases"
         " names and Firehose matches them exactly, got 2nd (write _2nd: {source: 2nd, ...})"),
        ("columns: {id: long, a: {}}", "columns.a.type is missing: a column that reaches the lake needs a type (give one, or pii: drop)"),
        ("columns: {id: long, a: {type: int, pii: hash}}",
         "columns.a.type must be string with pii: hash, got int (the hash is 64 hexadecimal digits)"),
        ("columns: {id: long, a: {pii: drop, required: true}}", "columns.a.required is not used with pii: drop (remove one of the two)"),
        ("columns: {id: long, a: {type: int, source: ID}}", "columns.a.source reads the same source column as id: ID (keep one of them)"),
        ("columns: {a: {type: int, source: id}, id: long}", "columns.id reads the same source column as a: id (keep one of them)"),
        ("columns: {id: long, a: time}",
         "columns.a.type cannot be time in a table that Moulin creates (use string: the Glue catalog has no time type, and MySQL's TIME may be"
         " negative or above 24 hours; or set create: false)"),
        ("columns: {id: long, a: {source: '', type: int}}", "columns.a.source must be a name that MySQL can have and DMS can read: no backtick or single quote, no control character, none beyond U+FFFF, no blank at its end, 1 to 64 characters,"
         " got '' (0 characters)"),
        ("columns: {id: long, a: 'decimal(39,2)'}",
         "columns.a must have a precision between 1 and 38 and a scale no larger than it, got decimal(39,2)"
         " (a wider MySQL DECIMAL can be kept exactly as string)"),
        ("columns: {id: long, a: 'decimal(4,5)'}",
         "columns.a must have a precision between 1 and 38 and a scale no larger than it, got decimal(4,5)"
         " (a wider MySQL DECIMAL can be kept exactly as string)"),
    ],
)  # fmt: skip
def test_fails_when_a_column_cannot_be(change: str, found: str) -> None:
    hash_secret = "privacy: {hash_secret_arn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf'}\n"
    assert mistakes_in(text_with_table(change) + hash_secret) == [f"tables[0].{found}"]


@pytest.mark.parametrize("name", ["_op", "_position", "_ingested_at", "_previous_id"])
def test_fails_when_a_history_has_a_column_of_its_own_columns_names(name: str) -> None:
    change = f"{{mode: history, columns: {{id: long, {name}: string}}}}"
    assert table_mistakes(change) == [
        f"tables[0].columns.{name} must not be named {name}: a history table has a column of that name (name it otherwise, with source: {name})"
    ]
    assert table_mistakes(change.replace("history", "mirror")) == []


def test_takes_types_that_glue_cannot_create_in_a_table_that_is_there() -> None:
    assert table_mistakes("{create: false, columns: {id: uuid, a: timestamptz}}") == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("partition_by: [id]",
         "partition_by needs create: false: Terraform cannot create a partitioned Iceberg table with this provider"
         " (set create: false and run what moulin ddl prints, or remove partition_by)"),
        ("{create: false, partition_by: [status]}",
         "partition_by[0] must be a key column in a mirror, got status: Firehose deletes only in the partition that the record names, so an update"
         " that changes it leaves the old row behind (choose among id, use mode: history, or remove it)"),
        ("{create: false, partition_by: [stats]}", "partition_by[0] is not a column of this table: stats (did you mean status?)"),
        ("{create: false, partition_by: [id, id]}", "partition_by[1] is listed twice: id (remove one)"),
        ("{create: false, mode: history, partition_by: [b], columns: {id: long, b: {pii: drop}}}",
         "partition_by[0] is a column that is dropped: b (choose another)"),
    ],
)  # fmt: skip
def test_fails_when_a_partition_cannot_be(change: str, found: str) -> None:
    assert table_mistakes(change) == [f"tables[0].{found}"]


def test_a_history_may_be_partitioned_by_any_column() -> None:
    assert table_mistakes("{create: false, mode: history, partition_by: [status]}") == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("source: orders",
         "source must be schema.table in the source's own spelling, each at most 64 characters, got orders"
         " (a name with a blank or a dot in it is written source: {schema: my shop, table: order items})"),
        ("source: a.b.c",
         "source must be schema.table in the source's own spelling, each at most 64 characters, got a.b.c"
         " (a name with a blank or a dot in it is written source: {schema: my shop, table: order items})"),
        ("source: my shop.order items",
         "source must be schema.table in the source's own spelling, each at most 64 characters, got my shop.order items"
         " (write source: {schema: my shop, table: order items})"),
        ("source: {schema: shop}", "source.table is missing: the table, in its own spelling"),
        ("source: {schema: shop, tabel: orders}", "source.tabel is not a known key (did you mean table?)"),
        ("source: [shop, orders]", "source must be text, got a list"),
        ('source: {schema: shop, table: "orders "}',
         "source.table must be a name that MySQL can have and DMS can read: no backtick or single quote, no control character, none beyond U+FFFF, no blank at its end, 1 to 64 characters,"
         " got 'orders '"),
        ('source: {schema: "\U0001f427", table: orders}',
         "source.schema must be a name that MySQL can have and DMS can read: no backtick or single quote, no control character, none beyond U+FFFF, no blank at its end, 1 to 64 characters,"
         " got \U0001f427"),
        ('columns: {id: long, "a": {source: "tab\\there", type: int}}',
         "columns.a.source must be a name that MySQL can have and DMS can read: no backtick or single quote, no control character, none beyond U+FFFF, no blank at its end, 1 to 64 characters,"
         " got 'tab\\there'"),
        ("columns: {id: long, secret: {source: 'se[cret', pii: drop}}",
         "columns.secret.source cannot be dropped where a name has a [, got se[cret: DMS reads a set of characters there, and would not find the"
         " column (hash it instead, or rename it in the source)"),
        ("{source: 'shop.a[b]', columns: {id: long, secret: {pii: drop}}}",
         "columns.secret cannot be dropped where a name has a [, got a[b]: DMS reads a set of characters there, and would not find the"
         " column (hash it instead, or rename it in the source)"),
        ("columns: {id: long, a_b: {pii: drop}, axb: long}",
         "columns.a_b must not be dropped, got a_b: DMS reads % and _ in it as wildcards, and would leave out axb too"
         " (hash it instead, or rename one of the two in the source)"),
        ("columns: {id: long, rate: {source: 'ra%', pii: drop}, rank: {source: 'RATE %', type: long}}",
         "columns.rate.source must not be dropped, got ra%: DMS reads % and _ in it as wildcards, and would leave out rank too"
         " (hash it instead, or rename one of the two in the source)"),
        ("source: shop.it's", "source must have no backtick or single quote, which DMS does not support in a name, got shop.it's (rename it)"),
        ("columns: {id: long, a: {source: 'tick`', type: int}}",
         "columns.a.source must be a name that MySQL can have and DMS can read: no backtick or single quote, no control character, none beyond U+FFFF,"
         " no blank at its end, 1 to 64 characters, got tick`"),
        ("source: {schema: shop, table: '${x}'}",
         "source.table must not contain ${, which Terraform would read as an expression, got '${x}' (rename it)"),
        ("source: mysql.user", "source must not be a table of MySQL itself, got mysql.user (DMS does not replicate them: remove it)"),
        ("{mode: history, load: insert}", "load is for mirror tables only: a history keeps every row (remove it)"),
        (f"{{mode: history, target: {'t' * 248}}}", "target must be at most 247 characters in a history, got 248: its view adds _current (shorten it)"),
        ("columns: {id: {pii: drop}}", "keys[0] is a column that is dropped: id (hash it instead, or choose another key)"),
        ("target: Orders-1", "target must be lower-case letters, digits and underscores, 1 to 255 characters, got Orders-1 (try orders_1)"),
    ],
)  # fmt: skip
def test_fails_when_a_table_cannot_be(change: str, found: str) -> None:
    assert f"tables[0].{found}" in table_mistakes(change)


@pytest.mark.parametrize(
    ("written", "label", "target"),
    [
        ("shop.orders", "shop.orders", "orders"),
        ("{schema: my shop, table: order items}", "my shop.order items", "order_items"),
        ("{schema: a.b, table: c}", "`a.b`.c", "c"),
        ("{schema: a, table: b.c}", "a.`b.c`", "b_c"),
    ],
)
def test_a_source_has_two_names_and_one_label(written: str, label: str, target: str) -> None:
    table = lake_with_table(f"source: {written}").tables[0]
    assert (str(table.source), table.target_name) == (label, target)


def test_a_target_comes_from_the_source() -> None:
    assert lake_with_table("source: Shop.Order-Items$").tables[0].target_name == "order_items_"
