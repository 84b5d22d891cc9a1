"""Where the time of a round trip goes: every stack of a lake deployed to an emulated AWS, side by side and one after the other.

    python -m scripts.bench.deploy [lake file]

It takes a quarter of an hour, most of it waiting: the real provider sleeps until AWS would be ready.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from scripts.bench.measure import ROOT
from scripts.deploy.deployment import Run
from scripts.deploy.results import StackTrip
from scripts.deploy.run import AT_A_TIME, round_trip
from scripts.deploy.synthesis import synthesise
from scripts.plan.output_folder import read_stacks
from scripts.plan.provider import pinned_version, prepare_provider

WAYS = {"side by side": AT_A_TIME, "one after the other": 1}


def run(lake: Path = ROOT / "lakes" / "minimal.yaml") -> list[dict[str, object]]:
    """One row per way and stack, and one for each whole round trip with its ratio."""
    with tempfile.TemporaryDirectory() as folder:
        stacks = read_stacks(synthesise(lake, Path(folder) / "out"))
        provider = prepare_provider(Path(folder) / "provider", wanted=pinned_version(stacks.values()))
        trips = {way: round_trip(lake, provider=provider, at_a_time=at_a_time) for way, at_a_time in WAYS.items()}
    rows = [{"way": way} | _row(stack) for way, trip in trips.items() for stack in trip.stacks]
    slowest = max(trip.seconds for trip in trips.values())
    return rows + [
        {"way": way, "stack": "whole" if trip.ok else "whole, failed", "wall s": trip.seconds, "ratio": round(trip.seconds / slowest, 2)}
        for way, trip in trips.items()
    ]


def _row(stack: StackTrip) -> dict[str, object]:
    steps = {"apply": stack.applied, "plan again": stack.planned, "refused": stack.refused, "unprotect": stack.unprotected}
    init = sum(step.init_seconds for step in stack.runs)
    return (
        {"stack": stack.stack, "init s": round(init, 1)}
        | {f"{name} s": _seconds(step) for name, step in steps.items()}
        | {"destroy s": _seconds(stack.destroyed)}
    )


def _seconds(step: Run | None) -> object:
    return "" if step is None else round(step.seconds, 1)


if __name__ == "__main__":
    from scripts.bench.report import print_rows

    print_rows("deployment", run(*map(Path, sys.argv[1:2])))
