"""Shared by the tests of `moulin task`: an emulated AWS, empty for each test, and lakes deployed in it."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from scripts.plan.emulator import CREDENTIALS, Emulator, moto_server
from tests.conftest import ROOT, Templates
from tests.task.deployed import Deployed, deployed

Deploy = Callable[..., Deployed]


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with moto_server(tmp_path_factory.mktemp("emulator") / "emulator.log") as running:
        yield running


@pytest.fixture(autouse=True)
def aws_of_this_machine(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the caller's own AWS settings, and an emulator that holds nothing."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    settings = {name.upper(): value for name, value in CREDENTIALS.items()} | {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "COLUMNS": "200",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.open(urllib.request.Request(f"{emulator.url}/moto-api/reset", method="POST"), timeout=30).close()


@pytest.fixture
def deploy(synthesised: Mapping[str, Templates], emulator: Emulator) -> Deploy:
    """Makes a lake's delivery and capture, by the names of its synthesised stacks."""

    def make(lake: str = "minimal", *, file: Path | None = None, **more: Any) -> Deployed:
        made = deployed(file or ROOT / "lakes" / f"{lake}.yaml", synthesised[lake], emulator, **more)
        return made.deliver().capture().maintain()

    return make


@pytest.fixture
def capture_only(synthesised: Mapping[str, Templates], emulator: Emulator) -> Callable[..., Deployed]:
    """A capture without the delivery that should stand before it, or without parts of it."""

    def make(*, without: tuple[str, ...]) -> Deployed:
        return deployed(ROOT / "lakes" / "minimal.yaml", synthesised["minimal"], emulator).deliver(without=without).capture()

    return make


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """The minimal lake with words replaced or lines added."""

    def change(*replaced: tuple[str, str], added: str = "") -> Path:
        text = (ROOT / "lakes" / "minimal.yaml").read_text()
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        file = tmp_path / "lake.yaml"
        file.write_text(text + added)
        return file

    return change
