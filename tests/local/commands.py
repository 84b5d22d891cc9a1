"""The commands of the local lake, called as a user calls them, and the source that they run on."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import Any

import pymysql
import typer
from typer.testing import CliRunner

from scripts.commands.local import local
from scripts.commands.replay import replay
from scripts.commands.verify import verify
from scripts.local.mariadb import MariaDb

APP = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
APP.command("local")(local)
APP.command("verify")(verify)
APP.command("replay")(replay)


@dataclass
class Result:
    """What a command gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def invoke(*arguments: str) -> Result:
    result = CliRunner().invoke(APP, arguments, env={"COLUMNS": "200", "MOULIN_DB_PASSWORD": ""})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Result(result.exit_code, result.stdout, result.stderr)


def query(server: MariaDb, *statements: str) -> None:
    with contextlib.closing(pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True)) as session:
        for statement in statements:
            session.cursor().execute(statement)


def url(server: MariaDb) -> str:
    return f"mysql://{server.user}@{server.host}:{server.port}"
