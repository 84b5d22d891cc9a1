"""Every type of column that MySQL has: filled by both ways of inserting, updated and deleted, and read back by the server's own rules."""

from __future__ import annotations

import pytest

from scripts.seed.catalog import listed_values, read_table
from scripts.seed.model import Column
from scripts.seed.target import Server
from tests.seed.conftest import Database, Run

TYPES = {
    "c_bool": "BOOL",
    "c_tinyint": "TINYINT",
    "c_tinyint_u": "TINYINT UNSIGNED",
    "c_smallint": "SMALLINT",
    "c_smallint_u": "SMALLINT UNSIGNED ZEROFILL",
    "c_mediumint": "MEDIUMINT",
    "c_int": "INT",
    "c_int_u": "INT(10) UNSIGNED",
    "c_bigint": "BIGINT",
    "c_bigint_u": "BIGINT UNSIGNED",
    "c_decimal": "DECIMAL(12,2)",
    "c_decimal_small": "DECIMAL(2,2)",
    "c_decimal_u": "DECIMAL(9,3) UNSIGNED",
    "c_decimal_huge": "DECIMAL(65,30)",
    "c_numeric": "NUMERIC(4)",
    "c_float": "FLOAT",
    "c_double": "DOUBLE UNSIGNED",
    "c_bit": "BIT",
    "c_bit64": "BIT(64)",
    "c_char": "CHAR(3)",
    "c_char0": "CHAR(1)",
    "c_varchar": "VARCHAR(40)",
    "c_varchar_latin1": "VARCHAR(40) CHARACTER SET latin1",
    "c_tinytext": "TINYTEXT",
    "c_text": "TEXT",
    "c_mediumtext": "MEDIUMTEXT",
    "c_longtext": "LONGTEXT",
    "c_utf8": "VARCHAR(100) CHARACTER SET utf8mb3",
    "c_binary": "BINARY(5)",
    "c_varbinary": "VARBINARY(9)",
    "c_tinyblob": "TINYBLOB",
    "c_blob": "BLOB",
    "c_mediumblob": "MEDIUMBLOB",
    "c_longblob": "LONGBLOB",
    "c_enum": "ENUM('a','it''s','b,c','\u00e9','back\\\\slash')",
    "c_set": "SET('x','y''z','w')",
    "c_json": "JSON",
    "c_date": "DATE",
    "c_time": "TIME",
    "c_time6": "TIME(6)",
    "c_datetime": "DATETIME",
    "c_datetime3": "DATETIME(3)",
    "c_timestamp": "TIMESTAMP",
    "c_timestamp6": "TIMESTAMP(6)",
    "c_year": "YEAR",
    "c_point": "POINT",
    "c_geometry": "GEOMETRY",
    "c_uuid": "UUID",
    "c_inet6": "INET6",
    "c_inet4": "INET4",
    "birth_date": "DATE",
    "latitude": "DECIMAL(9,6)",
    "discount": "DOUBLE",
    "age": "TINYINT UNSIGNED",
}


@pytest.mark.parametrize("way", ["insert", "bulk"])
def test_every_type_is_filled_changed_and_deleted(way: str, database: Database, run: Run) -> None:
    columns = ", ".join(f"{name} {kind} NOT NULL" for name, kind in TYPES.items())
    database(
        f"CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, {columns}"
        ", g INT AS (c_tinyint + 1) STORED, touched TIMESTAMP(3) NOT NULL DEFAULT NOW(3) ON UPDATE NOW(3))"
    )
    bulk = ["--bulk"] if way == "bulk" else []
    outcome = run("--database", database.name, "--table", "t", "--max-count", "300", *bulk, "--output", "json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["inserted"] == database.count("t") == 300
    for name in TYPES:
        distinct = int(database(f"SELECT COUNT(DISTINCT {name}) FROM t")[0][0])
        assert distinct > 1, name
    assert database.count("t WHERE NOT JSON_VALID(c_json)") == 0
    assert database.count("t WHERE c_enum = ''") == 0
    assert database.count("t WHERE c_datetime > UTC_TIMESTAMP() OR c_datetime < UTC_TIMESTAMP() - INTERVAL 367 DAY") == 0
    assert database.count("t WHERE ABS(latitude) > 90 OR age NOT BETWEEN 18 AND 90 OR discount NOT BETWEEN 0 AND 1") == 0
    assert database.count("t WHERE ST_AsText(c_point) IS NULL OR ABS(ST_Y(c_point)) > 90") == 0
    outcome = run("--database", database.name, "--table", "t", "--max-count", "90", "--mix", "update=2,delete=1", "--output", "json")
    assert (outcome.code, outcome.json["updated"], outcome.json["deleted"], outcome.json["skipped"]) == (0, 60, 30, 0)
    assert database.count("t") == 270


def test_both_ways_of_inserting_write_the_same(database: Database, run: Run, one_hour: None) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in TYPES.items())
    sums = []
    for flags in ([], ["--bulk"]):
        database(f"CREATE OR REPLACE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, {columns})")
        assert run("--database", database.name, "--table", "t", "--max-count", "400", *flags).code == 0
        sums.append([database(f"SELECT COUNT({name}), SUM(CRC32({name})) FROM t") for name in TYPES])
    assert sums[0] == sums[1]
    assert all(340 <= row[0][0] <= 399 for row in sums[0])  # one in twenty is NULL


