"""Pipfile.lock as pip reads it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from constructs_lib import lock_file
from constructs_lib.lock_file import requirements

LOCK = {
    "_meta": {"hash": {"sha256": "x"}, "pipfile-spec": 6, "sources": [{"url": "https://index.example.com/simple", "name": "own"}]},
    "default": {
        "zebra": {"version": "==2.0", "hashes": ["sha256:bb", "sha256:cc"]},
        "aardvark": {"version": "==1.0", "hashes": ["sha256:aa"], "markers": "python_version >= '3.9'"},
    },
    "develop": {"pytest": {"version": "==9.0", "hashes": ["sha256:dd"]}},
}
RUNTIME = "aardvark==1.0 ; python_version >= '3.9' --hash=sha256:aa\nzebra==2.0 --hash=sha256:bb --hash=sha256:cc\n"
DEVELOPMENT = (
    "aardvark==1.0 ; python_version >= '3.9' --hash=sha256:aa\npytest==9.0 --hash=sha256:dd\nzebra==2.0 --hash=sha256:bb --hash=sha256:cc\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout that holds the script and a lock, and nothing else."""
    (tmp_path / "constructs_lib").mkdir()
    shutil.copy(lock_file.__file__, tmp_path / "constructs_lib" / "lock_file.py")
    (tmp_path / "Pipfile.lock").write_text(json.dumps(LOCK))
    return tmp_path


def run(project: Path, *arguments: str) -> str:
    """Runs the script on a Python that sees no installed package."""
    script = project / "constructs_lib" / "lock_file.py"
    return subprocess.run([sys.executable, "-I", "-S", str(script), *arguments], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(("arguments", "expected"), [((), RUNTIME), (("--dev",), DEVELOPMENT)])
def test_script_prints_requirements_on_a_bare_python(project: Path, arguments: tuple[str, ...], expected: str) -> None:
    assert run(project, *arguments) == expected


def test_script_forgets_where_packages_came_from(project: Path) -> None:
    assert run(project, "--forget-sources") == ""
    lock = json.loads((project / "Pipfile.lock").read_text())
    assert lock == {**LOCK, "_meta": {**LOCK["_meta"], "sources": []}}


@pytest.mark.parametrize("sections", [("default",), ("default", "develop")])
def test_every_locked_package_is_pinned_by_version_and_hash(sections: tuple[str, ...]) -> None:
    lines = requirements(*sections).splitlines()
    line = re.compile(r"[a-z0-9.-]+==[^ ]+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+")
    assert [text for text in lines if not line.fullmatch(text)] == []
    names = [text.split("==")[0] for text in lines]
    assert names == sorted(set(names))


def test_packages_can_be_left_out() -> None:
    names = {line.split("==")[0] for line in requirements("default").splitlines()}
    fewer = {line.split("==")[0] for line in requirements("default", without={"cdktf", "jsii"}).splitlines()}
    assert names - fewer == {"cdktf", "jsii"}


def test_lock_of_this_project_names_no_host() -> None:
    assert json.loads(lock_file.LOCK_FILE.read_text())["_meta"]["sources"] == []


def test_bindings_are_pinned_to_the_last_of_their_line() -> None:
    assert "cdktf==0.21.0 " in requirements("default")
    assert "cdktf-cdktf-provider-aws==21.22.1 " in requirements("default")
