"""Where the AWS provider is looked for, and which version is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.plan.provider_mirror import HOST, SOURCE, find_provider, implied_mirrors, platform_name, versions_in
from scripts.plan.terraform import SetupError

LINUX = "linux_amd64"


def unpacked(mirror: Path, version: str, os_arch: str = LINUX) -> Path:
    (mirror / HOST / SOURCE / version / os_arch).mkdir(parents=True)
    return mirror


def zipped(mirror: Path, version: str, os_arch: str = LINUX) -> Path:
    folder = mirror / HOST / SOURCE
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"terraform-provider-aws_{version}_{os_arch}.zip").touch()
    return mirror


def find(tmp_path: Path, environment: dict[str, str] | None = None, wanted: str = "6.25.0") -> tuple[Path, str] | None:
    environment = {"XDG_DATA_DIRS": str(tmp_path / "data-dir"), **(environment or {})}
    found = find_provider(environment, home=tmp_path / "home", wanted=wanted, os_arch=LINUX, shared_folders=[tmp_path / "shared"])
    return None if found is None else (found.mirror, found.version)


def test_takes_the_registry_when_there_is_no_mirror(tmp_path: Path) -> None:
    assert find(tmp_path) is None


def test_takes_the_folder_that_is_named_first(tmp_path: Path) -> None:
    unpacked(tmp_path / "home" / ".terraform.d" / "plugins", "6.25.0")
    named = unpacked(tmp_path / "named", "5.100.0")
    assert find(tmp_path, {"MOULIN_TF_PLUGIN_DIR": str(named)}) == (named, "5.100.0")


def test_fails_when_the_named_folder_holds_no_provider(tmp_path: Path) -> None:
    unpacked(tmp_path / "named", "5.100.0", os_arch="darwin_arm64")
    with pytest.raises(SetupError, match=r"does not hold registry\.terraform\.io/hashicorp/aws for linux_amd64"):
        find(tmp_path, {"MOULIN_TF_PLUGIN_DIR": str(tmp_path / "named")})


@pytest.mark.parametrize(
    "folder",
    ["home/.terraform.d/plugins", "home/.local/share/terraform/plugins", "data-dir/terraform/plugins", "shared", "shared/a", "shared/a/b"],
)
def test_finds_a_mirror_in(tmp_path: Path, folder: str) -> None:
    mirror = unpacked(tmp_path / folder, "5.100.0")
    assert find(tmp_path) == (mirror, "5.100.0")


def test_looks_no_deeper_than_two_levels(tmp_path: Path) -> None:
    unpacked(tmp_path / "shared" / "a" / "b" / "c", "5.100.0")
    assert find(tmp_path) is None


def test_prefers_terraforms_own_folders(tmp_path: Path) -> None:
    unpacked(tmp_path / "shared", "6.25.0")
    own = unpacked(tmp_path / "home" / ".terraform.d" / "plugins", "5.100.0")
    assert find(tmp_path) == (own, "5.100.0")


def test_takes_the_pinned_version_else_the_highest(tmp_path: Path) -> None:
    mirror = tmp_path / "shared"
    for version in ("5.99.0", "5.100.0", "5.9.0"):
        unpacked(mirror, version)
    assert find(tmp_path) == (mirror, "5.100.0")
    assert find(tmp_path, wanted="5.99.0") == (mirror, "5.99.0")


def test_knows_unpacked_and_zipped_versions_of_this_platform(tmp_path: Path) -> None:
    unpacked(tmp_path, "5.100.0")
    zipped(tmp_path, "6.0.0")
    zipped(tmp_path, "6.1.0", os_arch="windows_amd64")
    unpacked(tmp_path, "not-a-version")
    assert versions_in(tmp_path, LINUX) == ["5.100.0", "6.0.0"]


def test_implied_folders_follow_xdg(tmp_path: Path) -> None:
    folders = implied_mirrors({"XDG_DATA_HOME": "/x", "XDG_DATA_DIRS": "/y:/z"}, home=tmp_path)
    assert folders[:4] == [
        tmp_path / ".terraform.d" / "plugins",
        Path("/x/terraform/plugins"),
        Path("/y/terraform/plugins"),
        Path("/z/terraform/plugins"),
    ]


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [("Linux", "x86_64", LINUX), ("Linux", "aarch64", "linux_arm64"), ("Darwin", "arm64", "darwin_arm64")],
)
def test_names_platforms_as_terraform_does(system: str, machine: str, name: str) -> None:
    assert platform_name(system, machine) == name
