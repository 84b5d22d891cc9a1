"""Columns written into a lake file: nothing else of it may change."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from constructs_lib.config.load import parse_lake
from constructs_lib.config.problems import LakeFileError
from scripts.cli import app
from scripts.commands.lake_edit import add_columns
from scripts.local.evolution import GrownColumn

HEAD = "name: shop\nregion: us-east-1\nstate: {backend: local}\ntables:\n"
DISCOUNT = GrownColumn("discount", "decimal(12,2)", "discount")
COLOUR = GrownColumn("colour", "string", "Colour Name")
ON = GrownColumn("on", "long", "on")


def table(columns: str, source: str = "shop.a") -> str:
    return f"  - source: {source}\n    mode: mirror\n    keys: [id]\n    {columns}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "columns:\n      id: long # the key\n      total: int # of all lines\n\n    # about the next\n    load: insert",
            "columns:\n      id: long # the key\n      total: int # of all lines\n      discount: decimal(12,2)\n"
            '      colour: {source: "Colour Name", type: string}\n      "on": long\n\n    # about the next\n    load: insert',
        ),
        (
            "columns: {id: long, total: int} # both",
            'columns: {id: long, total: int, discount: "decimal(12,2)", colour: {source: "Colour Name", type: string}, "on": long} # both',
        ),
        (
            "columns: {\n      id: long, # the key\n      total: int, # of all\n    }",
            'columns: {\n      id: long, # the key\n      total: int, discount: "decimal(12,2)", colour: {source: "Colour Name",'
            ' type: string}, "on": long,'
            " # of all\n    }",
        ),
        (
            "columns:\n      id: long\n      total:\n        type: int\n        required: true # always\n",
            "columns:\n      id: long\n      total:\n        type: int\n        required: true # always\n      discount: decimal(12,2)\n"
            '      colour: {source: "Colour Name", type: string}\n      "on": long\n',
        ),
        (
            "columns:\n      id: long\n      total: {type: 'decimal(3,1)', source: 'Gesamt öäü'}",
            "columns:\n      id: long\n      total: {type: 'decimal(3,1)', source: 'Gesamt öäü'}\n      discount: decimal(12,2)\n"
            '      colour: {source: "Colour Name", type: string}\n      "on": long',
        ),
    ],
    ids=["block", "braces", "braces over lines", "nested block", "braces last, other letters"],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [False, True])
def test_columns_stand_behind_the_last_one(before: str, after: str, line_end: str, last: bool) -> None:
    rest = "" if last else table("columns: {id: long} # untouched", "shop.b") + "# the end"
    text, expected = ((HEAD + table(columns) + rest).replace("\n", line_end) for columns in (before, after))
    assert add_columns(text, "lake.yaml", {0: [DISCOUNT, COLOUR, ON]}) == expected


def test_a_file_without_a_last_line_end_gets_its_column() -> None:
    text = (HEAD + table("columns:\n      id: long")).rstrip("\n")
    assert add_columns(text, "lake.yaml", {0: [DISCOUNT]}) == text + "\n      discount: decimal(12,2)"


def test_two_tables_that_share_columns_and_grow_alike_get_them_once() -> None:
    text = HEAD + table("columns: &columns {id: long}") + table("columns: *columns", "shop.b")
    lake = parse_lake(add_columns(text, "lake.yaml", {0: [ON], 1: [ON]}))
    assert [list(one.columns) for one in lake.tables] == [["id", "on"], ["id", "on"]]


def test_a_merge_among_the_columns_is_no_obstacle() -> None:
    text = HEAD + table("columns: &base {id: long}") + table("columns:\n      <<: *base\n      total: int", "shop.b")
    lake = parse_lake(add_columns(text, "lake.yaml", {1: [ON]}))
    assert [list(one.columns) for one in lake.tables] == [["id"], ["id", "total", "on"]]


@pytest.mark.parametrize(
    "second", ["columns: *columns", "<<: {columns: *columns}"], ids=["shared with another table", "merged into the table"]
)
def test_fails_when_it_would_change_more_than_the_table(second: str) -> None:
    text = HEAD + table("columns: &columns {id: long}") + table(second, "shop.b")
    with pytest.raises(LakeFileError, match=r'lake.yaml: tables\[1\].columns cannot be extended .*\(write by hand: "on": long\)'):
        add_columns(text, "lake.yaml", {1: [ON]})


def test_fails_when_there_is_no_local_lake(tmp_path: Path) -> None:
    lake = tmp_path / "lake.yaml"
    lake.write_text(HEAD + table("columns: {id: long}"))
    result = CliRunner().invoke(app, ["evolve", str(lake), "--data", str(tmp_path / "data")])
    assert result.exit_code == 2
    assert "has no local lake in" in result.stderr
    assert "run moulin local" in result.stderr
