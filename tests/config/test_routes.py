"""The routes file, as the transform function reads it."""

from __future__ import annotations

import json

from constructs_lib.config.routes import routes
from functions.firehose_transform.routes import BeforeImage, parse_routes
from tests.config.support import SECRET, lake

FULL = f"""\
privacy: {{hash_secret_arn: '{SECRET}'}}
capture: {{position_epoch: 3}}
deliveries:
  - {{name: a, database: first, transform: {{unrouted: fail}}}}
  - {{name: b, database: second}}
tables:
  - source: Shop.Orders
    deliveries: [a]
    mode: mirror
    load: insert
    unknown_columns: freeze
    keys: [order_id]
    columns:
      order_id: {{type: long, source: OrderID}}
      email: {{type: string, pii: hash}}
      card: {{source: CardNo, pii: drop}}
      total: {{type: 'decimal( 12, 2 )', required: true}}
  - {{source: shop.log, target: changes, deliveries: [b], mode: history, keys: [id], columns: {{id: int}}}}
"""


def test_a_delivery_gets_its_own_tables() -> None:
    made = lake(FULL)
    assert routes(made, made.deliveries[0]) == {
        "version": 1,
        "unrouted": "fail",
        "other_deliveries": [{"schema": "shop", "table": "log"}],
        "before_image": {"field": "before-image", "complete": True},
        "position_epoch": 3,
        "routes": [
            {
                "schema": "Shop",
                "table": "Orders",
                "database": "first",
                "target": "orders",
                "mode": "mirror",
                "load": "insert",
                "keys": ["order_id"],
                "unknown_columns": "freeze",
                "columns": [
                    {"name": "order_id", "source": "OrderID", "type": "long", "required": True, "hash": False},
                    {"name": "email", "source": "email", "type": "string", "required": False, "hash": True},
                    {"name": "total", "source": "total", "type": "decimal(12,2)", "required": True, "hash": False},
                ],
                "ignored": ["CardNo"],
            }
        ],
    }
    second = routes(made, made.deliveries[1])
    assert [route["target"] for route in second["routes"]] == ["changes"]
    assert second["other_deliveries"] == [{"schema": "Shop", "table": "Orders"}]


def test_a_table_that_another_delivery_carries_too_is_not_one_of_the_others() -> None:
    made = lake(FULL.replace("[b], mode: history", "[a, b], mode: history"))
    assert routes(made, made.deliveries[0])["other_deliveries"] == []


def test_the_function_reads_what_is_written() -> None:
    made = lake(FULL)
    for delivery in made.deliveries:
        parsed = parse_routes(json.dumps(routes(made, delivery)))
        assert parsed.before_image == BeforeImage("before-image", complete=True)
        assert [route.database for route in parsed.routes] == [made.database_of(delivery)]


def test_a_task_that_only_loads_has_no_before_images() -> None:
    made = lake("capture: {mode: full-load}")
    assert routes(made, made.deliveries[0])["before_image"] is None
