"""The one folder where engines are kept: below the user's cache, so that every clone shares them and `make clean` leaves them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path


def engines_folder() -> Path:
    """Where engines are kept; it may not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "moulin" / "engines"


def installed(name: str) -> Path | None:
    """The folder of what was installed under a name, such as `trino-476`; None where nothing was."""
    home = engines_folder() / name
    return home if home.is_dir() else None


def install(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of what is installed under a name, made when it is not there: whole, or not at all.

    Args:
        name: with the version, so that another version is another folder.
        make: fills an empty folder, which then takes the name.
    """
    found = installed(name)
    if found is not None:
        return found
    engines = engines_folder()
    engines.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=engines))
    try:
        make(beside)
        beside.chmod(0o755)
        try:
            beside.rename(engines / name)
        except OSError:
            if installed(name) is None:  # else another process was faster, and has made the same
                raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return engines / name
