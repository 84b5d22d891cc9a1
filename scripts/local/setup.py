"""What a local command needs before it can work: the synthesised lake, and a source to talk to."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pymysql
from pydantic import SecretStr

from constructs_lib.config.load import load_lake
from scripts.local.install import ensure_server
from scripts.local.mariadb import mariadb
from scripts.local.source.wire import Connect, Session, offers_tls
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate, load_template
from scripts.seed.connection import tls_context
from scripts.seed.credentials import Login, parse_source

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(".moulin") / "local"


class SynthesisError(Exception):
    """The lake could not be synthesised; the text is what `main.py` said."""


def lake_folder(lake: Path, data: Path | None) -> LakeFolder:
    """The folder of a lake: below `.moulin/local` by its prefix, unless another is given.

    Raises:
        LakeFileError: the lake file is wrong.
    """
    return LakeFolder(DATA / load_lake(lake).prefix if data is None else data)


def synthesise(lake: Path, out: Path) -> LocalTemplate:
    """Synthesises a lake file as `make synth` does, and reads what came out.

    Raises:
        SynthesisError: it was refused.
        TemplateError: a local lake cannot run it.
    """
    environment = {**os.environ, "LAKE": str(lake.resolve()), "CDKTF_OUTDIR": str(out.resolve())}
    out.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SynthesisError((done.stderr or done.stdout).strip() or f"main.py ended with exit code {done.returncode}")
    return load_template(out)


def synthesised(lake: Path, out: Path) -> LocalTemplate:
    """What an earlier run synthesised of the lake file; synthesised now where there is nothing, or the file is newer."""
    manifest = out / "manifest.json"
    if manifest.is_file() and manifest.stat().st_mtime > lake.stat().st_mtime:
        return load_template(out)
    return synthesise(lake, out)


@contextlib.contextmanager
def source(url: str | None, folder: LakeFolder, *, say: Callable[[str], None] = lambda _: None) -> Iterator[Login]:
    """A login to the source: of a server that runs already, else of a private one whose data is kept in the folder.

    Args:
        url: `mysql://user@host:port`; the password comes from the environment. None for a private MariaDB.
        folder: of the lake.
        say: told when MariaDB has to be installed first.

    Raises:
        UsageError: the URL is wrong.
        MariaDbError: there is no MariaDB to start, and none can be installed without a question.
    """
    if url is not None:
        yield parse_source(url)
        return
    ensure_server(say)
    with mariadb(folder.source) as server:
        yield Login(server.host, server.port, server.user, SecretStr(""))


def sessions(login: Login) -> Connect:
    """How sessions are opened: with TLS, unless the server is on this machine."""
    context = tls_context(login.host, ssl_ca=None, no_tls=False)
    plain = False  # to make ready for TLS takes longer than all else: a server on this machine that has none is offered it once

    def connect() -> Session:
        nonlocal plain
        session: Session = pymysql.connect(
            host=login.host,
            port=login.port,
            user=login.user,
            password=login.password.get_secret_value(),
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=5,
            ssl=context,
            ssl_disabled=plain,
        )
        plain = context is None and not offers_tls(session)
        return session

    return connect
