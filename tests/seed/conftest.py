"""A real MariaDB for the tests of `moulin seed`, and the command run against it."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import pymysql
import pytest
import typer
from typer.testing import CliRunner

from scripts.commands.seed import seed
from scripts.local.mariadb import MariaDb, mariadb
from scripts.seed.connection import connect
from scripts.seed.credentials import Login
from scripts.seed.target import Server

CANARY = "c4n4ry-p%ss'w\"ord\\"
"""The password of the tests' user: it must never be printed."""
USER = "moulin_test"

APP = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
APP.command("seed")(seed)


@pytest.fixture(scope="session")
def server(needs_mariadb: None) -> Iterator[MariaDb]:
    """One private server for all tests."""
    with mariadb() as running:
        with contextlib.closing(admin_session(running)) as session:
            session.cursor().execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (USER, CANARY))
            session.cursor().execute("GRANT ALL ON *.* TO %s@'%%'", (USER,))
        yield running


def admin_session(server: MariaDb) -> pymysql.Connection:
    return pymysql.connect(host=server.host, port=server.port, user=server.user, password="", charset="utf8mb4", autocommit=True)


_numbers = count(1)


@dataclass
class Database:
    """A database of a test's own."""

    session: pymysql.Connection
    name: str

    def __call__(self, text: str) -> Sequence[tuple[Any, ...]]:
        """Runs a statement in it."""
        with self.session.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()

    def count(self, table: str) -> int:
        return int(self(f"SELECT COUNT(*) FROM {table}")[0][0])


@pytest.fixture
def database(server: MariaDb) -> Iterator[Database]:
    name = f"seed_test_{next(_numbers)}"
    with contextlib.closing(admin_session(server)) as session:
        session.cursor().execute(f"CREATE DATABASE `{name}` DEFAULT CHARACTER SET utf8mb4")
        session.select_db(name)
        yield Database(session, name)
        session.cursor().execute(f"DROP DATABASE IF EXISTS `{name}`")


@pytest.fixture
def query(server: MariaDb) -> Iterator[Server]:
    """A connection as the command opens it."""
    from pydantic import SecretStr

    login = Login(server.host, server.port, USER, SecretStr(CANARY))
    session = connect(login, context=None, no_tls=False, local_infile=True)
    with contextlib.closing(session):
        yield Server(session)


@pytest.fixture
def one_hour() -> None:
    """Times count from the top of the hour: two runs that are compared must not have it between them."""
    past = time.time() % 3600
    if past > 3580:
        time.sleep(3600 - past)


@dataclass
class Outcome:
    """What a run of the command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Outcome]


def invoke(*arguments: str, **variables: str | None) -> Outcome:
    """Runs the command in this process. No output may hold the password."""
    clean = {name: None for name in os.environ if name.startswith(("MOULIN_", "AWS_"))}
    result = CliRunner().invoke(APP, arguments, env={**clean, "COLUMNS": "200", **variables})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert CANARY not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return Outcome(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def run(server: MariaDb) -> Run:
    """The command against the private server; the password comes from the environment."""

    def against_server(*arguments: str, **variables: str | None) -> Outcome:
        login = ("--user", USER, "--port", str(server.port))
        return invoke(*login, *arguments, **{"MOULIN_DB_PASSWORD": CANARY, **variables})

    return against_server
