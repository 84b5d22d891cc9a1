"""Trino reads the local lake as it lies on the disk, and its rows are those of PyIceberg and of the source."""

from __future__ import annotations

import pytest

from scripts.engines.trino import Trino
from tests.engines.catalogs import LOCAL
from tests.engines.conftest import LocalLake
from tests.engines.lake import DATABASE, EMPTY, KINDS
from tests.local.support import lake_rows, view_rows

pytestmark = pytest.mark.engines


@pytest.mark.parametrize("table", ["stock", "kinds", "orders"])
def test_rows_are_those_that_pyiceberg_reads(on_local: Trino, local_lake: LocalLake, table: str) -> None:
    expected = lake_rows(local_lake.template, local_lake.root, DATABASE, table)
    columns = ", ".join(f'"{name}"' for name in expected[0])
    found = on_local.query(f'SELECT {columns} FROM {LOCAL}."{DATABASE}"."{table}"')
    assert sorted(found, key=str) == sorted((tuple(row.values()) for row in expected), key=str)
    assert on_local.query(f'SELECT count(*) FROM {LOCAL}."{DATABASE}"."{table}"') == [(len(expected),)]


def test_current_state_of_a_history_is_the_source_whatever_came_twice_or_late(on_local: Trino, local_lake: LocalLake) -> None:
    sql = local_lake.template.views[DATABASE, "stock_current"].sql
    found = on_local.query(sql, catalog=LOCAL)
    assert len(local_lake.shop.rows()) > 5
    assert sorted(found, key=str) == sorted(local_lake.shop.rows(), key=str)
    by_duckdb = view_rows(local_lake.template, local_lake.root, DATABASE, "stock_current")
    assert sorted(found, key=str) == sorted((tuple(row.values()) for row in by_duckdb), key=str)


def test_every_type_keeps_its_value(on_local: Trino, local_lake: LocalLake) -> None:
    found = on_local.query(local_lake.template.views[DATABASE, "kinds_current"].sql, catalog=LOCAL)
    assert sorted(found) == [tuple(EMPTY.values()), tuple(KINDS.values())]
