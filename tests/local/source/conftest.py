"""A real MariaDB for the tests of the source side."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from scripts.local.mariadb import MariaDb, mariadb
from scripts.local.source.source import to_server
from tests.local.source.support import Database


@pytest.fixture(scope="session")
def server(needs_mariadb: None) -> Iterator[MariaDb]:
    """One private server for all tests."""
    with mariadb() as running:
        yield running


@pytest.fixture
def database(server: MariaDb) -> Iterator[Database]:
    with contextlib.closing(to_server(server)()) as session:
        made = Database(server, session)
        made(f"CREATE DATABASE `{made.name}` DEFAULT CHARACTER SET utf8mb4", f"USE `{made.name}`")
        yield made
        made(f"DROP DATABASE IF EXISTS `{made.name}`")
