"""What a mirror loses when records arrive out of order: measured, said, and never passed over. A history loses nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.bench import reorder
from scripts.local.faults import Faults
from scripts.local.mariadb import MariaDb
from scripts.local.template import LocalTemplate
from tests.local.commands import invoke, url
from tests.local.conftest import Synthesise
from tests.local.shapes.conftest import Begin
from tests.local.shapes.support import ITEMS, Sql, lake_of, sql

pytestmark = pytest.mark.end_to_end

NOTICE = "not covered by the guarantee of a mirror"


def test_the_damage_is_measured(needs_mariadb: None) -> None:
    unshuffled, shuffled = reorder.run(rows=(20,), changes=300, windows=(1, 100))
    assert (unshuffled["mirror wrong"], unshuffled["history wrong"]) == ("0.0%", 0)
    assert sum(int(str(shuffled[kind])) for kind in ("missing", "extra", "different")) > 0
    assert (shuffled["rows changed"], shuffled["history wrong"]) == (20, 0)


@pytest.fixture(scope="module")
def lake_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("disorder") / "lake.yaml"
    file.write_text(lake_of([("items", "id", 'id: long, name: string, amount: "decimal(12,2)"')]))
    return file


def database(server: MariaDb) -> Sql:
    session = sql(server)
    session("DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", "USE shop", ITEMS)
    return session


def test_the_command_reports_the_damage_and_why(shapes_server: MariaDb, lake_file: Path, tmp_path: Path) -> None:
    session = database(shapes_server)
    arguments = (str(lake_file), "--source", url(shapes_server), "--data", str(tmp_path), "--fault", "reorder=window:100")
    loaded = invoke("local", *arguments)
    assert loaded.code == 0, loaded.out + loaded.err
    assert f"{NOTICE}, where the change that comes last wins: by luck no row of 1 mirror (0 rows in the source) differ" in loaded.out
    session("BEGIN", "INSERT INTO items VALUES (1, 'a', 0), (2, 'b', 0)")
    session(*(f"UPDATE items SET amount = amount + 1 WHERE id = {number % 2 + 1}" for number in range(98)), "COMMIT")
    session.close()
    damaged = invoke("local", *arguments, "--output", "json")
    assert damaged.code == 1
    verified = {one["lake"]: one["differences"] for one in damaged.json["verified"]}
    assert verified == {"mirrors.items": {"different": 2}, "histories.items": {}}
    (line,) = damaged.json["not_covered"]
    assert line.startswith(f"reorder=window:100: {NOTICE}")
    assert "2 rows of 1 mirror (2 rows in the source) differ; mode: history bears any order (docs/guarantees.md)" in line
    in_order = invoke("local", *arguments[:-2], "--output", "json")  # the damage stays until the rows change again
    assert (in_order.code, in_order.json["not_covered"]) == (1, [])


def test_every_record_ends_somewhere_under_all_faults_at_once(begin: Begin, synthesise_text: Synthesise) -> None:
    lake: LocalTemplate = synthesise_text(lake_of([("items", "id", 'id: long, name: string, amount: "decimal(12,2)"')]))
    many = "INSERT INTO items SELECT seq, REPEAT('x', 400), seq FROM seq_1_to_2000"
    run = begin(lake, ITEMS.replace("VARCHAR(40)", "VARCHAR(400)"), many)
    faults = Faults(duplicate=0.1, reorder=50, batch_failure=0.4)
    run.capture(
        "UPDATE items SET amount = -amount WHERE id <= 1500",
        "DELETE FROM items WHERE id % 3 = 0",
        many.replace(" SELECT", " SELECT 10000 +"),
        faults=faults,
    )
    for delivery in ("mirrors", "histories"):
        totals = {kind: run.total(kind, delivery) for kind in ("captured", "duplicated", "delivered", "failed", "dropped", "skipped")}
        assert totals["captured"] + totals["duplicated"] == sum(totals[kind] for kind in ("delivered", "failed", "dropped", "skipped"))
        assert min(totals[kind] for kind in ("duplicated", "delivered", "failed", "dropped")) > 0, totals
    errors = {delivery: [line for line in run.errors() if f"-{delivery}" in line["lambdaArn"]] for delivery in ("mirrors", "histories")}
    for delivery, lines in errors.items():
        assert len(lines) == run.total("failed", delivery)
        assert {(line["errorCode"], line["errorMessage"]) for line in lines} == {("Lambda.FunctionError", "fault: batch-failure")}
    arrived = {(row["id"], row["_position"]) for row in run.rows("histories.items")}
    failed = {line["moulin"]["position"] for line in errors["histories"] if line["moulin"]["table"] == "items"}
    data = sum(run.total("captured", "histories", "items", operation) for operation in ("load", "insert", "update", "delete"))
    assert len(arrived) + len(failed) == data  # each captured record, once
    assert run.outcome.not_covered
    assert not run.outcome.equal
