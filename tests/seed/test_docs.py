"""docs/seed.md: every option is listed with its default, and every example runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from scripts.local.mariadb import MariaDb
from scripts.seed.options import DEFAULT_BATCH, DEFAULT_BULK_BATCH, DEFAULT_COUNT, DEFAULT_SEED
from tests.seed.conftest import APP, CANARY, Database, admin_session, invoke

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "seed.md").read_text()
EXAMPLES = [
    line.removeprefix("moulin seed") for block in re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()
]


def test_every_option_is_documented_and_no_other() -> None:
    command = typer.main.get_command(APP)
    flags = {flag for parameter in command.params if not getattr(parameter, "hidden", False) for flag in parameter.opts} - {"--help"}
    table = PAGE.split("## Every option")[1]
    documented = {flag for cell in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for flag in re.findall(r"`(--?[a-z-]+)", cell)}
    assert documented == flags


def test_the_defaults_are_the_codes() -> None:
    cells = dict(re.findall(r"^\| `(--[a-z-]+) N` \| ([^|]*) \|", PAGE, re.MULTILINE))
    assert cells == {
        "--max-count": str(DEFAULT_COUNT),
        "--batch-size": f"{DEFAULT_BATCH}, with `--bulk` {DEFAULT_BULK_BATCH}",
        "--random-seed": str(DEFAULT_SEED),
    }


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 10


@pytest.fixture(scope="module")
def shop(server: MariaDb) -> MariaDb:
    """The server as the page supposes it: a user `admin`."""
    session = admin_session(server)
    session.cursor().execute("CREATE OR REPLACE USER admin@'%%' IDENTIFIED BY %s", (CANARY,))
    session.cursor().execute("GRANT ALL ON *.* TO admin@'%'")
    session.close()
    return server


@pytest.mark.parametrize("example", [example for example in EXAMPLES if "--max-count -1" not in example])
def test_every_example_runs(example: str, shop: MariaDb, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(example)
    login = {"MOULIN_DB_PASSWORD": CANARY, "MOULIN_SOURCE_HOST": shop.host, "MOULIN_SOURCE_PORT": str(shop.port)}
    if "--user" not in words and "--dry-run" not in words:
        words += ["--user", "admin"]  # on the bastion the secret names the user
    if "--scenario" in words and "--dry-run" not in words:
        assert invoke("--user", "admin", "--drop-table", "--yes", "--create-table", "--max-count", "40", **login).code == 0
    elif "--dry-run" not in words and "--create-table" not in words:
        assert invoke("--user", "admin", "--create-table", "--max-count", "1", **login).code == 0
    outcome = invoke(*words, **login)
    assert (outcome.code, outcome.err.replace("notice: dry run: nothing was written\n", "")) == (0, "") or "exists already" in outcome.err
