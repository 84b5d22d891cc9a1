"""Loading the generated bindings without what only their readers need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULE = '''"""A documented module."""
CHECKS = 0
if __debug__:
    CHECKS = 1

class Documented:
    """A documented class."""

    def method(self, value: "Nowhere", other: Missing = 1) -> Missing:
        """A documented method."""
        return other
'''
LOAD = """
import sys
from constructs_lib._bindings.lean_import import LeanFinder
LeanFinder("bindings").install()
import bindings.part as part
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that plain Python could not import: `Missing` does not exist."""
    folder = tmp_path / "site" / "bindings"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "part.py").write_text(MODULE)
    return folder


def load(package: Path, code: str, **environment: str) -> str:
    path = os.pathsep.join([str(ROOT), str(package.parent)])
    unset = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run(
        [sys.executable, "-c", LOAD + code], env={**unset, "PYTHONPATH": path, **environment}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


def caches(package: Path) -> list[str]:
    return sorted(path.name for path in package.rglob("*.lean.pyc"))


def test_annotations_docstrings_and_checks_are_left_out(package: Path) -> None:
    code = "print(part.Documented().method(2), part.__doc__, part.Documented.__doc__, part.CHECKS)"
    assert load(package, code) == "1 None None 0"


def test_code_is_cached_beside_pythons_own_cache(package: Path) -> None:
    load(package, "")
    tag = sys.implementation.cache_tag
    assert caches(package) == [f"__init__.{tag}.lean.pyc", f"part.{tag}.lean.pyc"]
    assert load(package, "print(part.CHECKS)") == "0"


def test_changed_source_is_compiled_anew(package: Path) -> None:
    load(package, "")
    (package / "part.py").write_text(MODULE.replace("CHECKS = 0", "CHECKS = 17"))
    assert load(package, "print(part.CHECKS)") == "17"


def test_nothing_is_cached_where_python_may_not(package: Path) -> None:
    assert load(package, "print(part.CHECKS)", PYTHONDONTWRITEBYTECODE="1") == "0"
    assert caches(package) == []


def test_cache_that_cannot_be_written_is_no_error(package: Path) -> None:
    (package / "__pycache__").write_text("a file stands where the folder would be")
    assert load(package, "print(part.CHECKS)") == "0"


def test_cut_off_cache_of_another_source_is_not_used(package: Path) -> None:
    load(package, "")
    (cache,) = package.rglob("part.*.lean.pyc")
    cache.write_bytes(b"not a cache")
    assert load(package, "print(part.CHECKS)") == "0"


def test_other_packages_are_left_to_python(package: Path) -> None:
    code = "import json, bindings\nprint(type(json.__loader__).__name__, type(bindings.__loader__).__name__, bool(json.__doc__))"
    assert load(package, code) == "SourceFileLoader LeanLoader True"


def test_missing_module_is_said_as_python_says_it(package: Path) -> None:
    code = "\ntry:\n    import bindings.nothing\nexcept ModuleNotFoundError as error:\n    print(error)"
    assert load(package, code) == "No module named 'bindings.nothing'"
