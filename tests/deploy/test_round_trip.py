"""The round trip as `make deploy-emulated` makes it: every lake with `make test-full`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from scripts.deploy import round_trip
from scripts.plan.provider import ReadyProvider
from tests.conftest import LAKE_FILES, ROOT
from tests.deploy.support import every_lake


@every_lake
@pytest.mark.parametrize("lake", [file.stem for file in LAKE_FILES])
def test_lake_deploys_does_not_drift_and_is_destroyed(lake: str, provider: ReadyProvider) -> None:
    trip = round_trip(ROOT / "lakes" / f"{lake}.yaml", provider=provider)

    assert [error for stack in trip.stacks for run in stack.runs if run is not stack.refused for error in run.errors] == []
    assert {stack.stack: [change.address for change in stack.planned.changes] for stack in trip.stacks if stack.planned} == {
        stack.stack: [] for stack in trip.stacks
    }
    assert [stack.stack for stack in trip.stacks if stack.survived is False] == []
    assert list(trip.leftovers) == []
    assert trip.ok


def test_wrong_lake_file_is_refused_before_anything_is_deployed(tmp_path_factory: pytest.TempPathFactory) -> None:
    lake = tmp_path_factory.mktemp("wrong") / "wrong.yaml"
    lake.write_text("name: x\nregion: us-east-1\nstate: {backend: local}\ntables: []\n")
    done = subprocess.run(
        [sys.executable, "-m", "scripts.cli", "deploy-emulated", str(lake), "--output", "json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{lake}:4: tables" in done.stderr


@every_lake
def test_command_writes_its_result_as_json() -> None:
    words = [sys.executable, "-m", "scripts.cli", "deploy-emulated", "lakes/existing-network.yaml", "--output", "json"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    record = json.loads(done.stdout)
    assert (done.returncode, record["ok"]) == (0, True)
    assert [stack["survived"] for stack in record["stacks"]] == [True, True, True, None]
