"""`make synth`, `pipenv run synth` and `cdktf synth` write the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

CDKTF_CLI = "cdktf-cli@0.21"


def synthesise(command: list[str], out: Path, **environment: str) -> dict[str, bytes]:
    """Runs one way of synthesising the retail lake; returns every file it wrote by name."""
    subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "LAKE": "lakes/retail.yaml", "CDKTF_OUTDIR": str(out), "CHECKPOINT_DISABLE": "1", **environment},
        check=True,
        capture_output=True,
    )
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def directly(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return synthesise([sys.executable, "main.py"], tmp_path_factory.mktemp("direct"))


def test_make_synth_writes_the_same_bytes(directly: dict[str, bytes], tmp_path: Path) -> None:
    assert synthesise(["make", "synth", f"OUT={tmp_path}"], tmp_path) == directly


@pytest.mark.slow
def test_cdktf_synth_writes_the_same_bytes(directly: dict[str, bytes], tmp_path: Path) -> None:
    if shutil.which("npx") is None:
        assert os.environ.get("CI") != "true", "CI has no npx: this rung may not be skipped there"
        pytest.skip("npx is not installed: `cdktf synth` was not compared")
    written = synthesise(["npx", "--yes", CDKTF_CLI, "synth", "--output", str(tmp_path)], tmp_path, CI="1")
    assert written == directly


def test_pipenv_runs_the_same_program() -> None:
    """pipenv itself is not a dependency: its script is the command that the tests above ran."""
    scripts = (ROOT / "Pipfile").read_text().split("[scripts]")[1]
    assert 'synth = "python main.py"' in scripts


def test_wrong_lake_file_gives_its_mistakes_and_nothing_else(tmp_path: Path) -> None:
    lake = tmp_path / "wrong.yaml"
    lake.write_text("name: x\nregion: us-east-1\nstate: {backend: local}\ntables: []\n")
    out = tmp_path / "out"
    environment = {**os.environ, "LAKE": str(lake), "CDKTF_OUTDIR": str(out)}
    done = subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert all(line.startswith(f"{lake}:") for line in done.stderr.splitlines())
    assert len(done.stderr.splitlines()) == 2
    assert not out.exists()
