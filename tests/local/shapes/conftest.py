"""One MariaDB for all tests of shapes, and lakes to run on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.local.mariadb import MariaDb, mariadb
from scripts.local.template import LocalTemplate
from tests.local.conftest import Synthesise
from tests.local.shapes.support import BOTH_MODES, ShapeRun, sql

Begin = Callable[..., ShapeRun]


@pytest.fixture(scope="session")
def shapes_server(needs_mariadb: None) -> Iterator[MariaDb]:
    """One private server; its databases are made anew by each test. Nothing here survives it, so it need not wait for the disk."""
    with mariadb(options=["--innodb-flush-log-at-trx-commit=0", "--sync-frm=0"]) as running:
        yield running


@pytest.fixture
def begin(shapes_server: MariaDb, tmp_path: Path) -> Iterator[Begin]:
    """Runs statements in an empty database `shop` and makes a run of a lake over it."""
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(contextlib.closing(sql(shapes_server)))
        session("DROP DATABASE IF EXISTS shop", "CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", "USE shop")

        def make(template: LocalTemplate, *statements: str) -> ShapeRun:
            session(*statements)
            return ShapeRun(shapes_server, template, tmp_path / "data", session)

        yield make


@pytest.fixture(scope="session")
def both_modes(synthesise_text: Synthesise) -> LocalTemplate:
    """The lake of `support.BOTH_MODES`."""
    return synthesise_text(BOTH_MODES)
