"""Synthesises a lake file as a person does, and with both keys that destroying data needs."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import yaml

from scripts.children import CHILDREN
from scripts.plan.terraform import SetupError

ROOT = Path(__file__).resolve().parent.parent.parent
DESTROY_DATA = "MOULIN_DESTROY_DATA"


def synthesise(lake_file: Path, out: Path, **environment: str) -> Path:
    """Runs main.py on a lake file.

    Args:
        lake_file: the lake file.
        out: output folder.
        environment: variables set beside this process's own.

    Returns:
        The output folder.

    Raises:
        SetupError: with all that is wrong with the lake file.
    """
    inherited = {name: value for name, value in os.environ.items() if name != DESTROY_DATA}
    variables = {**inherited, "LAKE": str(lake_file), "CDKTF_OUTDIR": str(out), **environment}
    done = CHILDREN.run([sys.executable, "main.py"], cwd=ROOT, environment=variables)
    if done.returncode != 0:
        raise SetupError((done.stderr or done.stdout).strip())
    return out


def synthesise_with_both_keys(lake_file: Path, out: Path) -> Path:
    """The same lake with the protection of its data taken off: `protection` in the file, the lake's name in the environment."""
    lake: dict[str, Any] = yaml.safe_load(lake_file.read_text())
    unprotected = out.with_suffix(".yaml")
    unprotected.write_text(yaml.safe_dump({**lake, "protection": {"allow_data_destruction": True}}, sort_keys=False))
    return synthesise(unprotected, out, **{DESTROY_DATA: str(lake["name"])})
