"""The bastion's script that prepares a source, with its statements run on a real server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shlex import quote

import pymysql
import pytest

from constructs_lib.bastion import FILES
from scripts.local.mariadb import MariaDb, mariadb

SCHEMAS = ["shop", "my shop", "per%cent", "under_score", "tick`tick", "quote'\"", "a.b", "back\\slash", "$(touch broken)", "caf\u00e9"]
USER, PASSWORD = "rea'der\\", "it's \\n a \\\\ b"
SECRET = f"echo {quote(json.dumps({'username': USER, 'password': PASSWORD}))}"


@pytest.fixture
def server(needs_mariadb: None) -> Iterator[MariaDb]:
    with mariadb() as running:
        yield running


def statements(folder: Path) -> list[str]:
    """What the script sends to the server, one statement a line."""
    variables = {
        "MOULIN_SOURCE_SCHEMAS": "\t".join(SCHEMAS),
        "MOULIN_ADMIN_SECRET_ARN": "a",
        "MOULIN_REPLICATION_SECRET_ARN": "b",
        "MOULIN_REGION": "eu-west-1",
        "MOULIN_BINLOG_RETENTION_HOURS": "24",
    }
    environment = folder / "moulin.env"
    environment.write_text("".join(f"export {name}={quote(value)}\n" for name, value in variables.items()))
    for name, body in {"aws": SECRET, "moulin-mysql": "cat"}.items():
        (folder / name).write_text(f"#!/bin/bash\n{body}\n")
        (folder / name).chmod(0o755)
    script = (FILES / "moulin-prepare-source").read_text().replace("/etc/moulin.env", str(environment))
    path = {"PATH": f"{folder}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=path, text=True, check=True, capture_output=True)
    return [line.rstrip(";") for line in done.stdout.splitlines() if line.startswith(("CREATE", "ALTER", "GRANT"))]


def rows(server: MariaDb, user: str, password: str, *sql: str) -> list[str]:
    """The first column of what the last statement returns."""
    with closing(pymysql.connect(host=server.host, port=server.port, user=user, password=password, charset="utf8mb4")) as session:
        cursor = session.cursor()
        for statement in sql:
            cursor.execute(statement)
        return [str(row[0]) for row in cursor.fetchall()]


def test_schemas_of_any_spelling_are_made_and_may_be_read_and_no_others(server: MariaDb, tmp_path: Path) -> None:
    sent = [statement.replace(" REQUIRE SSL", "") for statement in statements(tmp_path)]  # this server has no certificate
    rows(server, server.user, "", *sent, "CREATE DATABASE underXscore", "CREATE DATABASE perXXcent")
    assert set(rows(server, USER, PASSWORD, "SHOW DATABASES")) - {"information_schema"} == set(SCHEMAS)
    assert not (tmp_path / "broken").exists()
