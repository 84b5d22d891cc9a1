"""Sources that change at random, and what DMS sends of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from scripts.local.records import CapturedRecord
from tests.local.support import Row, Stream

ORDERS = Stream("shop", "orders", ("order_id",))
LINES = Stream("shop", "lines", ("order_id", "line", "sku"))
STOCK = Stream("shop", "stock", ("sku", "store"))


def order(key: int, status: str | None = "new") -> dict[str, Any]:
    return {
        "order_id": key,
        "status": status,
        "total": 12.34,
        "quantity": 1,
        "weight": 0.1,
        "ratio": 0.5,
        "is_open": True,
        "shipped_on": "2024-02-29",
        "created_at": "2024-01-15T10:29:58.123456Z",
        "note": "0x00ff",
    }


class RandomSource:
    """A source that changes at random, and what DMS sends of it."""

    def __init__(self, stream: Stream, seed: int, keys: int = 40) -> None:
        self.stream = stream
        self.chance = random.Random(seed)
        self.keys = keys
        self.rows: dict[tuple[Any, ...], Row] = {}
        self.at = 0

    def load(self, count: int) -> Iterator[CapturedRecord]:
        for number in range(count):
            row = self._row(number)
            self.rows[self._key(row)] = row
            yield self.stream.load(row)

    def changes(self, count: int, step: int = 1) -> Iterator[CapturedRecord]:
        for _ in range(count):
            self.at += step
            row = self._row(self.chance.randrange(self.keys))
            key = self._key(row)
            operation = self.chance.choice(["update", "update", "delete"]) if key in self.rows else "insert"
            if operation == "delete":
                row = self.rows.pop(key)
            else:
                self.rows[key] = row
            yield self.stream.change(operation, row, self.at)

    def sorted(self) -> list[Row]:
        return sorted(self.rows.values(), key=str)

    def _key(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[key] for key in self.stream.keys)

    def _row(self, number: int) -> Row:
        amount = self.chance.randrange(1000)
        if self.stream.table == "stock":
            return {"sku": f"s{number // 4}", "store": number % 4, "amount": amount}
        return {"order_id": number // 8, "line": number % 8 // 2, "sku": f"s{number % 2}", "amount": amount}
