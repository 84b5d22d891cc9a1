"""`moulin task start --source`: the source's catalog is asked before capture starts."""

from __future__ import annotations

import contextlib
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
import pytest

from scripts.local.mariadb import MariaDb, mariadb
from tests.certificates import tls_only
from tests.task.conftest import Deploy
from tests.task.deployed import Deployed

PASSWORD = "n0t-shown"
LINES = "CREATE TABLE shop.orders (order_id BIGINT, line INT, status VARCHAR(20), total DECIMAL(12,2), created_at DATETIME, {keys})"


@pytest.fixture(scope="module")
def server(needs_mariadb: None, certificates: Path) -> Iterator[MariaDb]:
    """A source as Aurora is: it takes TLS only."""
    with mariadb(options=tls_only(certificates)) as running:
        yield running


@pytest.fixture
def source(server: MariaDb, certificates: Path) -> Callable[[str], str]:
    """Makes shop.orders anew with the keys given; gives the source's URL."""

    def make(keys: str) -> str:
        context = ssl.create_default_context(cafile=certificates / "root.pem")
        context.check_hostname = False
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        with contextlib.closing(pymysql.connect(host=server.host, port=server.port, user=server.user, ssl=context)) as session:
            cursor = session.cursor()
            for statement in (
                "DROP DATABASE IF EXISTS shop",
                "CREATE DATABASE shop",
                LINES.format(keys=keys),
                f"CREATE OR REPLACE USER reader IDENTIFIED BY '{PASSWORD}'",
                "GRANT SELECT ON shop.* TO reader",
            ):
                cursor.execute(statement)
        return f"mysql://reader@{server.host}:{server.port}"

    return make


@pytest.fixture
def lake(deploy: Deploy, changed: Callable[..., Path], certificates: Path, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    """The minimal lake, whose source has a certificate of the tests' own root."""
    monkeypatch.setenv("MOULIN_DB_PASSWORD", PASSWORD)
    return deploy(file=changed(added=f"source: {{tls_certificate_file: {certificates / 'root.pem'}}}\n"))


def was_started(lake: Deployed) -> bool:
    return str(lake.task()["Status"]) != "ready"


def test_keys_that_identify_no_row_are_refused_with_their_line(lake: Deployed, source: Callable[[str], str]) -> None:
    result = lake.run("start", "--source", source("PRIMARY KEY (order_id, line)"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"{lake.file}:11: tables[0].keys are not unique in shop.orders: its primary key is order_id, line, and all rows that share them"
        " would become one (list line among the columns and write keys: [order_id, line], or mode: history, where every change is a row)\n"
    )
    assert not was_started(lake)


def test_what_may_go_wrong_is_a_warning_and_capture_starts(lake: Deployed, source: Callable[[str], str]) -> None:
    url = source("PRIMARY KEY (line), UNIQUE (order_id)")
    result = lake.run("start", "--source", url)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.startswith(f"{lake.file}:11: warning: tables[0].keys ")
    assert was_started(lake)


def test_programs_get_what_was_found(lake: Deployed, source: Callable[[str], str]) -> None:
    result = lake.run("start", "--output", "json", "--source", source("PRIMARY KEY (order_id)"))
    assert (result.exit_code, result.stderr, json.loads(result.stdout)["findings"]) == (0, "", [])


def test_fails_when_the_source_is_signed_by_another_root(
    lake: Deployed, source: Callable[[str], str], certificates: Path, changed: Callable[..., Path]
) -> None:
    url = source("PRIMARY KEY (order_id)")
    changed(added=f"source: {{tls_certificate_file: {certificates / 'other.pem'}}}\n")
    result = lake.run("start", "--source", url)
    assert result.exit_code == 1
    assert result.stderr.startswith("the source could not be asked: ")
    assert "certificate verify failed" in result.stderr
    assert PASSWORD not in result.stderr
    assert not was_started(lake)


def test_fails_when_the_url_is_not_one(lake: Deployed) -> None:
    result = lake.run("start", "--source", "shop.example.com")
    assert (result.exit_code, result.stderr) == (
        2,
        "the source could not be asked: --source must be like mysql://user@127.0.0.1:3306, got shop.example.com\n",
    )
