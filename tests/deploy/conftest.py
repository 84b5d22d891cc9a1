"""Shared by the deploy tests: one emulated AWS, one whole lake in it, and beside it parts of two more.

The short form deploys the retail lake whole; `make test-full` adds the round trip of every lake. What is deployed here
waits a lot (the real provider sleeps until AWS would be ready), so all lakes are applied at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.plan.emulator import Emulator, moto_server
from scripts.plan.provider import ReadyProvider
from tests.conftest import ROOT
from tests.deploy.support import HALF, NEIGHBOUR, Deployed, HalfApplied, StaleLock, apply_all, kill_and_unlock, kill_half_way


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test of this folder carries the marker."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.deploy)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulated account for all tests of this folder."""
    with moto_server(tmp_path_factory.mktemp("aws") / "emulator.log") as running:
        yield running


@dataclass(frozen=True)
class Lakes:
    """What is deployed for all tests of this folder.

    Attributes:
        retail: the retail lake, whole.
        neighbour: a second lake of the account: its `lake` and `delivery` stacks.
        half: a third one's `lake` stack.
        stale_lock: what happened to the neighbour's first apply.
        half_applied: what happened to the third one's.
    """

    retail: Deployed
    neighbour: Deployed
    half: Deployed
    stale_lock: StaleLock
    half_applied: HalfApplied


@pytest.fixture(scope="session")
def lakes(tmp_path_factory: pytest.TempPathFactory, provider: ReadyProvider, aws: Emulator) -> Lakes:
    """The lakes, applied at once; the first applies of two of them are killed, and mended."""
    folder = tmp_path_factory.mktemp("lakes")
    files = {"retail": ROOT / "lakes" / "retail.yaml", "neighbour": folder / "neighbour.yaml", "half": folder / "half.yaml"}
    files["neighbour"].write_text(NEIGHBOUR)
    files["half"].write_text(HALF)
    only = {"retail": (), "neighbour": ("*-delivery",), "half": ("*-lake",)}
    made = {name: Deployed(folder / name, file, provider, aws, only=only[name]) for name, file in files.items()}
    with ThreadPoolExecutor() as pool:
        retail = pool.submit(apply_all, made["retail"])
        stale_lock = pool.submit(kill_and_unlock, made["neighbour"])
        half_applied = pool.submit(kill_half_way, made["half"])
    for run in retail.result():
        assert run.ok, run.errors
    return Lakes(**made, stale_lock=stale_lock.result(), half_applied=half_applied.result())


@pytest.fixture(scope="session")
def retail(lakes: Lakes) -> Deployed:
    """The retail lake, whole."""
    return lakes.retail


@pytest.fixture(scope="session")
def neighbour(lakes: Lakes) -> Deployed:
    """A second lake of the account: its `lake` and `delivery` stacks."""
    return lakes.neighbour
