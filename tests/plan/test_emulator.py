"""The emulated AWS answers for the lake's account, holds what a lake says exists, and ends with whoever started it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from scripts.plan.emulator import Emulator, moto_server
from scripts.plan.seeding import seed_existing
from tests.conftest import ROOT

pytestmark = pytest.mark.emulator


def listens(url: str) -> bool:
    address = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((str(address.hostname), int(address.port or 0))) == 0


def ends_soon(url: str) -> bool:
    deadline = time.monotonic() + 10
    while listens(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not listens(url)


def test_answers_for_the_account_it_is_given(tmp_path: Path) -> None:
    with moto_server(tmp_path / "log", account="210987654321") as emulator:
        assert emulator.client("sts", "eu-west-1").get_caller_identity()["Account"] == "210987654321"
    assert ends_soon(emulator.url)


def test_holds_the_keys_that_stacks_look_up(emulator: Emulator) -> None:
    arn = f"arn:aws:kms:eu-west-1:{emulator.account}:key/cccccccc-0000-4111-8222-dddddddddddd"
    template = {"terraform": {}, "data": {"aws_kms_key": {"key": {"key_id": arn}}}}
    for _ in range(2):  # the second time it is there already
        seed_existing(emulator, {"lake": template})
    assert emulator.client("kms", "eu-west-1").describe_key(KeyId=arn)["KeyMetadata"]["Arn"] == arn


def test_holds_the_public_images_and_zones(emulator: Emulator) -> None:
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
    assert emulator.client("ssm", "eu-central-1").get_parameter(Name=name)["Parameter"]["Value"].startswith("ami-")
    assert len(emulator.client("ec2", "eu-central-1").describe_availability_zones()["AvailabilityZones"]) == 3


def test_ends_with_a_starter_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time; from scripts.plan.emulator import moto_server\n"
        "with moto_server(pathlib.Path(sys.argv[1])) as emulator: print(emulator.url, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        url = starter.stdout.readline().strip()
        assert listens(url)
        starter.kill()
    assert ends_soon(url)
