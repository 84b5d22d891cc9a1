"""The files of this repository that a module runs, for archives that carry it elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n(]*)|import[ \t]+([\w.]+))", re.MULTILINE)


def module_files(root: Path, module: str) -> dict[str, bytes]:
    """A module, what it imports of the same root, and what that imports, by their name relative to the root.

    Imports inside functions count; nothing is run. Parsing the files as Python would take a fifth of a synthesis, so the imports are found
    by their form: a line of a docstring that has it brings a module too many, never one too few.

    Args:
        root: where packages lie.
        module: dotted name of a module that runs.
    """
    files: dict[str, bytes] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        for path in _files_of(root, name):
            relative = path.relative_to(root).as_posix()
            if relative not in files:
                files[relative] = path.read_bytes()
                waiting += _imported(files[relative].decode())
    return files


def _files_of(root: Path, module: str) -> list[Path]:
    """The file of a module, if the root has it, with those of the packages that it is in."""
    parts = module.split(".")
    packages = [root.joinpath(*parts[:count], "__init__.py") for count in range(1, len(parts) + 1)]
    return [path for path in (*packages, root.joinpath(*parts).with_suffix(".py")) if path.is_file()]


def _imported(text: str) -> list[str]:
    """What a file imports; a name that is imported from a package may be a module of it."""
    found = []
    for package, names, module in _IMPORT.findall(text):
        if module:
            found.append(module)
            continue
        words = re.sub(r"#[^\n]*", "", names).strip("()").split(",")
        found += [package, *(f"{package}.{word.split()[0]}" for word in words if word.strip())]
    return found
