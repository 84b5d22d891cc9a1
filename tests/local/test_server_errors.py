"""What a server refuses is told in a line: which lake, what, and what to do."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from scripts.local.compare import ComparedColumn, ComparedTable
from scripts.local.mariadb import MariaDb, free_port, mariadb
from scripts.local.sides import SourceSide
from scripts.seed.errors import SeedError
from scripts.seed.model import Column, Table
from tests.local.commands import invoke, query
from tests.local.support import LAKE


@pytest.fixture(scope="module")
def server(needs_mariadb: None) -> Iterator[MariaDb]:
    with mariadb() as running:
        query(running, "CREATE USER reader IDENTIFIED BY 'secret'", "CREATE DATABASE shop", "CREATE TABLE shop.orders (order_id BIGINT)")
        yield running


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    file = tmp_path / "lake.yaml"
    file.write_text(LAKE)
    return file


@pytest.mark.parametrize("command", ["local", "verify"])
def test_a_wrong_password_is_said_at_once(server: MariaDb, lake: Path, command: str) -> None:
    started = time.monotonic()
    result = invoke(command, str(lake), "--source", f"mysql://reader@127.0.0.1:{server.port}", "--data", str(lake.parent / "data"))
    assert result.code == 1
    line = result.err.splitlines()[-1]
    assert "Access denied for user 'reader'" in line
    assert "check the user of --source and the password in MOULIN_DB_PASSWORD" in line
    assert time.monotonic() - started < 25  # what stays refused is not tried again


def test_a_server_that_is_not_there_is_said_with_its_lake(lake: Path) -> None:
    result = invoke("verify", str(lake), "--source", f"mysql://reader@127.0.0.1:{free_port()}", "--data", str(lake.parent / "data"))
    assert result.code == 1
    line = result.err.splitlines()[-1]
    assert line.startswith(f"{lake}: ")
    assert "check that the server runs, its host and its port" in line


def test_a_table_that_cannot_be_read_is_named(server: MariaDb) -> None:
    """Such as one whose columns are not what its catalog said a moment ago."""
    described = Table("shop", "orders", (Column("gone", "int", "int"),))
    compared = ComparedTable("shop", "orders", "lake", "orders", None, ("gone",), (ComparedColumn("gone", "gone", "int"),))
    with contextlib.closing(pymysql.connect(host=server.host, port=server.port, user=server.user)) as session:
        side = SourceSide(session, lambda *_: described, hash_key=b"")
        with pytest.raises(
            SeedError, match=r"^shop\.orders cannot be read from the source to compare it: Unknown column 'gone'.* \[1054\]"
        ):
            list(side.fingerprints(compared))
