"""Marks say what a test needs, and a fast test is held to needing nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.needs import NEEDS, PROGRAMS, Watch


def item(*marks: str) -> Any:
    return SimpleNamespace(get_closest_marker=lambda name: name if name in marks else None)


def test_every_mark_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]["markers"]
    assert {mark.split(":")[0] for mark in declared} == {*NEEDS, "fast"}


@pytest.mark.parametrize(
    "words", [["terraform", "version"], ["/usr/sbin/mariadbd"], [sys.executable, "-m", "scripts.plan.emulator_server"]]
)
def test_fails_where_a_fast_test_starts_a_server_or_terraform(words: list[str]) -> None:
    with Watch().over(item("fast")), pytest.raises(pytest.fail.Exception, match="a fast test may not start"):
        subprocess.run(words, check=False)


@pytest.mark.parametrize("program", PROGRAMS)
def test_fails_where_a_child_of_a_fast_test_starts_one(program: str) -> None:
    watch = Watch()
    with watch.over(item("fast")):
        subprocess.run(["sh", "-c", f"{program} --version || true"], check=True, capture_output=True)
    with pytest.raises(pytest.fail.Exception, match=f"{program} --version"):
        watch.judge()
    watch.judge()  # once


def test_other_tests_are_left_alone() -> None:
    path, start = os.environ["PATH"], subprocess.Popen.__init__
    with Watch().over(item("plan")):
        assert (os.environ["PATH"], subprocess.Popen.__init__) == (path, start)
