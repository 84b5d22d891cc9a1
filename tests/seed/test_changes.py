"""Updates, deletes, references and transactions, on a real server."""

from __future__ import annotations

from scripts.seed.catalog import read_table
from scripts.seed.target import Server
from scripts.seed.wanted import HeldByServer
from tests.seed.conftest import Database, Run


def snapshot(database: Database, table: str, key: str) -> tuple[tuple[object, ...], ...]:
    return tuple(database(f"SELECT * FROM {table} ORDER BY {key}"))


def test_the_mix_decides_how_many_of_each(database: Database, run: Run) -> None:
    outcome = run(
        *(
            "--database",
            database.name,
            "--create-table",
            "--max-count",
            "1000",
            "--mix",
            "insert=70,update=20,delete=10",
            "--output",
            "json",
        )
    )
    table = f"{database.name}.retail_trans"
    assert outcome.json["tables"] == [{"table": table, "inserted": 700, "updated": 200, "deleted": 100, "skipped": 0}]
    assert outcome.json["created"] == [table]
    assert database.count("retail_trans") == 600


def test_the_same_seed_makes_the_same_rows_and_changes(database: Database, run: Run, one_hour: None) -> None:
    found = []
    for batch, seed in (("1000", "7"), ("13", "7"), ("1000", "8")):
        database("CREATE OR REPLACE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60), n INT NOT NULL, day DATE)")
        flags = ("--max-count", "200", "--batch-size", batch, "--random-seed", seed)
        assert run("--database", database.name, "--table", "t", *flags).code == 0
        rows = snapshot(database, "t", "id")
        assert run("--database", database.name, "--table", "t", *flags, "--mix", "update=3,delete=1").code == 0
        found.append((rows, snapshot(database, "t", "id")))
    assert found[0][0] == found[1][0] != found[2][0]
    assert found[0][1] != found[0][0]
    database("CREATE OR REPLACE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(60), n INT NOT NULL, day DATE)")
    for mix in ("insert=1", "update=3,delete=1"):
        run("--database", database.name, "--table", "t", "--max-count", "200", "--random-seed", "7", "--mix", mix)
    assert snapshot(database, "t", "id") == found[0][1]


def test_every_update_changes_something(database: Database, run: Run) -> None:
    database("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, flag BOOL NOT NULL, changed TIMESTAMP(6) NULL ON UPDATE NOW(6))")
    assert run("--database", database.name, "--table", "t", "--max-count", "50").code == 0
    outcome = run("--database", database.name, "--table", "t", "--max-count", "50", "--mix", "update=1", "--output", "json")
    assert outcome.json["updated"] == 50
    assert database.count("t WHERE changed IS NOT NULL") > 20


def test_composite_keys_are_hit(database: Database, run: Run) -> None:
    database("CREATE TABLE t (shop SMALLINT, code VARCHAR(20), day DATE, at TIME(6), n INT NOT NULL, PRIMARY KEY (day, shop, code, at))")
    flags = ("--database", database.name, "--table", "t", "--output", "json")
    assert run(*flags, "--max-count", "300").json["inserted"] == 300
    outcome = run(*flags, "--max-count", "200", "--mix", "update=1,delete=1")
    assert (outcome.json["updated"], outcome.json["deleted"], outcome.json["skipped"]) == (100, 100, 0)
    assert database.count("t") == 200


def test_unique_columns_stay_unique_over_runs_with_one_seed(database: Database, run: Run) -> None:
    database(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(80) UNIQUE, a INT, b CHAR(8), UNIQUE (a, b),"
        " c CHAR(10), UNIQUE (c(8)))"
    )
    for flags in ([], ["--bulk"], ["--bulk"], []):
        outcome = run("--database", database.name, "--table", "t", "--max-count", "500", *flags)
        assert (outcome.code, outcome.err) == (0, "")
    assert database.count("t") == 2_000
    assert database.count("t WHERE email LIKE '%@%'") == 2_000


def test_rows_of_another_session_are_counted_behind(database: Database, query: Server) -> None:
    database("CREATE TABLE t (id INT PRIMARY KEY)")
    held = HeldByServer(query.query, read_table(query.query, database.name, "t"))
    assert (held.highest("id"), held.count()) == (None, 0)
    database("INSERT INTO t VALUES (7)")
    assert (held.highest("id"), held.count()) == (7, 1)


def test_a_full_table_is_told_and_not_waited_for(database: Database, run: Run) -> None:
    database("CREATE TABLE t (a ENUM('x','y'), b BOOL, PRIMARY KEY (a, b))")
    for _ in range(2):
        outcome = run("--database", database.name, "--table", "t", "--max-count", "2000", "--output", "json")
        assert outcome.code == 0
    assert database.count("t") == 4
    assert outcome.json["skipped"] == 2_000
    assert "2,000 changes were skipped" in outcome.err


LAKE_HEAD = "name: shop\nregion: us-east-1\nstate: {backend: local}\ntables:\n"


def shop(database: Database, tmp_path: object, *tables: str) -> str:
    text = LAKE_HEAD + "".join(
        f"  - {{source: {database.name}.{table}, mode: mirror, keys: [id], columns: {{id: long}}}}\n" for table in tables
    )
    path = f"{tmp_path}/lake.yaml"
    with open(path, "w") as file:  # noqa: PTH123
        file.write(text)
    return path


