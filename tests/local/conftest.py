"""Lakes for the local rung, each synthesised once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.local.iceberg_sink import Warehouse
from scripts.local.template import LocalTemplate
from tests.local.support import LAKE, ROOT, synthesise

Synthesise = Callable[[str], LocalTemplate]


@pytest.fixture(scope="session")
def synthesise_text(tmp_path_factory: pytest.TempPathFactory) -> Synthesise:
    """Synthesises the text of a lake file, each once."""
    made: dict[str, LocalTemplate] = {}

    def from_text(text: str) -> LocalTemplate:
        if text not in made:
            folder = tmp_path_factory.mktemp("lake")
            (folder / "lake.yaml").write_text(text)
            made[text] = synthesise(folder / "lake.yaml", folder / "out")
        return made[text]

    return from_text


@pytest.fixture(scope="session")
def shop(synthesise_text: Synthesise) -> LocalTemplate:
    """The lake of `support.LAKE`."""
    return synthesise_text(LAKE)


@pytest.fixture(scope="session")
def many_tables(tmp_path_factory: pytest.TempPathFactory) -> LocalTemplate:
    """lakes/many-tables.yaml: two deliveries, both modes, hashed columns."""
    return synthesise(ROOT / "lakes" / "many-tables.yaml", tmp_path_factory.mktemp("many"))


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    """An empty one."""
    with contextlib.closing(Warehouse(tmp_path / "warehouse")) as opened:
        yield opened
