"""docs/schema-changes.md on the engine: which order of ALTER and deploy keeps the views of histories readable.

Four histories go the four ways at once: `levels` widens its types in the page's order (lake stack, then ALTER), `depths` in the other one;
`notes` gets its column in the page's order (ALTER, then lake stack), `marks` in the other one.
"""

from __future__ import annotations

from typing import Any

import pytest

from scripts.engines.trino import Trino
from scripts.engines.trino_client import TrinoError
from tests.deploy.support import apply_all
from tests.engines.catalogs import GLUE, GLUE_BY_HIVE
from tests.engines.conftest import Applied
from tests.engines.lake import DATABASE, WIDER

pytestmark = pytest.mark.engines

Seen = list[tuple[Any, ...]] | str
"""What a view shows, or the name of the error."""

CHANGED = ("levels", "depths", "notes", "marks")
BIG = 5_000_000_000
"""Fits a long and no int."""


def widen(trino: Trino, table: str) -> None:
    """A history has its keys twice, and both columns widen."""
    for column in ("id", "_previous_id", "amount"):
        trino.query(f'ALTER TABLE {GLUE}.{DATABASE}.{table} ALTER COLUMN "{column}" SET DATA TYPE bigint')


def add(trino: Trino, table: str) -> None:
    trino.query(f'ALTER TABLE {GLUE}.{DATABASE}.{table} ADD COLUMN "by" varchar')


def look(trino: Trino) -> dict[tuple[str, str], Seen]:
    """What both connectors show of every view."""
    found: dict[tuple[str, str], Seen] = {}
    for catalog in (GLUE, GLUE_BY_HIVE):
        for table in CHANGED:
            try:
                found[catalog, table] = sorted(trino.query(f"SELECT * FROM {catalog}.{DATABASE}.{table}_current"), key=str)
            except TrinoError as error:
                found[catalog, table] = error.name
    return found


@pytest.fixture(scope="module")
def seen(on_glue: Trino, applied: Applied) -> list[dict[tuple[str, str], Seen]]:
    """What the views show before anything; after the first ALTERs; after the lake stack; after the other ALTERs; after new rows."""
    steps = [look(on_glue)]
    add(on_glue, "notes")
    widen(on_glue, "depths")
    steps.append(look(on_glue))
    applied.lake.lake_file.write_text(WIDER)
    applied.lake.return_to_file()
    for run in apply_all(applied.lake):
        assert run.ok, run.errors
    steps.append(look(on_glue))
    add(on_glue, "marks")
    widen(on_glue, "levels")
    steps.append(look(on_glue))
    for table in ("levels", "depths"):  # as the delivery stack's new function writes: the key changes, and changes again
        for position, key, previous, amount in (("x", BIG, 1, BIG), ("y", BIG + 1, BIG, BIG)):
            on_glue.query(
                f'INSERT INTO {GLUE}.{DATABASE}.{table} (id, amount, "_op", "_position", "_previous_id")'
                f" VALUES ({key}, {amount}, 'update', '{position}', {previous})"
            )
    for table in ("notes", "marks"):
        on_glue.query(
            f"INSERT INTO {GLUE}.{DATABASE}.{table} (id, note, \"by\", \"_op\", \"_position\") VALUES (2, 'b', 'me', 'insert', 'x')"
        )
    steps.append(look(on_glue))
    return steps


INT = [(1, 7)]
WIDENED = [(BIG + 1, BIG)]
NOTE = [(1, "a")]
NULLED = [(1, "a", None)]
GROWN = [(1, "a", None), (2, "b", "me")]


@pytest.mark.parametrize("catalog", [GLUE, GLUE_BY_HIVE])
@pytest.mark.parametrize(
    ("table", "steps"),
    [
        ("levels", [INT, INT, INT, INT, WIDENED]),
        ("depths", [INT, "VIEW_IS_STALE", INT, INT, WIDENED]),
        ("notes", [NOTE, NOTE, NULLED, NULLED, GROWN]),
        ("marks", [NOTE, NOTE, "INVALID_VIEW", NULLED, GROWN]),
    ],
    ids=["type: deploy, then alter", "type: alter, then deploy", "column: alter, then deploy", "column: deploy, then alter"],
)
def test_view_at_each_step(seen: list[dict[tuple[str, str], Seen]], catalog: str, table: str, steps: list[Seen]) -> None:
    assert [step[catalog, table] for step in seen] == steps
