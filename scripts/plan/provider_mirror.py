"""Where the AWS provider comes from: a folder of this machine that mirrors the registry, if there is one.

The provider is a download of 150 MB that unpacks to 600 MB, and some machines cannot reach the registry at all. Searched in this order:

1. the folder that `MOULIN_TF_PLUGIN_DIR` names;
2. the folders in which Terraform itself looks for plugins
   (https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories);
3. a folder that holds `registry.terraform.io`, at most two levels below /opt or /usr/local/share.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.plan.terraform import SetupError

VARIABLE = "MOULIN_TF_PLUGIN_DIR"
HOST = "registry.terraform.io"
SOURCE = "hashicorp/aws"
SHARED_FOLDERS = (Path("/opt"), Path("/usr/local/share"))

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i386": "386", "i686": "386"}
_VERSION = re.compile(r"\d+\.\d+\.\d+")


@dataclass(frozen=True)
class MirroredProvider:
    """A version of the AWS provider that a mirror folder holds for this platform."""

    mirror: Path
    version: str


def platform_name(system: str | None = None, machine: str | None = None) -> str:
    """This platform as Terraform names it, such as `linux_amd64`."""
    machine = (machine or platform.machine()).lower()
    return f"{(system or platform.system()).lower()}_{_MACHINES.get(machine, machine)}"


def find_provider(
    environment: Mapping[str, str],
    *,
    home: Path,
    wanted: str,
    os_arch: str | None = None,
    shared_folders: Sequence[Path] = SHARED_FOLDERS,
) -> MirroredProvider | None:
    """The AWS provider from the first mirror that has it: the wanted version if it is there, else the highest.

    Args:
        environment: variables, for `MOULIN_TF_PLUGIN_DIR` and the XDG folders.
        home: the user's home folder.
        wanted: the version that the stacks pin.
        os_arch: platform as Terraform names it, default this one.
        shared_folders: folders that are searched two levels deep.

    Returns:
        None when no folder holds the provider for this platform: it then comes from the registry.

    Raises:
        SetupError: when `MOULIN_TF_PLUGIN_DIR` is set and its folder does not hold the provider.
    """
    os_arch = os_arch or platform_name()
    named = environment.get(VARIABLE)
    folders = [Path(named)] if named else [*implied_mirrors(environment, home=home), *_folders_below(shared_folders)]
    for folder in folders:
        versions = versions_in(folder, os_arch)
        if versions:
            return MirroredProvider(mirror=folder, version=wanted if wanted in versions else versions[-1])
    if named:
        raise SetupError(f"{VARIABLE}={named} does not hold {HOST}/{SOURCE} for {os_arch}: correct it, or unset it to use the registry")
    return None


def implied_mirrors(environment: Mapping[str, str], *, home: Path) -> list[Path]:
    """Terraform's own plugin folders on Linux and macOS."""
    data_home = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    data_dirs = [Path(folder) for folder in (environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")]
    mac = [base / "Library" / "Application Support" / "io.terraform" / "plugins" for base in (home, Path("/"))]
    return [home / ".terraform.d" / "plugins", *(base / "terraform" / "plugins" for base in (data_home, *data_dirs)), *mac]


def versions_in(mirror: Path, os_arch: str) -> list[str]:
    """The AWS provider's versions in a mirror folder for a platform, unpacked or zipped, lowest first."""
    folder = mirror / HOST / SOURCE
    unpacked = {path.parent.name for path in folder.glob(f"*/{os_arch}") if path.is_dir()}
    zipped = {path.name.split("_")[1] for path in folder.glob(f"terraform-provider-aws_*_{os_arch}.zip")}
    return sorted(filter(_VERSION.fullmatch, unpacked | zipped), key=version_key)


def version_key(version: str) -> tuple[int, ...]:
    """Sorts 5.100.0 after 5.99.0."""
    return tuple(int(part) for part in version.split("."))


def _folders_below(roots: Sequence[Path]) -> Iterator[Path]:
    for root in roots:
        for pattern in (HOST, f"*/{HOST}", f"*/*/{HOST}"):
            yield from sorted(path.parent for path in root.glob(pattern))
