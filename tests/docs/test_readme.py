"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from constructs_lib.config.load import parse_lake
from constructs_lib.config.problems import LakeFileError

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def block(kind: str) -> str:
    """The README's first code block of a kind."""
    found = re.search(rf"```{kind}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found[1]


def test_example_lake_is_whole() -> None:
    lake = parse_lake(block("yaml"))
    assert [str(table.source) for table in lake.tables] == ["shop.orders"]


def test_mistakes_are_reported_as_shown() -> None:
    wrong = re.sub(r" *#.*", "", block("yaml")).replace("[id]", "[order_id]")
    wrong += "deliveries:\n  - name: iceberg\n    buffering_interval_seconds: 901\n"
    with pytest.raises(LakeFileError) as error:
        parse_lake(wrong, "lakes/mine.yaml")
    assert str(error.value).splitlines() == block("text").splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"(?:`|CI=true |^)make ([a-z-]+)", page.read_text(), re.MULTILINE)}
    assert named <= targets


def test_every_example_lake_is_listed() -> None:
    assert set(re.findall(r"\(lakes/([a-z-]+)\.yaml\)", README)) == {path.stem for path in (ROOT / "lakes").glob("*.yaml")}
