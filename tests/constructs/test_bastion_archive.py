"""What the bastion is given: it runs from that alone, and nothing else is in it."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import venv
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from constructs_lib.module_files import module_files
from stacks.bastion import bastion_tools
from tests.conftest import ROOT

LAKE = ROOT / "lakes" / "retail.yaml"


@pytest.fixture(scope="module")
def opt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive, unpacked as the first boot does it."""
    folder = tmp_path_factory.mktemp("opt") / "moulin"
    tools = bastion_tools("certificate", folder.parent / "tools.zip")
    with zipfile.ZipFile(tools.path) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def moulin(opt: Path) -> list[str]:
    """The command, with an interpreter that has the packages of the archive's requirements and no other."""
    venv.create(opt / "venv", symlinks=True)
    (site_packages,) = (opt / "venv" / "lib").glob("python*/site-packages")
    for name in re.findall(r"^([a-z0-9.-]+)==", (opt / "requirements.txt").read_text(), re.MULTILINE):
        for top in {Path(file.parts[0]) for file in metadata.files(name) or () if file.parts[0] not in ("..", "__pycache__")}:
            link = site_packages / top
            link.exists() or link.symlink_to(Path(str(metadata.distribution(name).locate_file(top))))
    (opt / "venv" / "complete").touch()
    (opt / "moulin.env").touch()
    script = (opt / "bin" / "moulin").read_text().replace("/opt/moulin", str(opt)).replace("/etc/moulin.env", str(opt / "moulin.env"))
    return ["bash", "-c", script, "moulin"]


def run(moulin: list[str], *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*moulin, *words], cwd=cwd, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)


def of_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports(node: ast.AST) -> Iterator[str]:
    """What Python itself imports below a node; not what only types are checked with."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom):
            yield from (str(child.module), *(f"{child.module}.{alias.name}" for alias in child.names))
        elif isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif not of_types_only(child):
            yield from imports(child)


def files_of(module: str) -> list[str]:
    """The file of a module of this repository, with those of its packages; none for another's."""
    parts = module.split(".")
    names = ["/".join(parts) + ".py", *("/".join((*parts[:count], "__init__.py")) for count in range(1, len(parts) + 1))]
    return [name for name in names if (ROOT / name).is_file()]


def needed(module: str) -> set[str]:
    """The files that a module runs."""
    found: set[str] = set()
    waiting = files_of(module)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [each for name in imports(ast.parse((ROOT / file).read_text())) for each in files_of(name)]
    return found


def test_archive_holds_what_the_bastion_runs_and_nothing_else(opt: Path) -> None:
    held = {path.relative_to(opt).as_posix() for path in opt.rglob("*") if path.is_file() and "venv" not in path.relative_to(opt).parts}
    modules = needed("scripts.commands.seed")
    scripts = {f"bin/{name}" for name in ("moulin", "moulin-install", "moulin-mysql", "moulin-prepare-source")}
    defaults = ROOT / "constructs_lib" / "defaults"
    certificates = {path.relative_to(ROOT).as_posix() for path in (defaults / "rds_certificates").iterdir()}
    data = certificates | {"constructs_lib/defaults/time_zones.txt"}
    assert held - {"moulin.env"} == modules | data | scripts | {"source-ca.pem", "requirements.txt"}
    assert {Path(module).parts[0] for module in modules} == {"scripts", "constructs_lib"}
    assert not [module for module in modules if re.match(r"scripts/(local|plan|deploy|bench|review|security|task|engines)/", module)]


def test_packages_are_those_that_seed_needs(opt: Path) -> None:
    names = set(re.findall(r"^([a-z0-9.-]+)==", (opt / "requirements.txt").read_text(), re.MULTILINE))
    wanted, waiting = set(), ["boto3", "faker", "pymysql", "pydantic", "pyyaml", "rich", "typer"]
    while waiting:
        name = re.split(r"[^A-Za-z0-9._-]", waiting.pop())[0].lower().replace("_", "-")
        if name not in wanted and name not in ("tzdata", "colorama"):  # for Windows
            wanted.add(name)
            waiting += [each for each in metadata.requires(name) or () if "extra ==" not in each]
    assert names == wanted


def test_seed_runs_from_the_archive_alone(moulin: list[str], tmp_path: Path) -> None:
    done = run(moulin, "seed", "--dry-run", "--lake", str(LAKE), "--create-table", "--max-count", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("INSERT INTO") == 1
    assert "CREATE TABLE" in done.stdout


def test_every_module_of_the_archive_can_be_imported_there(moulin: list[str], opt: Path) -> None:
    names = [path.relative_to(opt).with_suffix("").as_posix().replace("/", ".") for path in opt.glob("[cs]*/**/*.py")]
    assert "scripts.seed.bulk" in names
    words = [opt / "venv" / "bin" / "python", "-c", f"import importlib\nfor name in {names!r}: importlib.import_module(name)"]
    done = subprocess.run(words, cwd=opt, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_lake_file_is_found_where_the_command_is_given(moulin: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(LAKE.read_text())
    (tmp_path / "scripts").mkdir()  # a folder of this name is no package of moulin's
    assert run(moulin, "seed", "--dry-run", "--lake", "mine.yaml", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize("words", [[], ["plan"], ["--help"]])
def test_fails_when_another_command_is_asked_for(moulin: list[str], tmp_path: Path, words: list[str]) -> None:
    done = run(moulin, *words, cwd=tmp_path)
    assert done.returncode == 2
    assert "the bastion has moulin seed, moulin-mysql and moulin-prepare-source" in done.stderr


def test_fails_when_seed_is_not_installed_and_says_what_to_do(opt: Path, tmp_path: Path) -> None:
    script = (opt / "bin" / "moulin").read_text().replace("/opt/moulin", str(tmp_path))
    done = run(["bash", "-c", script, "moulin"], "seed", cwd=tmp_path)
    assert done.returncode == 2
    assert "needs a way to the internet" in done.stderr
    assert "sudo moulin-install" in done.stderr


def test_imports_are_found_in_every_form_of_theirs(tmp_path: Path) -> None:
    files = {
        "a/__init__.py": "",
        "a/one.py": "import a.two\ndef later():\n    from a.three import (\n        x,  # why\n        y as z,\n    )\n",
        "a/two.py": "from a import four as f, five\nfrom elsewhere import six\n",
        "a/three.py": "",
        "a/four.py": "",
        "a/five/__init__.py": "import json, a.one\n",
        "a/other.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text)
    assert set(module_files(tmp_path, "a.one")) == files.keys() - {"a/other.py"}
