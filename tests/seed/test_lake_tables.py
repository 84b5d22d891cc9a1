from __future__ import annotations

import re
from pathlib import Path

import pymysql
import pytest

from constructs_lib.config.column_types import allowed_types
from constructs_lib.config.load import load_lake, parse_lake
from scripts.seed import sql
from scripts.seed.catalog import read_table
from scripts.seed.errors import UsageError, statement_error
from scripts.seed.lake_tables import MYSQL_TYPES, choose_tables, source_tables
from scripts.seed.model import Table, Value
from scripts.seed.target import Server
from tests.seed.conftest import Database

ROOT = Path(__file__).resolve().parents[2]


def tables_of(text: str) -> list[Table]:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:hash-AbCdEf"
    head = f"name: shop\nregion: us-east-1\nstate: {{backend: local}}\nprivacy: {{hash_secret_arn: '{secret}'}}\n"
    return source_tables(parse_lake(f"{head}tables:\n{text}").tables)


def one_table(columns: str, keys: str = "[id]") -> Table:
    return tables_of(f"  - {{source: shop.t, mode: mirror, create: false, keys: {keys}, columns: {{{columns}}}}}\n")[0]


def test_every_lake_type_has_a_mysql_type_and_the_page_lists_it() -> None:
    page = (ROOT / "docs" / "seed.md").read_text().split("<!-- types")[1].split("\n\n")[0]
    listed = dict(re.findall(r"^\| `([^`]+)` \| `([^`]+)`", page, re.MULTILINE))
    made = {name: column.column_type for name, column in MYSQL_TYPES.items()} | {"decimal(p,s)": "decimal(p,s)"}
    assert listed == made
    assert sorted(made) == sorted(allowed_types())


def test_created_tables_read_back_as_they_were_meant(database: Database, query: Server) -> None:
    columns = ", ".join(f"c_{name}: {name}" for name in MYSQL_TYPES)
    meant = one_table(f"id: long, shop: string, price: 'decimal(20,4)', needed: {{type: int, required: true}}, {columns}", "[id, shop]")
    meant = Table(database.name, meant.name, meant.columns, meant.keys, meant.unique)
    query.execute(sql.create_table(meant))
    read = read_table(query.query, database.name, "t")
    assert read.keys == ("id", "shop")
    for want, got in zip(meant.columns, read.columns, strict=True):
        assert (got.name, got.data_type, got.nullable, got.length, got.fraction) == (
            want.name,
            want.data_type,
            want.nullable,
            want.length,
            want.fraction,
        )
    price = read.column("price")
    assert (price.precision, price.scale) == (20, 4)
    assert read.column("shop").column_type == "varchar(191)"
    assert not read.column("needed").nullable


def test_source_names_count_and_private_columns_are_in_the_source() -> None:
    table = one_table("id: {type: long, source: ID}, mail: {type: string, pii: hash, source: Mail}, ssn: {pii: drop}")
    assert [(column.name, column.column_type) for column in table.columns] == [
        ("ID", "bigint"),
        ("Mail", "varchar(255)"),
        ("ssn", "varchar(255)"),
    ]
    assert table.keys == ("ID",)
    assert table.auto_increment is not None


def test_only_a_lone_number_is_numbered_by_the_server() -> None:
    assert one_table("id: string").auto_increment is None
    assert one_table("id: long, day: date", "[id, day]").auto_increment is None


@pytest.mark.parametrize(("texts", "length"), [(1, 191), (4, 191), (5, 153), (10, 76)])
def test_text_keys_fit_into_an_index(texts: int, length: int, database: Database, query: Server) -> None:
    names = [f"k{number}" for number in range(texts)]
    table = one_table(", ".join(f"{name}: string" for name in names), f"[{', '.join(names)}]")
    assert {column.length for column in table.columns} == {length}
    query.execute(sql.create_table(Table(database.name, "t", table.columns, table.keys)))


@pytest.mark.parametrize("keys", ["id: long", "id: string", "id: string, other: string"])
@pytest.mark.parametrize("width", [10, 58, 190, 200, 205, 380, 900])
def test_wide_tables_can_be_created_and_filled(width: int, keys: str, database: Database, query: Server) -> None:
    kinds = ("string", "string", "string", "binary") if width < 900 else ("string", "string", "boolean", "int")
    columns = ", ".join(f"c{number}: {kinds[number % 4]}" for number in range(width))
    table = one_table(f"{keys}, {columns}", f"[{keys.replace(': string', '').replace(': long', '')}]")
    table = Table(database.name, "t", table.columns, table.keys)
    query.execute(sql.create_table(table))
    read = read_table(query.query, database.name, "t")
    assert [column.name for column in read.columns] == [column.name for column in table.columns]
    full: dict[str, Value] = {"varchar": "x", "text": "x" * 300, "varbinary": b"x", "blob": b"x" * 300}
    values = [full.get(column.data_type, 1) for column in read.written]
    texts = [v * (c.length or 1) if c.data_type in ("varchar", "varbinary") else v for c, v in zip(read.written, values, strict=True)]  # type: ignore[operator]
    assert query.execute(sql.insert(read, [tuple(texts)])).affected == 1


def test_fails_when_no_table_can_be_so_wide_and_names_the_way_out(database: Database, query: Server) -> None:
    table = one_table("id: long, " + ", ".join(f"c{number}: string" for number in range(1_017)))
    with pytest.raises(pymysql.MySQLError) as refused:
        query.execute(sql.create_table(Table(database.name, "t", table.columns, table.keys)))
    assert "moulin local --source captures a table that is there already" in str(statement_error(refused.value))


def test_fails_when_a_decimal_is_too_fine_for_mysql() -> None:
    with pytest.raises(UsageError, match=r"column x is decimal\(38,31\), and MySQL keeps at most 30 digits"):
        one_table("id: long, x: 'decimal(38,31)'")


def test_routes_from_one_table_share_it() -> None:
    tables = source_tables(load_lake(ROOT / "lakes" / "many-tables.yaml").tables)
    labels = [table.label for table in tables]
    assert len(labels) == len(set(labels))


def test_tables_are_chosen_by_source_table_or_lake_name() -> None:
    lake = load_lake(ROOT / "lakes" / "many-tables.yaml")
    first = lake.tables[0]
    for name in (str(first.source), first.table_name, first.target_name):
        assert choose_tables(lake, [name, str(first.source)])[0] is first
    assert choose_tables(lake, []) == list(lake.tables)


def test_fails_when_no_table_has_the_name_and_names_the_nearest() -> None:
    lake = load_lake(ROOT / "lakes" / "many-tables.yaml")
    with pytest.raises(UsageError, match=r"--table shop.ordrs is not a table of lake .*: did you mean shop.orders"):
        choose_tables(lake, ["shop.ordrs"])
