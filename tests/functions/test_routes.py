"""The routes file is read whole or refused with the place and the remedy."""

import json

import pytest

from functions.firehose_transform.routes import RoutesError, history_columns, parse_routes
from functions.firehose_transform.transform import Transformer


def test_reads_the_fixture(routes_document):
    routes = parse_routes(json.dumps(routes_document))
    assert [(route.schema, route.table, route.mode) for route in routes.routes] == [
        ("testdb", "retail_trans", "mirror"),
        ("public", "orders", "history"),
    ]
    assert not routes.needs_hash_key


def test_history_columns_are_named_in_order():
    assert history_columns(["a", "b"]) == (
        "_op",
        "_commit_timestamp",
        "_position",
        "_stream_position",
        "_transaction_id",
        "_ingested_at",
        "_previous_a",
        "_previous_b",
    )


def _at(document, *path):
    for step in path[:-1]:
        document = document[step]
    return document, path[-1]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("version",), 2, "version 2 is not supported, expected 1"),
        (("version",), "1", "routes file.version must be int, got str"),
        (("unrouted",), "ignore", "unrouted must be one of drop, fail, got 'ignore'"),
        (("before_image", "field"), "data", "before_image.field must not be one of DMS's own keys, got 'data'"),
        (("before_image", "field"), "", "before_image.field must not be empty"),
        (("before_image", "complete"), "yes", "before_image.complete must be bool, got str"),
        (("before_image",), "before-image", "before_image must be dict, got str"),
        (("other_deliveries", 0), "x", r"other_deliveries\[0\] must be an object, got str"),
        (("other_deliveries", 0, "table"), "", r"other_deliveries\[0\].table must not be empty"),
        (("other_deliveries", 0, "table"), "retail_trans", "source table: testdb.retail_trans given more than once"),
        (("position_epoch",), 10_000, "position_epoch must be between 0 and 9999, got 10000"),
        (("position_epoch",), -1, "position_epoch must be between 0 and 9999, got -1"),
        (("position_epoch",), True, "position_epoch must be int, got bool"),
        (("routes",), {}, "routes must be list, got dict"),
        (("routes", 0), [], r"routes\[0\] must be an object, got list"),
        (("routes", 0, "mode"), "append", r"routes\[0\].mode must be one of mirror, history"),
        (("routes", 0, "load"), "upsert", r"routes\[0\].load must be one of update, insert"),
        (("routes", 0, "unknown_columns"), "grow", "unknown_columns must be one of discard, freeze, evolve"),
        (("routes", 0, "keys"), [], r"routes\[0\].keys must not be empty in mirror mode"),
        (("routes", 0, "keys"), ["id"], r"routes\[0\].keys: id not among the columns trans_id, "),
        (("routes", 0, "keys"), ["sku", "sku"], r"routes\[0\].keys: sku given more than once"),
        (("routes", 0, "keys"), [1], r"routes\[0\].keys must hold only text"),
        (("routes", 0, "columns"), [], r"routes\[0\].columns must not be empty"),
        (("routes", 0, "columns", 1, "name"), "sku", r"routes\[0\].columns: sku given more than once"),
        (
            ("routes", 0, "columns", 1, "type"),
            "varchar",
            r"routes\[0\].columns\[1\].type: unsupported type 'varchar', expected one of boolean",
        ),
        (("routes", 0, "columns", 0, "hash"), True, "a hashed column holds text, so its type must be string, got long"),
        (("routes", 0, "columns", 0, "required"), 1, "required must be bool, got int"),
        (("routes", 1, "columns", 1, "name"), "_op", r"routes\[1\].columns: _op given more than once"),
        (("routes", 1, "table"), "", r"routes\[1\].table must not be empty"),
    ],
)
def test_fails_when_a_field_is_wrong(routes_document, path, value, message):
    parent, last = _at(routes_document, *path)
    parent[last] = value
    with pytest.raises(RoutesError, match=message):
        parse_routes(json.dumps(routes_document))


@pytest.mark.parametrize(
    "path",
    [
        *(("version",), ("unrouted",), ("other_deliveries",), ("before_image",), ("before_image", "complete"), ("routes",)),
        *(("routes", 0, "keys"), ("routes", 0, "ignored"), ("other_deliveries", 0, "schema")),
    ],
)
def test_fails_when_a_field_is_missing(routes_document, path):
    parent, last = _at(routes_document, *path)
    del parent[last]
    with pytest.raises(RoutesError, match=f"{last} is missing"):
        parse_routes(json.dumps(routes_document))


def test_fails_when_two_routes_have_one_source(routes_document):
    routes_document["routes"].append(routes_document["routes"][0])
    with pytest.raises(RoutesError, match=r"source table: testdb.retail_trans given more than once"):
        parse_routes(json.dumps(routes_document))


@pytest.mark.parametrize("text", ["", "{", "[]", "1"])
def test_fails_when_the_file_is_not_a_json_object(text):
    with pytest.raises(RoutesError, match="routes file"):
        parse_routes(text)


def test_a_history_table_may_have_no_keys(routes_document):
    routes_document["routes"][1]["keys"] = []
    assert parse_routes(json.dumps(routes_document)).routes[1].keys == ()


def test_fails_when_a_column_is_hashed_and_there_is_no_key(routes_document):
    routes_document["routes"][0]["columns"][1]["hash"] = True
    routes = parse_routes(json.dumps(routes_document))
    assert routes.needs_hash_key
    with pytest.raises(ValueError, match="customer_id is hashed but there is no hash key"):
        Transformer(routes)
