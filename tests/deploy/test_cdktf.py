"""`cdktf deploy`, as docs/deploy.md says it, against an emulated AWS of its own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.plan.emulator import Emulator, moto_server
from scripts.plan.provider import ReadyProvider
from tests.conftest import ROOT, missing
from tests.deploy.support import NEIGHBOUR, REGION, every_lake

CDKTF_CLI = "cdktf-cli@0.21"


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Emulator]:
    """An account for this test alone: what it deploys stays."""
    with moto_server(tmp_path / "emulator.log") as running:
        yield running


@pytest.fixture
def cdktf(tmp_path: Path, provider: ReadyProvider) -> list[str]:
    """The words that begin a cdktf command; it runs in a folder that holds the project's cdktf.json."""
    if shutil.which("npx") is None:
        missing("npx is not installed: `cdktf deploy` was not run")
    shutil.copy(ROOT / "cdktf.json", tmp_path)
    mirror = f'provider_installation {{\n  filesystem_mirror {{\n    path = "{provider.mirror}"\n  }}\n}}\n'
    (tmp_path / "terraform.tfrc").write_text(mirror)
    return ["npx", "--yes", CDKTF_CLI]


def run(words: list[str], folder: Path, provider: ReadyProvider, aws: Emulator, **environment: str) -> str:
    terraform = aws.serve(provider.terraform)
    app = f"{sys.executable} {ROOT / 'tests' / 'deploy' / 'emulated_app.py'} {provider.version}"
    done = subprocess.run(
        [*words, "--app", app],
        cwd=folder,
        env={**terraform.environment, "TF_CLI_CONFIG_FILE": str(folder / "terraform.tfrc"), "CI": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@every_lake
def test_cdktf_deploys_in_order(cdktf: list[str], tmp_path: Path, provider: ReadyProvider, aws: Emulator) -> None:
    lake = tmp_path / "carded.yaml"
    lake.write_text(NEIGHBOUR.replace("neighbour", "carded").replace("shared-", "carded-"))
    aws.client("s3", REGION).create_bucket(Bucket="carded-terraform-state")
    stacks = ["carded-dev-lake", "carded-dev-delivery"]

    deployed = run([*cdktf, "deploy", "--auto-approve", "--skip-provider-lock", *stacks], tmp_path, provider, aws, LAKE=str(lake))
    assert "Apply complete" in deployed
    assert "carded-dev-iceberg" in aws.client("firehose", REGION).list_delivery_streams()["DeliveryStreamNames"]
    states = aws.client("s3", REGION).list_objects_v2(Bucket="carded-terraform-state")["Contents"]
    assert {item["Key"] for item in states} == {"carded-dev/lake.tfstate", "carded-dev/delivery.tfstate"}
