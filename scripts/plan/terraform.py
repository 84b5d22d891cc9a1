"""The terraform executable: found, checked, and run with an environment that can reach no real account."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.children import CHILDREN

OLDEST = (1, 11)
"""Write-only arguments (the secret's value) and S3's own lock file (`use_lockfile`) came with 1.11."""

HOW_TO_GET = "get 1.11 or later from https://developer.hashicorp.com/terraform/install and put it on PATH"


class SetupError(Exception):
    """The command cannot begin: a tool is missing, or it was called wrongly. The message is the line to print."""


@dataclass(frozen=True)
class Terraform:
    """A terraform executable, its version and the environment it runs in."""

    executable: Path
    version: str
    environment: Mapping[str, str]

    def run(self, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        """Runs one command in a folder; the caller judges the exit code."""
        return CHILDREN.run([str(self.executable), *words], cwd=folder, environment=self.environment)

    def with_environment(self, **variables: str) -> Terraform:
        """The same executable with more variables set."""
        return replace(self, environment={**self.environment, **variables})


def find_terraform() -> Terraform:
    """The terraform on PATH.

    Raises:
        SetupError: when there is none, or it is too old.
    """
    executable = shutil.which("terraform")
    if executable is None:
        raise SetupError(f"terraform is not on PATH: {HOW_TO_GET}")
    environment = _environment(os.environ)
    asked = subprocess.run([executable, "version", "-json"], env=environment, capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        raise SetupError(f"{executable} version failed: {asked.stderr.strip()}")
    version = str(json.loads(asked.stdout)["terraform_version"])
    check_version(version)
    return Terraform(executable=Path(executable), version=version, environment=environment)


def check_version(version: str) -> None:
    """Refuses a terraform that is too old for what the stacks use."""
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise SetupError(f"terraform {version} is too old, the stacks use write-only arguments and S3 lock files: {HOW_TO_GET}")


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without its AWS and Terraform settings: no profile, credential or plugin folder of theirs takes part.

    Most of a command's time goes into reading the provider's schema, which leaves much garbage; terraform and the provider are done a sixth
    sooner when they collect none of it below 1 GiB.
    """
    kept = {name: value for name, value in inherited.items() if not name.startswith(("AWS_", "TF_"))}
    return {
        "GOGC": "off",
        "GOMEMLIMIT": "1GiB",
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": os.devnull,
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
    }
