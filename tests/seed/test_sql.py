from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.seed import sql
from scripts.seed.bulk import BulkLoader
from scripts.seed.catalog import read_table
from scripts.seed.model import Column, Table, Value
from scripts.seed.target import Server
from tests.seed.conftest import Database

ODD_NAMES = ("select", "with space", "tick`tick", "per%cent", "%s", "quote'\"", "semi;--", "caf\u00e9", "a.b", "back\\slash", "tab\there")

VALUES = {
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    "bytes_": st.binary(max_size=60),
    "big": st.integers(-(2**63), 2**63 - 1),
    "exact": st.decimals(-(10**12), 10**12, places=6),
    "real": st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False),
    "day": st.dates(date(1000, 1, 1)),
    "moment": st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)),
}


def make_types_table(database: Database) -> None:
    database(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, text TEXT COLLATE utf8mb4_bin, bytes_ BLOB, big BIGINT, exact DECIMAL(20,6),"
        " `real` DOUBLE, day DATE, moment DATETIME(6))"
    )


@pytest.mark.parametrize("way", ["insert", "bulk"])
def test_every_value_comes_back_as_it_was(way: str, database: Database, query: Server) -> None:
    make_types_table(database)
    table = read_table(query.query, database.name, "t")

    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
    @given(st.lists(st.tuples(*(st.none() | values for values in VALUES.values())), min_size=1, max_size=20))
    def comes_back(rows: list[tuple[Value, ...]]) -> None:
        query.query(f"DELETE FROM `{database.name}`.t", ())
        if way == "bulk":
            BulkLoader(query).load(table, rows)
        else:
            query.execute(sql.insert(table, rows))
        read = query.query(f"SELECT text, bytes_, big, exact, `real`, day, moment FROM `{database.name}`.t ORDER BY id", ())
        query.commit()
        assert list(read) == rows

    comes_back()


def test_a_value_that_looks_like_sql_is_a_value(database: Database, query: Server) -> None:
    make_types_table(database)
    table = read_table(query.query, database.name, "t")
    nasty = "'); DROP TABLE t; -- \\' %s %% \0 \x1a `"
    row = (nasty, nasty.encode(), 1, Decimal(1), 1.0, None, None)
    query.execute(sql.insert(table, [row]))
    query.execute(sql.update(table, (1,), {"text": nasty + nasty}))
    query.commit()
    assert database("SELECT text, bytes_ FROM t") == ((nasty + nasty, nasty.encode()),)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_identifiers_of_any_spelling_are_quoted(name: str, database: Database, query: Server) -> None:
    table = Table(
        database.name,
        name,
        (Column("id", "bigint", "bigint", nullable=False, auto_increment=True), Column(name, "varchar", "varchar(20)", length=20)),
        keys=("id",),
        indexes=((name,),),
    )
    query.execute(sql.create_table(table))
    read = read_table(query.query, database.name, name)
    assert [column.name for column in read.columns] == ["id", name]
    query.execute(sql.insert(read, [("one",), ("two",), ("three",)]))
    query.execute(sql.update(read, (2,), {name: "changed %s"}))
    query.execute(sql.delete(read, (3,)))
    BulkLoader(query).load(read, [("four",)])
    query.commit()
    quoted = name.replace("`", "``")
    assert [row[0] for row in database(f"SELECT `{quoted}` FROM `{quoted}` ORDER BY id")] == ["one", "changed %s", "four"]
    query.execute(sql.drop_table(read))


def test_a_value_of_an_unknown_type_is_refused() -> None:
    table = Table("s", "t", (Column("c", "time", "time"),))
    with pytest.raises(KeyError):
        _ = sql.insert(table, [(timedelta(1),)]).text  # type: ignore[list-item]
