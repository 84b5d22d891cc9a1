"""Reads Pipfile.lock as pip's requirements, pinned by hash; runs on a bare Python, before anything is installed.

`python3 constructs_lib/lock_file.py [--dev]` prints them, which is what `make setup` installs; with `--forget-sources` it takes the package
index out of a lock that was made anew.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Container
from pathlib import Path

LOCK_FILE = Path(__file__).resolve().parent.parent / "Pipfile.lock"


def requirements(*sections: str, without: Container[str] = ()) -> str:
    """One line per locked package of the sections (`default`, `develop`): version, environment marker and hashes.

    Args:
        sections: sections of the lock file.
        without: packages to leave out.
    """
    lock = json.loads(LOCK_FILE.read_text())
    packages = {name: entry for section in sections for name, entry in lock[section].items() if name not in without}
    return "".join(f"{_requirement(name, packages[name])}\n" for name in sorted(packages))


def _requirement(name: str, entry: dict[str, str | list[str]]) -> str:
    marker = f" ; {entry['markers']}" if "markers" in entry else ""
    return f"{name}{entry['version']}{marker} " + " ".join(f"--hash={value}" for value in entry["hashes"])


def forget_sources() -> None:
    """Takes the package index out of the lock: pipenv then uses its default, and no commit names a host."""
    lock = json.loads(LOCK_FILE.read_text())
    lock["_meta"]["sources"] = []
    LOCK_FILE.write_text(json.dumps(lock, indent=4, sort_keys=True) + "\n")


if __name__ == "__main__":
    if "--forget-sources" in sys.argv[1:]:
        forget_sources()
        sys.exit()
    sys.stdout.write(requirements("default", *(["develop"] if "--dev" in sys.argv[1:] else [])))
