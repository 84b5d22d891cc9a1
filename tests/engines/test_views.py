"""The views that Terraform applied to the emulated Glue catalog are read by Trino, which Athena is made of, by both of its connectors."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import Any

import pytest

from constructs_lib.config.lake_table import athena_view_ddl
from constructs_lib.config.load import parse_lake
from scripts.engines.trino import Trino
from scripts.engines.trino_client import TrinoError
from scripts.plan.emulator import Emulator
from tests.deploy.support import REGION
from tests.engines.catalogs import GLUE, GLUE_BY_HIVE
from tests.engines.conftest import Applied, LocalLake
from tests.engines.lake import DATABASE, EMPTY, KINDS, LAKE

pytestmark = pytest.mark.engines


def definition(aws: Emulator, view: str) -> dict[str, Any]:
    """What a view's entry in Glue holds for the engine."""
    text = aws.client("glue", REGION).get_table(DatabaseName=DATABASE, Name=view)["Table"]["ViewOriginalText"]
    found = re.fullmatch(r"/\* Presto View: (\S+) \*/", text)
    assert found is not None
    return dict(json.loads(b64decode(found[1])))


def test_second_plan_is_empty(applied: Applied) -> None:
    assert applied.second_plan == {}


@pytest.mark.parametrize("catalog", [GLUE, GLUE_BY_HIVE])
def test_view_of_a_history_shows_the_source(on_glue: Trino, local_lake: LocalLake, catalog: str) -> None:
    found = on_glue.query(f"SELECT * FROM {catalog}.{DATABASE}.stock_current")
    assert sorted(found, key=str) == sorted(local_lake.shop.rows(), key=str)


@pytest.mark.parametrize("catalog", [GLUE, GLUE_BY_HIVE])
def test_view_keeps_the_value_of_every_type(on_glue: Trino, catalog: str) -> None:
    found = on_glue.query(f"SELECT * FROM {catalog}.{DATABASE}.kinds_current")
    assert sorted(found) == [tuple(EMPTY.values()), tuple(KINDS.values())]


def test_view_says_what_trino_says_of_one_that_it_made(on_glue: Trino, aws: Emulator) -> None:
    """`moulin ddl` prints the statement; what Trino then keeps in Glue is what Terraform keeps there."""
    (table,) = [table for table in parse_lake(LAKE).tables if table.target_name == "kinds"]
    ours = definition(aws, "kinds_current")
    statement = athena_view_ddl(DATABASE, "kinds", table).replace("kinds_current", "kinds_by_trino")
    on_glue.query(statement, catalog=GLUE)
    try:
        theirs = definition(aws, "kinds_by_trino")
        assert theirs["columns"] == ours["columns"]
        assert (theirs["catalog"], theirs.get("schema", DATABASE)) == (ours["catalog"], ours["schema"])
        assert on_glue.query(f"SELECT count(*) FROM {GLUE}.{DATABASE}.kinds_by_trino") == [(2,)]
    finally:
        on_glue.query(f"DROP VIEW {GLUE}.{DATABASE}.kinds_by_trino")


@pytest.mark.parametrize(
    ("change", "catalog", "message"),
    [
        ({"Owner": None}, GLUE, "Run-as identity must be set"),
        ({"SerdeInfo": None}, GLUE_BY_HIVE, "SerDeInfo is null"),
        ({"Description": "of a history"}, GLUE_BY_HIVE, "does not exist"),
    ],
    ids=["no owner", "no serde", "a description"],
)
def test_fails_when_a_view_lacks_what_ours_have(on_glue: Trino, aws: Emulator, change: dict[str, Any], catalog: str, message: str) -> None:
    glue = aws.client("glue", REGION)
    entry = glue.get_table(DatabaseName=DATABASE, Name="stock_current")["Table"]
    names = ("Owner", "TableType", "ViewOriginalText", "ViewExpandedText", "Parameters", "StorageDescriptor")
    wrong = {"Name": "wrong_view", **{name: entry[name] for name in names}}
    place = wrong["StorageDescriptor"] if "SerdeInfo" in change else wrong
    place.update(change)
    glue.create_table(DatabaseName=DATABASE, TableInput=_without_none(wrong))
    try:
        with pytest.raises(TrinoError, match=message):
            on_glue.query(f"SELECT * FROM {catalog}.{DATABASE}.wrong_view")
    finally:
        glue.delete_table(DatabaseName=DATABASE, Name="wrong_view")


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return value
