"""What a broken stack, a foreign account and a wrong use look like to the person who runs the command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from scripts.plan import validate_and_plan
from scripts.plan.emulator import Emulator, moto_server
from scripts.plan.provider import ReadyProvider
from scripts.plan.terraform import SetupError, check_version
from tests.conftest import ROOT

LAKE = "retail"
STACK = "retail-dev-bootstrap"


@pytest.fixture
def out(synthesise_lake: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of a synthesised lake, to be broken."""
    return Path(shutil.copytree(synthesise_lake(LAKE), tmp_path / "cdktf.out"))


@contextmanager
def edited(out: Path, stack: str) -> Iterator[dict[str, Any]]:
    file = out / "stacks" / stack / "cdk.tf.json"
    template = json.loads(file.read_text())
    yield template
    file.write_text(json.dumps(template))


def run_command(*words: str, environment: Mapping[str, str] = os.environ) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scripts.cli", "plan", *words], cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False
    )


@pytest.mark.plan
def test_fails_when_a_value_is_wrong_and_names_stack_and_address(out: Path, provider: ReadyProvider) -> None:
    with edited(out, STACK) as template:
        template["resource"]["aws_s3_bucket_versioning"]["state_versioning"]["versioning_configuration"]["status"] = "On"

    done = run_command("--out", str(out), "--stack", STACK)

    assert done.returncode == 1
    assert f"{STACK} aws_s3_bucket_versioning.state_versioning: expected" in done.stdout
    assert "got On" in done.stdout
    assert "1 of 1 stack failed" in done.stdout
    assert done.stderr == ""


@pytest.mark.plan
def test_fails_when_the_provider_does_not_know_an_argument(out: Path, provider: ReadyProvider, emulator: Emulator) -> None:
    """Nothing is dropped that the list does not name."""
    with edited(out, STACK) as template:
        template["resource"]["aws_kms_key"]["key"]["flavour"] = "sweet"

    (plan,) = validate_and_plan(out, only=[STACK], provider=provider, emulator=emulator)

    assert not plan.validated
    assert [(error.address, error.detail) for error in plan.errors] == [
        ("aws_kms_key.key", 'No argument or block type is named "flavour".')
    ]


@pytest.mark.plan
def test_the_account_guard_holds(out: Path, provider: ReadyProvider, tmp_path: Path) -> None:
    with moto_server(tmp_path / "log", account="999999999999") as other:
        (plan,) = validate_and_plan(out, only=[STACK], provider=provider, emulator=other)
    assert plan.validated
    assert "AWS account ID not allowed: 999999999999" in str(plan.errors[0])


@pytest.mark.plan
def test_a_stack_is_not_planned_when_one_that_it_reads_fails(out: Path, provider: ReadyProvider, emulator: Emulator) -> None:
    with edited(out, "retail-dev-network") as template:
        next(iter(template["resource"]["aws_vpc"].values()))["instance_tenancy"] = "shared"

    bootstrap, network, source = validate_and_plan(out, only=["*-source"], provider=provider, emulator=emulator)

    assert bootstrap.ok
    assert [error.address for error in network.errors] == ["aws_vpc.vpc"]
    assert str(source.errors[0]) == "not planned: it reads retail-dev-network, which has no plan"


@pytest.mark.plan
def test_fails_when_a_state_is_read_that_no_stack_writes(out: Path, provider: ReadyProvider, emulator: Emulator) -> None:
    with edited(out, STACK) as template:
        config = {"bucket": "b", "key": "elsewhere.tfstate", "region": "us-east-1"}
        template["data"] = {"terraform_remote_state": {"network": {"backend": "s3", "config": config}}}

    (plan,) = validate_and_plan(out, only=[STACK], provider=provider, emulator=emulator)

    assert [str(error) for error in plan.errors] == [
        "data.terraform_remote_state.network: it reads a state that no stack writes: s3, bucket=b, key=elsewhere.tfstate, region=us-east-1"
    ]


@pytest.mark.plan
def test_json_output_holds_every_result(out: Path, provider: ReadyProvider) -> None:
    done = run_command("--out", str(out), "--stack", STACK, "--output", "json")
    assert done.returncode == 0
    (plan,) = json.loads(done.stdout)
    assert (plan["stack"], plan["ok"], plan["validated"], plan["errors"]) == (STACK, True, True, [])
    assert plan["provider_version"] == provider.version
    key = next(change for change in plan["changes"] if change["address"] == "aws_kms_key.key")
    assert key["actions"] == ["create"]
    assert key["tags"]["moulin:stack"] == "bootstrap"


def test_fails_when_nothing_was_synthesised(tmp_path: Path) -> None:
    done = run_command("--out", str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path / 'none'} holds no synthesised stacks (no manifest.json): run `make synth` first\n"


def test_fails_when_there_is_no_terraform(out: Path, tmp_path: Path) -> None:
    done = run_command("--out", str(out), environment={**os.environ, "PATH": str(tmp_path)})
    assert done.returncode == 2
    assert done.stderr.startswith("terraform is not on PATH: get 1.11 or later from https://developer.hashicorp.com/terraform/install")


def test_fails_when_no_stack_has_the_name(out: Path) -> None:
    done = run_command("--out", str(out), "--stack", "retail-dev-sauce")
    assert done.returncode == 2
    assert done.stderr.startswith("no stack is called retail-dev-sauce: there are ")
    assert "retail-dev-source" in done.stderr


def test_fails_when_the_work_folder_is_not_empty(out: Path) -> None:
    done = run_command("--out", str(out), "--work", str(out))
    assert done.returncode == 2
    assert done.stderr == f"the work folder {out} is not empty\n"


def test_fails_when_terraform_is_too_old() -> None:
    check_version("1.11.0")
    check_version("2.0.0")
    with pytest.raises(SetupError, match=r"terraform 1\.10\.5 is too old"):
        check_version("1.10.5")
