"""What the options do."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.seed.retail import SCENARIO_AMOUNTS, SCENARIO_DELETES, SCENARIO_ROWS
from tests.seed.conftest import Database, Run, invoke

ROOT = Path(__file__).resolve().parents[2]
RETAIL = "lakes/retail.yaml"


@pytest.fixture(autouse=True)
def at_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_ten_rows_go_into_retail_trans(database: Database, run: Run) -> None:
    outcome = run("--database", database.name, "--create-table")
    assert outcome.code == 0
    assert database.count("retail_trans") == 10
    assert f"created {database.name}.retail_trans" in outcome.out
    assert "10 rows in" in outcome.out
    assert outcome.err == ""
    shape = database("SHOW CREATE TABLE retail_trans")[0][1]
    for line in (
        "`trans_id` bigint(20) NOT NULL AUTO_INCREMENT",
        "`customer_id` varchar(12) NOT NULL",
        "`event` varchar(10) DEFAULT NULL",
        "`amount` int(11) DEFAULT 0",
        "`trans_datetime` datetime DEFAULT current_timestamp()",
        "PRIMARY KEY (`trans_id`)",
        "KEY `trans_datetime` (`trans_datetime`)",
    ):
        assert line in shape


def test_the_database_is_made_with_the_table(database: Database, run: Run) -> None:
    database(f"DROP DATABASE {database.name}")
    assert run("--database", database.name, "--create-table", "--table", "clicks", "--max-count", "0").code == 0
    assert database.count(f"{database.name}.clicks") == 0


def test_a_table_that_exists_stays_as_it_is(database: Database, run: Run) -> None:
    database("CREATE TABLE retail_trans (id INT PRIMARY KEY)")
    outcome = run("--database", database.name, "--create-table", "--max-count", "3")
    assert f"{database.name}.retail_trans exists already and stays as it is" in outcome.err
    assert database.count("retail_trans") == 3


def test_drop_is_refused_without_yes(database: Database, run: Run) -> None:
    run("--database", database.name, "--create-table")
    outcome = run("--database", database.name, "--drop-table")
    assert outcome.code == 2
    assert "--drop-table deletes the table with all its rows: add --yes" in outcome.err
    assert database.count("retail_trans") == 10


def test_drop_alone_drops_and_with_create_starts_again(database: Database, run: Run) -> None:
    run("--database", database.name, "--create-table")
    assert run("--database", database.name, "--drop-table", "--yes", "--create-table", "--max-count", "4").code == 0
    assert database.count("retail_trans") == 4
    assert f"dropped {database.name}.retail_trans" in run("--database", database.name, "--drop-table", "--yes").out
    assert database("SHOW TABLES") == ()
    assert run("--database", database.name, "--drop-table", "--yes").code == 0  # nothing is there: nothing to do


def test_children_are_dropped_before_their_parents(database: Database, run: Run, tmp_path: Path) -> None:
    database("CREATE TABLE parent (id INT PRIMARY KEY)")
    database("CREATE TABLE child (id INT PRIMARY KEY, FOREIGN KEY (id) REFERENCES parent (id))")
    lake = tmp_path / "lake.yaml"
    tables = "".join(
        f"  - {{source: {database.name}.{name}, mode: mirror, keys: [id], columns: {{id: int}}}}\n" for name in ("parent", "child")
    )
    lake.write_text(f"name: shop\nregion: us-east-1\nstate: {{backend: local}}\ntables:\n{tables}")
    assert run("--lake", str(lake), "--drop-table", "--yes").code == 0
    assert database("SHOW TABLES") == ()


def test_the_readme_scenario_gives_exactly_its_result(database: Database, run: Run) -> None:
    run("--database", database.name, "--create-table", "--max-count", "40")
    before = dict(database("SELECT trans_id, amount FROM retail_trans"))
    outcome = run("--database", database.name, "--scenario", "readme", "--output", "json")
    assert (outcome.code, outcome.json["updated"], outcome.json["deleted"], outcome.json["inserted"]) == (0, 5, 3, 5)
    after = dict(database("SELECT trans_id, amount FROM retail_trans WHERE trans_id <= 40"))
    assert after == {key: amount for key, amount in {**before, 6: 3, 19: 39, 21: 60, 23: 4, 24: 42}.items() if key not in (6, 33, 23)}
    new = database(
        "SELECT customer_id, event, sku, amount, device, CAST(trans_datetime AS CHAR)"
        " FROM retail_trans WHERE trans_id > 40 ORDER BY trans_id"
    )
    assert tuple(new) == SCENARIO_ROWS
    assert (SCENARIO_AMOUNTS, SCENARIO_DELETES) == ({6: 3, 19: 39, 21: 60, 23: 4, 24: 42}, (6, 33, 23))


def test_the_readme_scenario_touches_nothing_when_a_row_is_missing(database: Database, run: Run) -> None:
    run("--database", database.name, "--create-table", "--max-count", "30")
    before = database("SELECT * FROM retail_trans")
    outcome = run("--database", database.name, "--scenario", "readme")
    assert outcome.code == 2
    assert "has no rows with trans_id 33, which the scenario changes: start with a new table of 33 rows or more" in outcome.err
    assert database("SELECT * FROM retail_trans") == before


def test_the_readme_scenario_needs_the_columns(database: Database, run: Run) -> None:
    database("CREATE TABLE t (id INT PRIMARY KEY)")
    outcome = run("--database", database.name, "--table", "t", "--scenario", "readme")
    assert outcome.code == 2
    assert f"needs a table with the columns of retail_trans, which {database.name}.t does not have" in outcome.err


def test_a_lake_file_gives_the_tables(run: Run, database: Database, tmp_path: Path) -> None:
    text = (ROOT / RETAIL).read_text().replace("testdb.", f"{database.name}.")
    lake = tmp_path / "retail.yaml"
    lake.write_text(text)
    outcome = run("--lake", str(lake), "--create-table", "--max-count", "20", "--mix", "insert=2,update=1,delete=1", "--output", "json")
    assert (outcome.code, outcome.json["inserted"]) == (0, 10 * len(outcome.json["tables"]))
    assert database.count("retail_trans WHERE sku REGEXP '^[A-Z]{2}[1-9]'") == database.count("retail_trans") > 0


@pytest.mark.parametrize("file", sorted(path.name for path in (ROOT / "lakes").glob("*.yaml")))
def test_every_example_lake_can_be_created_and_written(file: str, run: Run, database: Database, tmp_path: Path) -> None:
    from constructs_lib.config.load import load_lake

    text = (ROOT / "lakes" / file).read_text()
    for schema in sorted({table.schema_name for table in load_lake(ROOT / "lakes" / file).tables}):
        text = text.replace(f"{schema}.", f"{database.name}.")
    lake = tmp_path / file
    lake.write_text(text)
    outcome = run("--lake", str(lake), "--create-table", "--max-count", "20", "--mix", "insert=2,update=1,delete=1", "--output", "json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["skipped"] == 0
    assert outcome.json["inserted"] == 10 * len(outcome.json["tables"])


def test_a_dry_run_needs_no_server_and_shows_the_statements() -> None:
    outcome = invoke("--dry-run", "--create-table", "--drop-table", "--max-count", "4", "--mix", "insert=2,update=1,delete=1")
    assert outcome.code == 0
    statements = outcome.out.strip().split(";\n")
    words = [
        "DROP TABLE IF",
        "CREATE DATABASE",
        "CREATE TABLE IF",
        "INSERT INTO",
        "UPDATE `testdb`.`retail_trans` SET",
        "DELETE FROM",
        "COMMIT",
    ]
    assert [statement[: len(word)] for statement, word in zip(statements, words, strict=True)] == words
    assert "notice: dry run: nothing was written" in outcome.err


def test_a_dry_run_touches_nothing(database: Database, run: Run) -> None:
    run("--database", database.name, "--create-table")
    database("CREATE TABLE other (id INT AUTO_INCREMENT PRIMARY KEY, n INT)")
    database("INSERT INTO other (n) VALUES (1), (2)")
    before = [database(text) for text in ("CHECKSUM TABLE retail_trans, other", "SHOW TABLES", "SHOW MASTER STATUS")]
    for arguments in (
        ("--mix", "insert=1,update=1,delete=1"),
        ("--drop-table", "--create-table", "--yes"),
        ("--scenario", "readme"),
        ("--table", "other", "--mix", "update=1,delete=1"),
        ("--table", "fresh", "--create-table"),
    ):
        assert run("--database", database.name, "--dry-run", *arguments).code == 0
    assert [database(text) for text in ("CHECKSUM TABLE retail_trans, other", "SHOW TABLES", "SHOW MASTER STATUS")] == before


def test_what_a_dry_run_shows_is_what_a_run_does(database: Database, run: Run, one_hour: None) -> None:
    flags = ("--database", database.name, "--table", "clicks", "--create-table", "--max-count", "60", "--mix", "insert=3,update=1,delete=1")
    statements = run(*flags, "--dry-run", "--output", "json").json["statements"]
    assert run(*flags).code == 0
    rows = database("SELECT * FROM clicks ORDER BY trans_id")
    database("DROP TABLE clicks")
    for statement in statements:
        database(statement.replace("%", "%%"))
    assert database("SELECT * FROM clicks ORDER BY trans_id") == rows


def test_json_is_one_object(database: Database, run: Run) -> None:
    outcome = run("--database", database.name, "--create-table", "--max-count", "3", "--output", "json")
    fields = outcome.json
    assert fields.pop("seconds") >= 0
    assert fields.pop("rows_per_second") > 0
    table = f"{database.name}.retail_trans"
    counts = {"inserted": 3, "updated": 0, "deleted": 0, "skipped": 0}
    assert fields == {
        "random_seed": 47,
        "dry_run": False,
        "tables": [{"table": table, **counts}],
        "created": [table],
        "dropped": [],
        "notices": [],
        "interrupted": False,
        "error": None,
        **counts,
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mix", "insert=x"], "--mix must be like insert=70,update=20,delete=10"),
        (["--scenario", "readme", "--max-count", "3"], "--max-count is not used with --scenario"),
        (["--scenario", "readme", "--bulk"], "--bulk is not used with --scenario"),
        (["--lake", RETAIL, "--database", "x"], "--database is not used with --lake"),
        (["--lake", RETAIL, "--table", "retail_tran"], "did you mean testdb.retail_trans"),
        (["--lake", "lakes/none.yaml"], "lakes/none.yaml: does not exist"),
        (["--table", "a", "--table", "b"], "--table can be given more than once only with --lake"),
        (["--dry-run", "--max-count", "-1", "--output", "json"], "--output json needs an end"),
        (["--dry-run", "--bulk"], "--bulk is not used with --dry-run"),
        (["--batch-size", "0"], "--batch-size"),
        (["--rate", "0"], "--rate"),
        (["--port", "70000"], "--port"),
        (["--table", "x" * 65], "1 to 64 characters"),
        (["--no-tls", "--ssl-ca", "ca.pem", "--user", "u"], "--no-tls is not used with --ssl-ca"),
        (["-p", "secret"], "a password is never an argument"),
        (["--password", "secret"], "a password is never an argument"),
    ],
)
def test_fails_with_2_when_used_wrongly(arguments: list[str], message: str) -> None:
    outcome = invoke(*arguments, MOULIN_DB_PASSWORD="x")
    assert outcome.code == 2
    assert message in " ".join(outcome.err.replace("│", " ").split())
    assert outcome.out == "" or outcome.json["inserted"] == 0
    assert "secret" not in outcome.err.replace("--secret", "")


def test_wrong_use_is_json_too() -> None:
    outcome = invoke("--scenario", "readme", "--rate", "3", "--output", "json")
    assert outcome.code == 2
    assert "--rate is not used with --scenario" in outcome.json["error"]
