"""Many tables through one run: five hundred in `make test-full`."""

from __future__ import annotations

import pytest

from scripts.local.show import outcome_record
from tests.conftest import FULL
from tests.local.conftest import Synthesise
from tests.local.shapes.conftest import Begin

pytestmark = pytest.mark.end_to_end

TABLES = 500 if FULL else 50


def test_many_tables_equal_their_sources(begin: Begin, synthesise_text: Synthesise) -> None:
    lake = "name: wide\nregion: us-east-1\nstate: {backend: local}\ntables:\n" + "".join(
        f"  - {{source: shop.t{number}, mode: {'history' if number % 2 else 'mirror'}, keys: [id], columns: {{id: int, v: string}}}}\n"
        for number in range(TABLES)
    )
    names = [f"t{number}" for number in range(TABLES)]
    run = begin(
        synthesise_text(lake),
        *(f"CREATE TABLE {name} (id INT PRIMARY KEY, v VARCHAR(20))" for name in names),
        "BEGIN",
        *(f"INSERT INTO {name} VALUES (1, '{name}'), (2, NULL)" for name in names),
        "COMMIT",
    )
    differences = run.capture("BEGIN", *(f"UPDATE {name} SET v = 'changed' WHERE id = 2" for name in names), "COMMIT", speed_up=1)
    assert differences == {}
    assert len(outcome_record(run.outcome)["verified"]) == TABLES
    assert run.total("delivered") == TABLES * 3
