"""The AWS provider, made ready once for every stack that is planned with it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from scripts.plan.output_folder import SynthesisedStack
from scripts.plan.provider_mirror import HOST, SOURCE, MirroredProvider, find_provider, platform_name
from scripts.plan.terraform import SetupError, Terraform, find_terraform

ADDRESS = f"{HOST}/{SOURCE}"


@dataclass(frozen=True)
class ReadyProvider:
    """An unpacked AWS provider and a terraform that uses it in any folder, without `terraform init`.

    Terraform's development overrides do that. An init for each stack would verify the hash of 600 MB, and so would each later command.
    """

    version: str
    folder: Path
    terraform: Terraform

    @property
    def mirror(self) -> Path:
        """The same provider as a folder that mirrors the registry, for a `terraform init` that must find it."""
        return self.folder.parents[4]


def prepare_provider(work: Path, *, wanted: str) -> ReadyProvider:
    """Fetches the AWS provider into a work folder: from a mirror of this machine if it has one, else from the registry.

    Args:
        work: an empty folder that outlives the plans.
        wanted: the version that the stacks pin. Another one is taken when a mirror holds no such version.

    Raises:
        SetupError: when terraform is missing or too old, or the provider cannot be had.
    """
    terraform = find_terraform()
    found = find_provider(os.environ, home=Path.home(), wanted=wanted)
    version = found.version if found else wanted
    work = work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    (work / "versions.tf.json").write_text(
        json.dumps({"terraform": {"required_providers": {"aws": {"source": ADDRESS, "version": version}}}})
    )
    installation = _write(work / "install.tfrc", _mirror_installation(found) if found else _registry_installation())
    init = terraform.with_environment(TF_CLI_CONFIG_FILE=str(installation)).run("init", "-no-color", "-backend=false", folder=work)
    if init.returncode != 0:
        raise SetupError(f"the AWS provider {version} cannot be had from {found.mirror if found else HOST}:\n{init.stderr.strip()}")
    folder = work / ".terraform" / "providers" / ADDRESS / version / platform_name()
    overrides = _write(work / "plan.tfrc", f"provider_installation {{\n  dev_overrides {{ {_text(ADDRESS)} = {_text(folder)} }}\n}}\n")
    return ReadyProvider(version=version, folder=folder, terraform=terraform.with_environment(TF_CLI_CONFIG_FILE=str(overrides)))


def pinned_version(stacks: Iterable[SynthesisedStack]) -> str:
    """The version that the stacks ask for."""
    return str(next(iter(stacks)).template["terraform"]["required_providers"]["aws"]["version"])


def _mirror_installation(found: MirroredProvider) -> str:
    return f"provider_installation {{\n  filesystem_mirror {{\n    path = {_text(found.mirror)}\n  }}\n}}\n"


def _registry_installation() -> str:
    """A download is kept for the next time."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "moulin" / "terraform-plugins"
    cache.mkdir(parents=True, exist_ok=True)
    return f"plugin_cache_dir = {_text(cache)}\nplugin_cache_may_break_dependency_lock_file = true\n"


def _write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def _text(value: object) -> str:
    """A string of Terraform's CLI configuration language."""
    return json.dumps(str(value))
