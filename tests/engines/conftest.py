"""One Trino for all tests, the lake applied to an emulated AWS, and the same lake run on this machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.engines.errors import EngineError
from scripts.engines.java import find_java
from scripts.engines.trino import OLDEST_JAVA, Trino, find_trino, trino
from scripts.local.faults import Faults
from scripts.local.iceberg_sink import Warehouse
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from scripts.plan.emulator import Emulator, moto_server
from scripts.plan.provider import ReadyProvider
from tests.conftest import missing
from tests.deploy.support import Deployed, apply_all
from tests.engines.catalogs import glue_catalogs, local_catalog, make_iceberg
from tests.engines.lake import DATABASE, LAKE, TABLES, Shop
from tests.local.support import deliver, synthesise


@pytest.fixture(scope="session")
def running_trino(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trino]:
    """Trino; skips what needs it where it was not fetched, but never in CI."""
    try:
        find_trino()
        find_java(OLDEST_JAVA)
    except EngineError as error:
        missing(error)
    with trino(tmp_path_factory.mktemp("trino")) as running:
        yield running


@dataclass(frozen=True)
class LocalLake:
    """A lake that ran on this machine, under duplicates and disorder.

    Attributes:
        template: as synthesised.
        root: its folder.
        shop: its source.
    """

    template: LocalTemplate
    root: Path
    shop: Shop


@pytest.fixture(scope="session")
def local_lake(tmp_path_factory: pytest.TempPathFactory) -> LocalLake:
    folder = tmp_path_factory.mktemp("local")
    (folder / "lake.yaml").write_text(LAKE)
    lake = LocalLake(synthesise(folder / "lake.yaml", folder / "out"), folder / "data", Shop(seed=47))
    deliver(lake.template, lake.root, lake.shop.records(400), faults=Faults(duplicate=0.1, reorder=50))
    return lake


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory, running_trino: Trino) -> Iterator[Emulator]:
    """One emulated account; not even that without Trino."""
    with moto_server(tmp_path_factory.mktemp("aws") / "emulator.log") as running:
        yield running


@dataclass(frozen=True)
class Applied:
    """The lake in the emulated AWS.

    Attributes:
        lake: its `lake` stack, applied.
        second_plan: what an apply right after the first would have done.
    """

    lake: Deployed
    second_plan: dict[str, dict[str, tuple[str, ...]]]


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory, provider: ReadyProvider, aws: Emulator, local_lake: LocalLake) -> Applied:
    """The lake stack, applied by Terraform; its Iceberg tables then hold what those of the local lake hold."""
    folder = tmp_path_factory.mktemp("applied")
    (folder / "lake.yaml").write_text(LAKE)
    lake = Deployed(folder / "lake", folder / "lake.yaml", provider, aws, only=("*-lake",))
    for run in apply_all(lake):
        assert run.ok, run.errors
    second_plan = lake.plans()
    with contextlib.closing(Warehouse(LakeFolder(local_lake.root).warehouse)) as warehouse:
        for name in TABLES:
            held = warehouse.catalog.load_table((DATABASE, name)).scan().to_arrow()
            make_iceberg(aws, DATABASE, name).append(held)
    return Applied(lake, second_plan)


@pytest.fixture(scope="session")
def on_glue(running_trino: Trino, aws: Emulator, applied: Applied) -> Iterator[Trino]:
    """Trino with the applied lake's Glue catalog, by both connectors."""
    with glue_catalogs(running_trino, aws):
        yield running_trino


@pytest.fixture(scope="session")
def on_local(running_trino: Trino, local_lake: LocalLake) -> Iterator[Trino]:
    """Trino with the local lake's catalog."""
    with local_catalog(running_trino, LakeFolder(local_lake.root).warehouse):
        yield running_trino
