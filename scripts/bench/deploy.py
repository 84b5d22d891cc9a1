"""Where the time of a round trip goes: every stack of a lake deployed to an emulated AWS, side by side and one after the other.

    python -m scripts.bench.deploy [lake file]

It takes a quarter of an hour, most of it waiting: the real provider sleeps until AWS would be ready. So it is no part of `make bench`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from scripts.deploy.deployment import Run
from scripts.deploy.results import RoundTrip, StackTrip
from scripts.deploy.run import AT_A_TIME, round_trip
from scripts.deploy.synthesis import synthesise
from scripts.plan.output_folder import read_stacks
from scripts.plan.provider import pinned_version, prepare_provider

LAKE = "lakes/minimal.yaml"
ROUNDS = {"side by side": AT_A_TIME, "one after the other": 1}


def run(lake: Path) -> dict[str, list[dict[str, object]]]:
    """One table per way, and one that compares them."""
    with tempfile.TemporaryDirectory() as folder:
        stacks = read_stacks(synthesise(lake, Path(folder) / "out"))
        provider = prepare_provider(Path(folder) / "provider", wanted=pinned_version(stacks.values()))
        trips = {name: round_trip(lake, provider=provider, at_a_time=at_a_time) for name, at_a_time in ROUNDS.items()}
    tables: dict[str, list[dict[str, object]]] = {name: [_row(stack) for stack in trip.stacks] for name, trip in trips.items()}
    slow = trips["one after the other"].seconds
    tables["the whole round trip"] = [
        {"way": name, "ok": trip.ok, "seconds": trip.seconds, "ratio": round(trip.seconds / slow, 2), "in commands": _busy(trip)}
        for name, trip in trips.items()
    ]
    return tables


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


def _busy(trip: RoundTrip) -> float:
    return round(sum(step.seconds + step.init_seconds for stack in trip.stacks for step in stack.runs), 1)


if __name__ == "__main__":
    from scripts.bench.report import print_rows

    for title, rows in run(Path(sys.argv[1] if len(sys.argv) > 1 else LAKE)).items():
        print_rows(title, rows)
