"""Sessions in which a source is asked and never written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pymysql
from pymysql.converters import encoders

from scripts.seed.catalog import Query
from scripts.seed.connection import tls_context
from scripts.seed.credentials import Login
from scripts.seed.sql import SQL_MODE


def open_session(login: Login, *, root: Path | None = None, raw: bool = False) -> pymysql.Connection:
    """A session in UTC.

    Args:
        login: where and as whom.
        root: PEM file of the root that signed the server's certificate; TLS is then required on this machine, too, where a tunnel may
            begin. None for the system's roots.
        raw: leave values as the server wrote them.
    """
    return pymysql.connect(
        host=None if login.is_socket else login.host,
        unix_socket=login.host if login.is_socket else None,
        port=login.port,
        user=login.user,
        password=login.password.get_secret_value(),
        charset="utf8mb4",
        sql_mode=SQL_MODE,
        init_command="SET time_zone = '+00:00'",
        conv=dict(encoders.items()) if raw else None,  # the decoders are what is left out
        ssl=tls_context(login.host, ssl_ca=root, no_tls=False),
        program_name="moulin",
    )


@contextlib.contextmanager
def catalog(login: Login, *, root: Path | None = None) -> Iterator[Query]:
    """Runs queries on a source's catalog.

    Args:
        login: of the source.
        root: see `open_session`.
    """
    with contextlib.closing(open_session(login, root=root)) as connection:

        def query(text: str, values: tuple[str, ...]) -> Sequence[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(text, values or None)
                return cursor.fetchall()

        yield query