def test_references_hold_and_parents_are_written_first(database: Database, run: Run, tmp_path: object) -> None:
    database(
        "CREATE TABLE customer (id BIGINT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(50), referrer BIGINT,"
        " FOREIGN KEY (referrer) REFERENCES customer (id))"
    )
    database("CREATE TABLE country (code CHAR(2) PRIMARY KEY)")
    database("INSERT INTO country VALUES ('ch'), ('it')")
    database(
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, customer BIGINT NOT NULL, country CHAR(2) NOT NULL, total DECIMAL(9,2),"
        " FOREIGN KEY (customer) REFERENCES customer (id), FOREIGN KEY (country) REFERENCES country (code))"
    )
    database(
        "CREATE TABLE line (id BIGINT, number SMALLINT, amount INT NOT NULL, PRIMARY KEY (id, number),"
        " FOREIGN KEY (id) REFERENCES orders (id) ON DELETE CASCADE)"
    )
    lake = shop(database, tmp_path, "line", "orders", "customer")
    outcome = run("--lake", lake, "--max-count", "400", "--batch-size", "90", "--mix", "insert=6,update=3,delete=1", "--output", "json")
    assert outcome.code == 0, outcome.err
    tables = {table["table"].split(".")[1]: table for table in outcome.json["tables"]}
    assert list(tables) == ["customer", "orders", "line"]
    assert all(table["inserted"] == 240 for table in tables.values())
    assert tables["line"]["updated"] == 120
    assert database.count("orders") == 240 - tables["orders"]["deleted"]
    assert database.count("customer WHERE referrer IS NOT NULL") > 100
    assert {row[0] for row in database("SELECT DISTINCT country FROM orders")} == {"ch", "it"}


def test_fails_when_a_parent_is_empty(database: Database, run: Run) -> None:
    database("CREATE TABLE parent (id INT PRIMARY KEY)")
    database("CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent INT NOT NULL, FOREIGN KEY (parent) REFERENCES parent (id))")
    outcome = run("--database", database.name, "--table", "child")
    assert outcome.code == 1
    assert f"refers to {database.name}.parent, which has no rows: seed that table first" in outcome.err


def test_a_row_that_another_refers_to_is_not_deleted(database: Database, run: Run) -> None:
    database("CREATE TABLE parent (id INT AUTO_INCREMENT PRIMARY KEY)")
    database("CREATE TABLE child (id INT AUTO_INCREMENT PRIMARY KEY, parent INT NOT NULL, FOREIGN KEY (parent) REFERENCES parent (id))")
    database("INSERT INTO parent VALUES (1), (2), (3)")
    database("INSERT INTO child (parent) VALUES (2)")
    outcome = run("--database", database.name, "--table", "parent", "--max-count", "3", "--mix", "delete=1", "--output", "json")
    assert (outcome.code, outcome.json["deleted"], outcome.json["skipped"]) == (0, 2, 1)
    assert snapshot(database, "parent", "id") == ((2,),)


def test_it_ends_when_no_row_is_left_to_change(database: Database, run: Run) -> None:
    run("--database", database.name, "--create-table", "--max-count", "5")
    outcome = run("--database", database.name, "--max-count", "-1", "--mix", "delete=1", "--output", "json")
    assert (outcome.code, outcome.json["deleted"]) == (0, 5)
    assert "ended early: no row is left" in outcome.json["notices"][0]


def test_a_table_without_a_key_takes_inserts_only(database: Database, run: Run) -> None:
    database("CREATE TABLE t (a INT, b VARCHAR(9))")
    assert run("--database", database.name, "--table", "t").code == 0
    outcome = run("--database", database.name, "--table", "t", "--mix", "insert=1,update=1")
    assert outcome.code == 2
    assert "has no primary key or unique columns, so no row of it can be named: use --mix insert=100" in outcome.err
    assert database.count("t") == 10


def test_a_table_of_numbered_keys_alone_is_filled(database: Database, run: Run) -> None:
    database("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY)")
    assert run("--database", database.name, "--table", "t", "--bulk").code == 0
    assert database.count("t") == 10


def test_an_error_takes_the_transaction_back_and_keeps_the_ones_before(database: Database, run: Run) -> None:
    database("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, n INT NOT NULL)")
    database(
        "CREATE TRIGGER few BEFORE INSERT ON t FOR EACH ROW"
        " IF (SELECT COUNT(*) FROM t) >= 25 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'too many'; END IF"
    )
    outcome = run("--database", database.name, "--table", "t", "--max-count", "100", "--batch-size", "10", "--output", "json")
    assert (outcome.code, outcome.json["inserted"], database.count("t")) == (1, 20, 20)
    assert outcome.json["error"] == "the database refused: too many [1644]"


def test_a_rate_is_kept(database: Database, run: Run) -> None:
    outcome = run("--database", database.name, "--create-table", "--max-count", "30", "--rate", "60", "--output", "json")
    assert outcome.json["inserted"] == 30
    assert 0.4 < outcome.json["seconds"] < 3


def test_keys_follow_the_servers_step(database: Database, run: Run) -> None:
    database("SET GLOBAL auto_increment_increment = 5")
    try:
        outcome = run("--database", database.name, "--create-table", "--max-count", "40", "--mix", "insert=1,delete=1", "--output", "json")
    finally:
        database("SET GLOBAL auto_increment_increment = 1")
    assert (outcome.json["deleted"], outcome.json["skipped"], database.count("retail_trans")) == (20, 0, 0)
