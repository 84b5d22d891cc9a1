"""Synthesises one lake file into Terraform JSON: `LAKE=lakes/retail.yaml python main.py`.

The lake file is named by the environment variable LAKE, else by `context.lake` in cdktf.json; the output folder by CDKTF_OUTDIR (which the
cdktf CLI sets), else it is `cdktf.out`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from constructs_lib._bindings.early_start import leave, start_loading

start_loading()

from constructs_lib.config.load import load_lake, warnings_of  # noqa: E402
from constructs_lib.config.problems import LakeFileError, warning_line  # noqa: E402

ROOT = Path(__file__).resolve().parent


def lake_path() -> Path:
    """The lake file to synthesise."""
    return Path(os.environ.get("LAKE") or json.loads((ROOT / "cdktf.json").read_text())["context"]["lake"])


def main() -> int:
    """Synthesises, checks the policies and prints what was made. Returns 0, 1 when a policy is broken, or 2 for a wrong lake file."""
    started = time.perf_counter()
    path = lake_path()
    try:
        lake = load_lake(path)
    except LakeFileError as error:
        print(error, file=sys.stderr)
        return 2
    for warning in warnings_of(lake, path):
        print(warning_line(str(path), warning), file=sys.stderr)

    from stacks.synth import synthesise

    out = Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")
    try:
        return synthesise(lake, lake_file=path, out=out, started=started)
    except BrokenPipeError:
        raise
    except OSError as error:
        print(f"{error.filename or out}: cannot be written: {error.strerror} (set CDKTF_OUTDIR to another folder)", file=sys.stderr)
        return 2


if __name__ == "__main__":
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the summary has seen enough
        code = 0
    leave(code)
