"""The built-in table `retail_trans`: purchases and clicks of a shop, with values that belong together."""

from __future__ import annotations

from scripts.quoting import mysql_name
from scripts.seed.model import INTEGER_BITS, Column, Table
from scripts.seed.sql import VALUE, Statement, insert, quoted_table, update

SCHEMA = "testdb"
NAME = "retail_trans"
EVENTS = ("visit", "view", "cart", "list", "like", "purchase")
AMOUNT_EVENTS = ("cart", "purchase")
"""Events whose amount is 0 to 100; that of the others is 1."""
LARGEST_AMOUNT = 100
DEVICES = ("pc", "mobile", "tablet")
SKU_PATTERN = "??%###????"
"""`?` a capital letter, `%` a digit from 1, `#` any digit."""
CUSTOMER_DIGITS = 12

SCENARIO_AMOUNTS = {6: 3, 19: 39, 21: 60, 23: 4, 24: 42}
"""`trans_id` to the amount that the README scenario gives it."""
SCENARIO_DELETES = (6, 33, 23)
SCENARIO_ROWS = (
    ("460104780596", "cart", "IA6569IKEQ", 53, "mobile", "2024-03-05 09:12:07"),
    ("708091265132", "like", "PH1242KLUV", 1, "pc", "2024-03-05 09:27:41"),
    ("152660813420", "purchase", "WD5741ZRTA", 18, "tablet", "2024-03-05 09:33:19"),
    ("993415870062", "view", "MK8303BSNO", 1, "mobile", "2024-03-05 09:48:50"),
    ("327748105911", "visit", "TE4916CYGX", 1, "pc", "2024-03-05 09:59:02"),
)
"""`customer_id`, `event`, `sku`, `amount`, `device`, `trans_datetime` of the rows that the scenario inserts."""


def retail_table(schema: str = SCHEMA, name: str = NAME) -> Table:
    """The table as `--create-table` makes it without a lake file."""
    return Table(
        schema,
        name,
        (
            Column("trans_id", "bigint", "bigint", nullable=False, auto_increment=True),
            Column("customer_id", "varchar", "varchar(12)", nullable=False, length=12, charset="utf8mb4"),
            Column("event", "varchar", "varchar(10)", length=10, charset="utf8mb4"),
            Column("sku", "varchar", "varchar(10)", nullable=False, length=10, charset="utf8mb4"),
            Column("amount", "int", "int", default="0"),
            Column("device", "varchar", "varchar(10)", length=10, charset="utf8mb4"),
            Column("trans_datetime", "datetime", "datetime", default="CURRENT_TIMESTAMP"),
        ),
        keys=("trans_id",),
        unique=(("trans_id",),),
        indexes=(("trans_datetime",),),
    )


def is_retail(table: Table) -> bool:
    """Whether a table has the built-in table's columns, wide enough for its values: then those values are used, whatever its name."""
    columns = {column.name: column for column in table.columns}
    if any(column.name not in columns for column in retail_table().columns):
        return False
    texts = {"customer_id": CUSTOMER_DIGITS, "event": max(map(len, EVENTS)), "sku": len(SKU_PATTERN), "device": max(map(len, DEVICES))}
    amount = columns["amount"]
    return (
        all(columns[name].is_text and (columns[name].length or 0) >= length for name, length in texts.items())
        and (amount.data_type in INTEGER_BITS or (amount.data_type == "decimal" and amount.precision - amount.scale >= 3))
        and columns["trans_datetime"].data_type in ("datetime", "timestamp")
        and columns["trans_id"].data_type in INTEGER_BITS
    )


def scenario_keys() -> tuple[int, ...]:
    """Every `trans_id` that the scenario needs."""
    return tuple(sorted({*SCENARIO_AMOUNTS, *SCENARIO_DELETES}))


def scenario(table: Table) -> list[tuple[str, Statement]]:
    """The README's DML: five updates, a delete of three rows, five inserts; each as (operation, statement)."""
    columns = ("customer_id", "event", "sku", "amount", "device", "trans_datetime")
    target = Table(table.schema, table.name, tuple(table.column(name) for name in columns), keys=("trans_id",))
    places = ", ".join([VALUE] * len(SCENARIO_DELETES))
    remove = f"DELETE FROM {quoted_table(table)} WHERE {mysql_name('trans_id')} IN ({places})"  # noqa: S608 - quoted names
    return [
        *(("update", update(target, (key,), {"amount": amount})) for key, amount in SCENARIO_AMOUNTS.items()),
        ("delete", Statement(remove, SCENARIO_DELETES, len(SCENARIO_DELETES))),
        *(("insert", insert(target, [row])) for row in SCENARIO_ROWS),
    ]
