"""A lake with histories, what its source went through, and what its rows are afterwards."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from scripts.local.records import CapturedRecord
from tests.local.support import Stream

DATABASE = "engine_dev"
LAKE = """\
name: engine
region: us-east-1
account: "123456789012"
state: {backend: local}
tables:
  - source: shop.stock
    mode: history
    keys: [sku, store]
    columns: {sku: string, store: int, amount: int}
  - source: shop.kinds
    mode: history
    keys: [id]
    columns:
      id: long
      flag: boolean
      small: int
      ratio: float
      weight: double
      price: decimal(38,10)
      count: decimal(20,0)
      day: date
      at: timestamp
      name: string
      raw: binary
      select: string # a word of SQL
      _fact_rank: int # a name that the view uses itself
      ranked: int
  - source: shop.orders
    mode: mirror
    keys: [order_id]
    columns: {order_id: long, status: string}
  - {source: shop.levels, mode: history, keys: [id], columns: {id: int, amount: int}}
  - {source: shop.depths, mode: history, keys: [id], columns: {id: int, amount: int}}
  - {source: shop.notes, mode: history, keys: [id], columns: {id: int, note: string}}
  - {source: shop.marks, mode: history, keys: [id], columns: {id: int, note: string}}
"""
TABLES = ("stock", "kinds", "orders", "levels", "depths", "notes", "marks")
WIDER = LAKE.replace("{id: int, amount: int}", "{id: long, amount: long}").replace(
    "{id: int, note: string}", "{id: int, note: string, by: string}"
)
"""The lake file after its source changed: `levels` and `depths` have wider types, `notes` and `marks` a column more."""

Stock = tuple[str, int, int | None]
"""sku, store, amount: a row of the view, as the source has it."""

KINDS: dict[str, Any] = {
    "id": 9_223_372_036_854_775_807,
    "flag": True,
    "small": -2_147_483_648,
    "ratio": 0.5,
    "weight": 0.1,
    "price": Decimal("1234567890123456789012345678.0123456789"),
    "count": Decimal(18_446_744_073_709_551_615),
    "day": date(9999, 12, 31),
    "at": datetime(2024, 1, 15, 10, 29, 58, 123456),
    "name": "ä 'quoted' \"twice\" \\",
    "raw": b"\x00\xff",
    "select": "",
    "_fact_rank": 0,
    "ranked": 2_147_483_647,
}
"""A row of each type, under names that need their quotes, as the lake has it."""

EMPTY = {**dict.fromkeys(KINDS), "id": 1}
"""A row that is null but for its key."""


class Shop:
    """A source that changes at random, its keys too, and what is captured of it."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._stream = Stream("shop", "stock", ("sku", "store"))
        self._at = 0
        self._stock: dict[tuple[str, int], int | None] = {}

    def records(self, changes: int) -> Iterator[CapturedRecord]:
        """A full load, then changes of `stock`; the other tables are loaded only."""
        kinds, orders = Stream("shop", "kinds", ("id",)), Stream("shop", "orders", ("order_id",))
        yield from (kinds.load(_as_sent(row)) for row in (KINDS, EMPTY))
        yield from (orders.load({"order_id": number, "status": "new"}) for number in range(3))
        for table, column, value in (("levels", "amount", 7), ("depths", "amount", 7), ("notes", "note", "a"), ("marks", "note", "a")):
            yield Stream("shop", table, ("id",)).load({"id": 1, column: value})
        for number in range(12):
            key = (f"s{number % 4}", number // 4)
            self._stock[key] = number
            yield self._stream.load(_row(key, number))
        for _ in range(changes):
            self._at += 1
            yield self._change((f"s{self._chance.randrange(4)}", self._chance.randrange(6)))

    def rows(self) -> list[Stock]:
        """The rows of `stock`."""
        return [(sku, store, amount) for (sku, store), amount in self._stock.items()]

    def _change(self, key: tuple[str, int]) -> CapturedRecord:
        if key not in self._stock:
            self._stock[key] = self._chance.choice([None, 1, 2])
            return self._stream.change("insert", _row(key, self._stock[key]), self._at)
        if self._chance.random() < 0.3:
            return self._stream.change("delete", _row(key, self._stock.pop(key)), self._at)
        free = [(key[0], store) for store in range(6) if (key[0], store) not in self._stock]
        new = self._chance.choice(free) if free and self._chance.random() < 0.5 else key
        del self._stock[key]
        self._stock[new] = self._chance.randrange(1000)
        return self._stream.change("update", _row(new, self._stock[new]), self._at, before={"sku": key[0], "store": key[1]})


def _row(key: tuple[str, int], amount: int | None) -> dict[str, Any]:
    return {"sku": key[0], "store": key[1], "amount": amount}


def _as_sent(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `kinds` as it is captured."""
    forms: dict[str, Callable[[Any], object]] = {
        "price": str,
        "count": int,
        "day": date.isoformat,
        "at": lambda value: f"{value.isoformat()}Z",
        "raw": lambda value: f"0x{value.hex()}",
    }
    return {name: value if value is None or name not in forms else forms[name](value) for name, value in row.items()}
