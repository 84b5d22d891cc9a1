"""Trino, the engine that Athena is made of: a server on this machine that is given a catalog per lake."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from scripts.engines.archive import unpack
from scripts.engines.errors import EngineError
from scripts.engines.folder import engines_folder, install, installed
from scripts.engines.java import JAVA_SIZE, fetch_java, find_java
from scripts.engines.maven import download, version_of
from scripts.engines.server import running
from scripts.engines.trino_client import TrinoClient
from scripts.local.mariadb import free_port
from scripts.quoting import sql_name

OLDEST_JAVA = 24
VERSION = version_of("trino-server")
FETCH = "python -m scripts.engines trino"
SIZE = "835 MB from Maven Central, of which 480 MB are kept"

_KEPT = ("lib", "plugin/hive", "plugin/iceberg")
_SQLITE = "plugin/iceberg"
"""The plugin that the driver of a local lake's catalog lies beside."""
_START_SECONDS = 180.0
_JAVA_OPTIONS = (
    "-Xmx768m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # it answers a few small queries: the second compiler would cost more than it saves
    "-XX:+ExitOnOutOfMemoryError",
    "-Dfile.encoding=UTF-8",
    "-Duser.timezone=UTC",
)


def find_trino() -> Path:
    """Where Trino is.

    Raises:
        EngineError: it was not fetched yet; says how to.
    """
    home = installed(_name())
    if home is None:
        raise EngineError(f"Trino {VERSION} is not in {engines_folder()} ({FETCH} fetches it: {SIZE})")
    return home


def fetch_trino(say: Callable[[str], None]) -> Path:
    """Where Trino is, fetched when it is not there, with a Java where none here is new enough.

    Args:
        say: takes a line before anything is fetched.

    Raises:
        EngineError: it cannot be fetched.
    """
    if installed(_name()) is None:
        say(f"fetching Trino {VERSION} into {engines_folder()}: {SIZE}")
    home = install(_name(), _make)
    try:
        find_java(OLDEST_JAVA)
    except EngineError:
        say(f"fetching a Java into {engines_folder()}, since none here is new enough: {JAVA_SIZE}")
        fetch_java()
    return home


def _name() -> str:
    return f"trino-{VERSION}"


def _make(home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".download-", dir=home.parent) as fetched:
        download("trino", Path(fetched))
        unpack(Path(fetched) / f"trino-server-{VERSION}.tar.gz", home, keep=_KEPT)
        driver = f"sqlite-jdbc-{version_of('sqlite-jdbc')}.jar"
        shutil.copyfile(Path(fetched) / driver, home / _SQLITE / driver)


class Trino(TrinoClient):
    """A running Trino.

    Args:
        url: its address.
    """

    @contextlib.contextmanager
    def catalog(self, name: str, connector: str, properties: Mapping[str, str]) -> Iterator[None]:
        """A catalog for the length of a `with` block.

        Args:
            name: what SQL calls it.
            connector: `iceberg` or `hive`.
            properties: how the connector reaches its catalog and files.
        """
        settings = ", ".join(f"{sql_name(key)} = {_text_in_sql(value)}" for key, value in properties.items())
        self.query(f"CREATE CATALOG {sql_name(name)} USING {connector} WITH ({settings})")
        try:
            yield
        finally:
            self.query(f"DROP CATALOG {sql_name(name)}")


@contextlib.contextmanager
def trino(folder: Path) -> Iterator[Trino]:
    """Runs Trino for the length of a `with` block.

    Args:
        folder: takes its settings, its log and its data.

    Raises:
        EngineError: Trino or a Java for it is missing, or it did not start.
    """
    home, java, port = find_trino(), find_java(OLDEST_JAVA), free_port()
    server = Trino(f"http://127.0.0.1:{port}")
    settings = folder / "config.properties"
    settings.write_text(_settings(home, port))
    node = {
        "node.environment": "moulin",
        "node.id": "moulin",
        "node.data-dir": str(folder / "data"),
        "node.bind-ip": "127.0.0.1",  # without these two it listens on every address of the machine
        "node.internal-address": "127.0.0.1",
    }
    properties = {**node, "config": str(settings)}
    command: Sequence[str | Path] = [
        java,
        *_JAVA_OPTIONS,
        *(f"-D{name}={value}" for name, value in properties.items()),
        "-cp",
        f"{home / 'lib'}/*",
        "io.trino.server.TrinoServer",
    ]
    with running(command, name="Trino", folder=folder, log=folder / "trino.log", is_ready=server.is_ready, seconds=_START_SECONDS):
        yield server


def _settings(home: Path, port: int) -> str:
    settings: dict[str, Any] = {
        "coordinator": "true",
        "node-scheduler.include-coordinator": "true",
        "http-server.http.port": port,
        "discovery.uri": f"http://127.0.0.1:{port}",
        "plugin.dir": home / "plugin",
        "catalog.management": "dynamic",
        "catalog.store": "memory",
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def _text_in_sql(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
