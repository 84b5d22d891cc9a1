"""Rules about the code itself: which way imports point, and how the AWS bindings are called."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("constructs_lib", "stacks", "functions", "scripts")

ALLOWED = {
    "functions": {"functions"},
    "constructs_lib/config": {"constructs_lib.config", "constructs_lib.defaults"},
    "constructs_lib/defaults": {"constructs_lib.defaults"},
    "constructs_lib": {"constructs_lib"},
    "stacks": {"constructs_lib", "stacks"},
    "scripts": {"functions", "constructs_lib.config", "constructs_lib.defaults", "scripts"},
}
"""Folder to what of ours its modules may import; the longest matching folder decides."""

BINDINGS = re.compile(r"^(cdktf|cdktf_cdktf_provider_aws|constructs|cdktn|jsii)(\.|$)")


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def absolute_imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, relative imports made absolute."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, [base, node.module]))
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names if module in OURS)


def folder_of(path: Path) -> str:
    name = path.relative_to(ROOT).as_posix()
    return max((folder for folder in ALLOWED if name.startswith(f"{folder}/")), key=len)


def is_within(module: str, prefixes: set[str]) -> bool:
    return any(module == prefix or module.startswith(f"{prefix}.") for prefix in prefixes)


@pytest.mark.parametrize("path", python_files(*OURS), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_one_way(path: Path) -> None:
    allowed = ALLOWED[folder_of(path)]
    assert [module for module in absolute_imports(path) if module.split(".")[0] in OURS and not is_within(module, allowed)] == []


def test_only_the_door_imports_the_bindings() -> None:
    door = [ROOT / "constructs_lib" / "provider.py", *python_files("constructs_lib/_bindings")]
    wrong = {
        path.relative_to(ROOT).as_posix(): module
        for path in [*python_files(*OURS), ROOT / "main.py"]
        for module in absolute_imports(path)
        if path not in door and BINDINGS.match(module)
    }
    assert wrong == {}


MAP_ARGUMENTS = {"tags", "variables", "parameters", "dimensions", "connection", "input"}
"""Arguments that Terraform itself has as maps of strings: a dict is their only form."""


def binding_names(tree: ast.Module) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "constructs_lib.provider"
        for alias in node.names
    }


def dict_arguments(path: Path) -> Iterator[str]:
    """Calls of binding classes that pass a dict where a struct belongs, however deep in lists and conditions."""
    tree = ast.parse(path.read_text())
    names = binding_names(tree)
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in names):
            continue
        for keyword in call.keywords:
            if keyword.arg in MAP_ARGUMENTS:
                continue
            for node in outside_nested_calls(keyword.value):
                if isinstance(node, ast.Dict | ast.DictComp):
                    yield f"{path.name}:{node.lineno} {call.func.id}({keyword.arg}=...)"


def outside_nested_calls(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what is below it, but not the arguments of calls in it: those are checked as calls of their own."""
    yield node
    if not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from outside_nested_calls(child)


@pytest.mark.parametrize("path", python_files("constructs_lib", "stacks"), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_provider_calls_take_structs_not_dicts(path: Path) -> None:
    """cdktf silently loses keys of a dict inside a list argument: `unique_keys` was one."""
    assert list(dict_arguments(path)) == []


def test_the_dict_rule_sees_a_dict_in_a_list(tmp_path: Path) -> None:
    file = tmp_path / "bad.py"
    file.write_text('from constructs_lib.provider import X\nX(scope, "x", tables=[{"name": "a"}], tags={"a": "b"})\n')
    assert list(dict_arguments(file)) == ["bad.py:2 X(tables=...)"]


def test_one_module_quotes_names_in_sql() -> None:
    """A name is quoted the same wherever it goes; `%` is doubled nowhere, so that no statement can get it once too often."""
    quoting = re.compile(r"""replace\(\s*(['"])[`"%]\1,""")
    places = [path for path in python_files("scripts") if quoting.search(path.read_text())]
    jsons = "scripts/local/source/envelope.py"  # the one template of texts that are no SQL
    assert [path.relative_to(ROOT).as_posix() for path in places] == [jsons, "scripts/quoting.py"]


def test_no_query_has_both_names_and_values() -> None:
    """The driver puts values in by `%`, which a name may hold: a statement with both is a `Statement`."""
    wrong = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in python_files("scripts")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute | ast.Name)
        and (call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id).lstrip("_") in ("execute", "executemany", "query")
        and len(call.args) == 2
        and isinstance(call.args[0], ast.JoinedStr)
        and not (isinstance(call.args[1], ast.Tuple) and not call.args[1].elts)
    ]
    assert wrong == []


NOT_OURS = {".venv", ".moulin", "cdktf.out", ".git", "node_modules"}


def test_no_file_keeps_a_note_to_self() -> None:
    words = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]))
    files = [path for path in ROOT.iterdir() if path.is_file()]
    for folder in (*OURS, "tests", "docs", "lakes"):  # what others put beside them is not ours to read
        files += [path for pattern in ("*.py", "*.md", "*.yaml") for path in (ROOT / folder).rglob(pattern)]
    wrong = [path.relative_to(ROOT).as_posix() for path in files if words.search(path.read_text(errors="replace"))]
    assert len(files) > 500
    assert wrong == []
