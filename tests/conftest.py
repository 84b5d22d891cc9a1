"""Shared by all rungs: the example lakes, and their stacks from one synthesis."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

from constructs_lib.config.load import load_lake
from scripts.local.mariadb import MariaDbError, find_server
from scripts.plan.provider import ReadyProvider, prepare_provider
from scripts.plan.terraform import SetupError
from scripts.security.checkov import find_checkov
from tests.certificates import make_certificates
from tests.needs import Watch, mark

ROOT = Path(__file__).resolve().parent.parent
FULL = os.environ.get("MOULIN_TESTS") == "full"
"""`make test-full`: the forms of tests that take long."""
LAKE_FILES = sorted((ROOT / "lakes").glob("*.yaml"))

os.environ["SOURCE_DATE_EPOCH"] = "1795651200"  # 2026-11-26: whatever the day, no test meets a version that ends

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # what runs in a shell's background ignores Ctrl-C, and so would all that tests start
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("moulin", deadline=None)  # a machine that does other work besides is no failure
settings.load_profile("moulin")

PINNED_PROVIDER = "6.25.0"
"""The version that the bindings were made from; where only another is in reach, that one plans."""

Templates = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `tests/certificates.py`."""
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def synthesised(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Templates]:
    """Lake file name (without .yaml) to its stacks by name: every example lake out of one `app.synth()`."""
    from constructs_lib.provider import App
    from stacks.app import build_stacks
    from stacks.synth import read_templates

    out = tmp_path_factory.mktemp("cdktf")
    app = App(outdir=str(out))
    names = {}
    for file in LAKE_FILES:
        stacks = build_stacks(app, load_lake(file), build_folder=out / "build" / file.stem)
        names[file.stem] = [stack.stack_name for stack in stacks]
    app.synth()
    templates = read_templates(out)
    return {lake: {stack: templates[stack] for stack in stacks} for lake, stacks in names.items()}


def missing(reason: object) -> NoReturn:
    """Skips a test for what is not installed. A rung that CI skips proves nothing: there it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must have it: {reason}")
    pytest.skip(str(reason))


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> ReadyProvider:
    """The AWS provider in reach, made ready once. Skips what needs it where there is none or no terraform; CI must have both."""
    try:
        return prepare_provider(tmp_path_factory.mktemp("provider"), wanted=PINNED_PROVIDER)
    except SetupError as error:
        missing(error)


@pytest.fixture(scope="session")
def needs_mariadb() -> None:
    """Skips what needs a database where none is installed; CI must have it."""
    try:
        find_server()
    except MariaDbError as error:
        missing(error)


@pytest.fixture(scope="session")
def checkov() -> Path:
    """checkov's executable; skips what needs it where it is not installed, but never in CI."""
    try:
        return find_checkov()
    except SetupError as error:
        missing(error)


@pytest.fixture(params=[file.stem for file in LAKE_FILES])
def lake_name(request: pytest.FixtureRequest) -> str:
    """Name of an example lake: a test that takes it runs once per lake."""
    return str(request.param)


@pytest.fixture
def templates(synthesised: Mapping[str, Templates], lake_name: str) -> Templates:
    """The stacks of one example lake, by name."""
    return synthesised[lake_name]


def only(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The one resource of a type in a stack."""
    resources = list(template["resource"][kind].values())
    assert len(resources) == 1, f"{len(resources)} resources of type {kind}"
    return dict(resources[0])


def document(text: str) -> Any:
    """A JSON document that stands in a string argument."""
    return json.loads(text)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test by what it needs."""
    mark(items)


WATCH = Watch()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Holds a fast test to its mark."""
    with WATCH.over(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Fails a test after it has run, for what its children did."""
    done = yield
    WATCH.judge()
    return done
