"""The first boot of the bastion, with and without a way to the package index, and its shell on a real server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pymysql
import pytest

from constructs_lib.bastion import FILES
from scripts.local.mariadb import MariaDb, mariadb
from stacks.bastion import bastion_tools

SCRIPTS = {"moulin", "moulin-install", "moulin-mysql", "moulin-prepare-source"}
PASSWORDS = ["plain", "back\\slash", "\\n\\s\\t", 'say "x"', "it's", "a#b", '"quoted"', "trailing\\", 'hash"after#quote', " blanks "]


class Host:
    """A host on which the first boot runs: what it calls of the system is made of scripts, its folders lie in one.

    Args:
        folder: an empty folder.
        failing: a command that fails, such as `pip`.
    """

    def __init__(self, folder: Path, *, failing: str = "") -> None:
        self.folder = folder
        self.bin = folder / "usr" / "local" / "bin"
        self.bin.mkdir(parents=True)
        archive = bastion_tools("certificate", folder / "tools.zip").path
        for name, body in {
            "dnf": "",
            "aws": f'cp "{archive}" "${{@: -1}}"',
            "python3.11": 'mkdir -p "${@: -1}/bin"; cp "$(dirname "$0")/pip" "${@: -1}/bin/pip"',
            "pip": 'echo "no way to the index" >&2' if failing == "pip" else "",
        }.items():
            self._command(name, f'echo "{name} $*" >> "{folder}/calls"\n{body}\n{"exit 1" if failing == name else ""}')
        self._command("unzip", 'exec python3 -m zipfile -e "$2" "$4"')

    def boot(self) -> subprocess.CompletedProcess[str]:
        """Runs the script, and once the others are installed lets them speak of the same folders."""
        here = f'sed -i "s|/opt/moulin|{self.folder}/opt/moulin|" "{self.bin}"/moulin*'
        script = (FILES / "user-data.sh").read_text().replace("/opt/moulin", f"{self.folder}/opt/moulin")
        script = script.replace("/usr/local/bin/", f"{self.bin}/").replace("if ! moulin-install", f"{here}\nif ! moulin-install")
        environment = {"PATH": f"{self.bin}:{os.environ['PATH']}", "MOULIN_REGION": "eu-west-1", "MOULIN_TOOLS": "s3://b/tools.zip"}
        return subprocess.run(["bash", "-c", script], cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    @property
    def calls(self) -> list[str]:
        return (self.folder / "calls").read_text().splitlines()

    def _command(self, name: str, body: str) -> None:
        (self.bin / name).write_text(f"#!/bin/bash\n{body}\n")
        (self.bin / name).chmod(0o755)


def test_scripts_are_there_before_anything_is_fetched_from_elsewhere(tmp_path: Path) -> None:
    host = Host(tmp_path)
    done = host.boot()
    assert done.returncode == 0, done.stderr
    assert {path.name for path in host.bin.glob("moulin*")} == SCRIPTS
    assert all(os.access(host.bin / name, os.X_OK) for name in SCRIPTS)
    names = [call.split()[0] for call in host.calls]
    assert names == ["dnf", "aws", "dnf", "python3.11", "pip"]
    assert "--require-hashes" in host.calls[-1]
    assert (tmp_path / "opt/moulin/venv/complete").exists()
    assert done.stderr == ""


def test_boot_without_a_way_to_the_index_succeeds_and_says_what_is_missing(tmp_path: Path) -> None:
    host = Host(tmp_path, failing="pip")
    done = host.boot()
    assert done.returncode == 0
    assert {path.name for path in host.bin.glob("moulin*")} == SCRIPTS
    assert "moulin seed is not installed, because the step above failed" in done.stderr
    assert not (tmp_path / "opt/moulin/venv/complete").exists()


@pytest.mark.parametrize("failing", ["dnf", "aws"])
def test_step_that_fails_is_reported(tmp_path: Path, failing: str) -> None:
    done = Host(tmp_path, failing=failing).boot()
    assert done.returncode == 1
    assert f"moulin: the first boot failed at: {failing} " in done.stderr


@pytest.fixture
def server(needs_mariadb: None) -> Iterator[MariaDb]:
    with mariadb() as running:
        yield running


def test_shell_logs_in_with_any_password(server: MariaDb, tmp_path: Path) -> None:
    (tmp_path / "aws").write_text(f'#!/bin/bash\ncat "{tmp_path}/secret"\n')
    (tmp_path / "aws").chmod(0o755)
    variables = {
        "MOULIN_REGION": "eu-west-1",
        "MOULIN_ADMIN_SECRET_ARN": "a",
        "MOULIN_SOURCE_HOST": server.host,
        "MOULIN_SOURCE_PORT": str(server.port),
    }
    (tmp_path / "moulin.env").write_text("".join(f"export {name}='{value}'\n" for name, value in variables.items()))
    script = (FILES / "moulin-mysql").read_text().replace("/etc/moulin.env", f"{tmp_path}/moulin.env")
    with closing(pymysql.connect(host=server.host, port=server.port, user=server.user)) as session:
        for number, password in enumerate(PASSWORDS):
            user = f'u{number}"\\#'
            session.cursor().execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (user, password))
            (tmp_path / "secret").write_text(json.dumps({"username": user, "password": password}))
            done = subprocess.run(  # this server has no certificate
                ["bash", "-c", script, "moulin-mysql", "--skip-ssl", "--skip-ssl-verify-server-cert", "-Nre", "SELECT CURRENT_USER()"],
                env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert (done.stdout, done.stderr) == (f"{user}@%\n", ""), password
