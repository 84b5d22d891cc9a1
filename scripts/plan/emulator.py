"""An AWS on this machine for plans and deployments: moto's server, started on a free port and ended with whoever asked for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.plan.terraform import SetupError, Terraform

ROOT = Path(__file__).resolve().parent.parent.parent
DEFAULT_ACCOUNT = "123456789012"
CREDENTIALS = {"aws_access_key_id": "emulated", "aws_secret_access_key": "emulated"}

_CREDENTIAL_VARIABLES = {name.upper(): value for name, value in CREDENTIALS.items()}


@dataclass(frozen=True)
class Emulator:
    """A running emulator.

    Attributes:
        url: the address of every service.
        account: the account that it says the caller is in.
        log: file with its requests and tracebacks: the place to look when a plan fails for no reason of its own.
    """

    url: str
    account: str
    log: Path

    def client(self, service: str, region: str) -> Any:
        """A boto3 client of one of its services."""
        import boto3  # half a second that a plan without anything to seed does not pay
        from botocore.config import Config

        direct = Config(proxies={})  # a proxy of the environment cannot reach this machine's own address
        return boto3.client(service, region_name=region, endpoint_url=self.url, config=direct, **CREDENTIALS)

    def serve(self, terraform: Terraform) -> Terraform:
        """A terraform whose provider, backends and data sources call this emulator for every service."""
        return terraform.with_environment(AWS_ENDPOINT_URL=self.url, **_CREDENTIAL_VARIABLES)


@contextmanager
def moto_server(log: Path, *, account: str = DEFAULT_ACCOUNT) -> Iterator[Emulator]:
    """Runs an emulator.

    Args:
        log: file that takes what it prints.
        account: the account that it answers with, so that `allowed_account_ids` of a lake holds.

    Raises:
        SetupError: when moto is not installed or does not start.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "scripts.plan.emulator_server"],
            cwd=ROOT,
            env=_environment(account),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
        ) as process,
    ):
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            if not port:
                process.wait()
                raise SetupError(f"the emulator did not start, is moto[server] installed?\n{log.read_text()[-2000:].strip()}")
            yield Emulator(url=f"http://127.0.0.1:{port}", account=account, log=log)
        finally:
            process.terminate()


def _environment(account: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))}
    return {**inherited, **_CREDENTIAL_VARIABLES, "MOTO_ACCOUNT_ID": account, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true"}