@pytest.mark.parametrize(
    "kind",
    [
        "INT",
        "BIGINT UNSIGNED",
        "DECIMAL(12,0)",
        "VARCHAR(12)",
        "CHAR(36)",
        "VARCHAR(36)",
        "BINARY(16)",
        "VARBINARY(20)",
        "DATETIME(6)",
        "UUID",
        "MEDIUMINT",
    ],
)
@pytest.mark.parametrize("way", ["insert", "bulk"])
def test_keys_of_every_type_are_unique_and_hit(kind: str, way: str, database: Database, run: Run) -> None:
    database(f"CREATE TABLE t (k {kind} PRIMARY KEY, n INT NOT NULL)")
    bulk = ["--bulk"] if way == "bulk" else []
    for total in (1_200, 2_400):  # the second run has the same seed, and must find other keys
        outcome = run(
            "--database",
            database.name,
            "--table",
            "t",
            "--max-count",
            "1500",
            "--mix",
            "insert=9,update=5,delete=1",
            *bulk,
            "--output",
            "json",
        )
        assert (outcome.code, outcome.err) == (0, "")
        numbers = outcome.json
        assert (numbers["inserted"], numbers["updated"], numbers["deleted"], numbers["skipped"]) == (900, 500, 100, 0)
        assert database.count("t") == total * 2 // 3


@pytest.mark.parametrize("kind", ["BIT(8)", "TIME(3)", "YEAR", "DATE", "SMALLINT", "ENUM('a','b','c')", "CHAR(2)"])
def test_small_keys_are_drawn_again_until_they_fit(kind: str, database: Database, run: Run) -> None:
    database(f"CREATE TABLE t (shop ENUM('n','s'), k {kind}, n INT, PRIMARY KEY (shop, k))")
    outcome = run(
        "--database", database.name, "--table", "t", "--max-count", "40", "--mix", "insert=2,update=1,delete=1", "--output", "json"
    )
    assert outcome.code == 0, outcome.err
    numbers = outcome.json
    assert numbers["inserted"] + numbers["updated"] + numbers["deleted"] + numbers["skipped"] == 40
    assert database.count("t") == numbers["inserted"] - numbers["deleted"]
    if not kind.startswith("ENUM"):
        assert numbers["skipped"] == 0


def test_a_table_is_read_as_it_is(database: Database, query: Server) -> None:
    database("CREATE TABLE parent (a INT, b INT, PRIMARY KEY (b, a))")
    database(
        "CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a INT, b INT, mail VARCHAR(30) NOT NULL UNIQUE, doc JSON, d INT DEFAULT 3,"
        " v INT AS (d + 1) VIRTUAL, ts TIMESTAMP NOT NULL DEFAULT NOW() ON UPDATE NOW(), hidden INT INVISIBLE,"
        " FOREIGN KEY (b, a) REFERENCES parent (b, a))"
    )
    table = read_table(query.query, database.name, "t")
    assert [column.name for column in table.written] == ["a", "b", "mail", "doc", "d", "hidden"]
    assert table.auto_increment is table.columns[0]
    assert set(table.unique) == {("id",), ("mail",)}
    assert table.column("doc").json
    assert table.column("d").default == "3"
    assert table.column("hidden").nullable
    assert [(key.columns, key.parent, key.parent_columns) for key in table.foreign_keys] == [
        (("b", "a"), f"{database.name}.parent", ("b", "a"))
    ]
    assert [column.name for column in table.changeable] == ["doc", "d", "hidden"]


def test_listed_values_are_read_with_their_quotes() -> None:
    assert listed_values(Column("e", "enum", "enum('a','it''s','b,c','')")) == ["a", "it's", "b,c", ""]
