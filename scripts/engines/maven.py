"""Maven Central by `mvn`: what a profile of pom.xml names, in the pinned versions."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from scripts.engines.errors import EngineError

POM = Path(__file__).with_name("pom.xml")
INSTALL = "as root: apt-get install -y --no-install-recommends maven; or your system's package of Apache Maven"


def version_of(artifact: str) -> str:
    """The pinned version of an artifact, such as `trino-server`."""
    for dependency in ElementTree.parse(POM).iter("dependency"):  # noqa: S314 - our own file
        if dependency.findtext("artifactId") == artifact:
            return str(dependency.findtext("version"))
    raise KeyError(artifact)


def download(profile: str, into: Path) -> None:
    """Fetches the files of a profile into a folder.

    Nothing else stays: Maven keeps what it fetches in a repository, which here is a temporary one, since an engine is larger than all that
    most people have in theirs.

    Raises:
        EngineError: there is no Maven, or it could not fetch them.
    """
    maven = shutil.which("mvn")
    if maven is None:
        raise EngineError(f"Maven is not installed: no mvn on PATH ({INSTALL})")
    with tempfile.TemporaryDirectory(prefix=".maven-", dir=into.parent) as repository:
        words = ["dependency:copy-dependencies", f"-DoutputDirectory={into}", f"-Dmaven.repo.local={repository}"]
        done = subprocess.run(
            [maven, "--batch-mode", "--quiet", "--strict-checksums", "--file", str(POM), f"--activate-profiles={profile}", *words],
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("[ERROR]")]
        raise EngineError(f"Maven could not fetch {profile}: {(said or [f'exit code {done.returncode}'])[0].removeprefix('[ERROR] ')}")
