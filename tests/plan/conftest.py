"""Shared by the plan tests: one provider, one emulator and one synthesis per lake.

Without terraform or the provider the rung is skipped with the reason, but never in CI: a rung that is skipped there proves nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from scripts.plan import StackPlan, validate_and_plan
from scripts.plan.emulator import Emulator, moto_server
from scripts.plan.provider import ReadyProvider
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulated AWS for all plans: they change nothing in it."""
    with moto_server(tmp_path_factory.mktemp("emulator") / "emulator.log") as running:
        yield running


@pytest.fixture(scope="session")
def synthesise_lake(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Synthesises an example lake as a person would, each once, and gives the output folder."""
    folder = tmp_path_factory.mktemp("synthesised")

    def synthesise(lake: str) -> Path:
        out = folder / lake
        if not out.exists():
            environment = {**os.environ, "LAKE": str(ROOT / "lakes" / f"{lake}.yaml"), "CDKTF_OUTDIR": str(out)}
            done = subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
        return out

    return synthesise


@dataclass(frozen=True)
class PlannedLake:
    """An example lake's plans, and the folder that keeps them."""

    out: Path
    work: Path
    plans: Sequence[StackPlan]


@pytest.fixture(scope="session")
def plan_lake(
    synthesise_lake: Callable[[str], Path], provider: ReadyProvider, emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], PlannedLake]:
    """Plans an example lake, each once."""
    planned: dict[str, PlannedLake] = {}

    def plan(lake: str) -> PlannedLake:
        if lake not in planned:
            out, work = synthesise_lake(lake), tmp_path_factory.mktemp(f"planned-{lake}")
            planned[lake] = PlannedLake(out, work, validate_and_plan(out, work=work, provider=provider, emulator=emulator))
        return planned[lake]

    return plan
