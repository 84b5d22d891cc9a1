"""An engine is fetched whole or not at all, and what it needs is found or named."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from scripts.engines import java
from scripts.engines.archive import unpack
from scripts.engines.errors import EngineError
from scripts.engines.folder import engines_folder, install, installed
from scripts.engines.java import find_java
from scripts.engines.maven import POM, download, version_of
from scripts.engines.trino import find_trino
from tests.conftest import ROOT


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the user."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_made_is_there_the_next_time(cache: Path) -> None:
    made = install("engine-1", lambda home: (home / "jar").touch())
    assert made == cache / "moulin" / "engines" / "engine-1"
    assert installed("engine-1") == made == install("engine-1", lambda _: pytest.fail("made again"))
    assert [path.name for path in made.iterdir()] == ["jar"]


def test_what_was_broken_off_leaves_nothing() -> None:
    def half(home: Path) -> None:
        (home / "jar").touch()
        raise EngineError("no more")

    with pytest.raises(EngineError):
        install("engine-1", half)
    assert installed("engine-1") is None
    assert list(engines_folder().iterdir()) == []


def test_the_faster_of_two_wins() -> None:
    def slow(home: Path) -> None:
        (home / "slow").touch()
        install("engine-1", lambda other: (other / "fast").touch())

    assert [path.name for path in install("engine-1", slow).iterdir()] == ["fast"]
    assert [path.name for path in engines_folder().iterdir()] == ["engine-1"]


def archive(path: Path, *members: tuple[str, str | bytes]) -> Path:
    """A .tar.gz of files, and of hard links where the content is a name."""
    with tarfile.open(path, "w:gz") as file:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.LNKTYPE, content
                file.addfile(member)
            else:
                member.size, member.mode = len(content), 0o755 if content.startswith(b"#!") else 0o644
                file.addfile(member, io.BytesIO(content))
    return path


def test_only_what_is_kept_is_unpacked_with_the_files_that_it_shares_with_what_is_not(tmp_path: Path) -> None:
    held = archive(
        tmp_path / "engine.tar.gz",
        ("engine-1/plugin/left/shared.jar", b"shared"),
        ("engine-1/plugin/left/own.jar", b"own"),
        ("engine-1/plugin/kept/shared.jar", "engine-1/plugin/left/shared.jar"),
        ("engine-1/lib/shared.jar", "engine-1/plugin/left/shared.jar"),
        ("engine-1/lib/start", b"#!/bin/sh"),
        ("engine-1/library/other.jar", b"other"),
    )
    unpack(held, tmp_path / "out", keep=("lib", "plugin/kept"))
    found = {path.relative_to(tmp_path / "out").as_posix(): path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == {
        "lib/shared.jar": b"shared",
        "lib/start": b"#!/bin/sh",
        "plugin/kept/shared.jar": b"shared",
    }
    assert found["lib/shared.jar"].samefile(found["plugin/kept/shared.jar"])
    assert (found["lib/start"].stat().st_mode & 0o111, found["lib/shared.jar"].stat().st_mode & 0o111) == (0o111, 0)


def test_fails_when_an_archive_names_a_file_outside_of_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outside"):
        unpack(archive(tmp_path / "engine.tar.gz", ("engine-1/lib/../../x", b"x")), tmp_path / "out", keep=("lib",))
    assert not (tmp_path / "x").exists()


def fake_java(home: Path, version: str) -> Path:
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def javas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The only Javas of this machine: 8 in JAVA_HOME, 17 on PATH, 25 and 26 among the system's."""
    monkeypatch.setattr(java, "_HOMES", (str(tmp_path / "jvm" / "*"),))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'path' / 'bin'}:/bin:/usr/bin")
    versions = {"home": "1.8.0_402", "path": "17.0.15", "jvm/twenty-six": "26", "jvm/twenty-five": "25.0.2"}
    return {place: fake_java(tmp_path / place, version) for place, version in versions.items()}


@pytest.mark.parametrize(("oldest", "place"), [(8, "home"), (9, "path"), (17, "path"), (18, "jvm/twenty-five"), (26, "jvm/twenty-six")])
def test_the_oldest_java_that_is_new_enough_is_taken(javas: dict[str, Path], oldest: int, place: str) -> None:
    assert find_java(oldest) == javas[place]


def test_fails_when_no_java_is_new_enough(javas: dict[str, Path]) -> None:
    with pytest.raises(
        EngineError, match=r"^Java 27 or newer is not installed: found 8 in .*, 17 in .*, 25 in .*, 26 in .* \(python -m scripts"
    ):
        find_java(27)


def test_fails_when_there_is_no_maven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EngineError, match=r"^Maven is not installed: no mvn on PATH .*apt-get install"):
        download("trino", tmp_path / "into")


def test_versions_stand_in_the_pom_alone() -> None:
    assert f"<version>{version_of('trino-server')}</version>" in POM.read_text()
    with pytest.raises(KeyError):
        version_of("no-such-artifact")


def test_fails_when_trino_was_not_fetched(cache: Path) -> None:
    with pytest.raises(EngineError, match=r"^Trino \d+ is not in .* \(python -m scripts.engines trino fetches it: \d+ MB"):
        find_trino()


def test_says_what_can_be_fetched() -> None:
    done = subprocess.run([sys.executable, "-m", "scripts.engines", "hadoop"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "name what to fetch: python -m scripts.engines trino|java\n")


def test_make_test_fetches_what_ci_may_not_skip_before_it_tests() -> None:
    steps = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert steps.index("-m scripts.engines trino") < steps.index('-m "not (fast or')
