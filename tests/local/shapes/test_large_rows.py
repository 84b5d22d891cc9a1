"""Rows of many kilobytes: what fits arrives, and what does not fails alone."""

from __future__ import annotations

import pytest

from scripts.local.batching import MAX_RECORD_BYTES
from scripts.local.source.source import SourceReader, to_server
from scripts.local.template import LocalTemplate
from tests.local.conftest import Synthesise
from tests.local.shapes.conftest import Begin
from tests.local.shapes.support import ShapeRun, lake_of

pytestmark = pytest.mark.end_to_end

BODIES = [f"b{number:02}" for number in range(16)]
TEXT_BYTES = 65_535
LARGE_OBJECT_BYTES = 240 * 1024
"""Where the synthesised task settings cut large objects."""


@pytest.fixture(scope="module")
def documents(synthesise_text: Synthesise) -> LocalTemplate:
    columns = "id: int, " + ", ".join(f"{name}: string" for name in BODIES)
    return synthesise_text(lake_of([("documents", "id", columns), ("notes", "id", "id: int, body: string")]))


TABLES = (
    f"CREATE TABLE documents (id INT PRIMARY KEY, {', '.join(f'{name} TEXT NOT NULL' for name in BODIES)})",
    "CREATE TABLE notes (id INT PRIMARY KEY, body LONGTEXT)",
)


def insert(key: int, characters: int) -> str:
    """A row with so many characters, spread over its columns."""
    sizes = [max(0, min(TEXT_BYTES, characters - TEXT_BYTES * place)) for place in range(len(BODIES))]
    assert sum(sizes) == characters
    return f"INSERT INTO documents VALUES ({key}, {', '.join(f'REPEAT(CHAR({97 + key}), {size})' for size in sizes)})"


def bytes_of_an_empty_row(run: ShapeRun) -> int:
    """A loaded row's message without any text."""
    reader = SourceReader(run.template, to_server(run.server))
    (record,) = (one for one in reader.records(None, until_caught_up=True) if one.table == "documents" and b'"load"' in one.data)
    return len(record.data)


def test_a_row_above_the_limit_fails_alone_until_a_change_fits_with_what_was_before(begin: Begin, documents: LocalTemplate) -> None:
    run = begin(documents, *TABLES, insert(1, 0))
    most = MAX_RECORD_BYTES - bytes_of_an_empty_row(run)  # the row's text at the limit, to the byte
    run.sql("DELETE FROM documents", insert(1, TEXT_BYTES), insert(2, most), insert(3, most + 1), insert(4, 10))
    differences = run.capture(
        "BEGIN", insert(5, 10), insert(6, TEXT_BYTES * 16), insert(7, 64 * 1024), "COMMIT", "UPDATE documents SET b00 = 'x' WHERE id = 4"
    )
    assert differences == {"mirrors.documents": {"missing in the lake": 2}, "histories.documents": {"missing in the lake": 2}}
    assert run.keys("mirrors.documents") == run.keys("histories.documents") == {("3",), ("6",)}
    assert {(line["errorCode"], line["moulin"]["table"]) for line in run.errors()} == {("Firehose.RecordTooLarge", "documents")}
    assert len(run.errors()) == 4  # two rows, two deliveries
    assert any(f"has {MAX_RECORD_BYTES + 1:,} bytes" in line["errorMessage"] for line in run.errors())
    for delivery in ("mirrors", "histories"):
        assert run.total("captured", delivery, "documents") == run.total("delivered", delivery, "documents") + 2 + 1  # and an announcement
    smaller = ", ".join(f"{name} = 'small'" for name in BODIES[1:])
    again = run.capture(f"UPDATE documents SET {smaller} WHERE id IN (3, 6)")  # small now, and the row before is in the record
    assert again == differences
    assert run.capture("UPDATE documents SET b01 = 'smaller' WHERE id IN (3, 6)") == {}


def test_a_large_object_that_is_cut_is_shown(begin: Begin, documents: LocalTemplate) -> None:
    run = begin(documents, *TABLES, f"INSERT INTO notes VALUES (1, REPEAT('x', {LARGE_OBJECT_BYTES})), (2, 'short')")
    differences = run.capture(f"INSERT INTO notes VALUES (3, REPEAT('x', {LARGE_OBJECT_BYTES + 1})), (4, REPEAT('é', 1000))")
    assert differences == {"mirrors.notes": {"different": 1}, "histories.notes": {"different": 1}}
    assert run.keys("mirrors.notes") == {("3",)}
