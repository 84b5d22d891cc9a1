"""How time, memory and state of a deployment grow with the number of tables.

    python -m scripts.bench.plans

A lake is planned, and its `lake` stack applied to an emulated AWS, by the real provider. It takes a quarter of an hour. State is in S3: in
a file Terraform writes the whole of it after every resource, and a thousand tables take an hour.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.bench.measure import ROOT
from scripts.bench.scaling import generated_lake
from scripts.deploy.deployment import Deployment, Run
from scripts.deploy.synthesis import synthesise
from scripts.plan.emulator import moto_server
from scripts.plan.output_folder import read_stacks
from scripts.plan.provider import pinned_version, prepare_provider
from scripts.plan.results import StackPlan
from scripts.plan.run import validate_and_plan
from scripts.stopping import unwound_by_signals

TABLES = (1, 100, 1_000)
ROUNDS = 2


def run() -> list[dict[str, object]]:
    """One row per size: what the stack took, and its ratios to that of one table."""
    costs = {count: _measured_in_a_process_of_its_own(count) for count in TABLES}
    rows: list[dict[str, object]] = []
    for count, cost in costs.items():
        ratios = {f"{name} / one table": round(cost[name] / costs[1][name], 2) for name in ("plan s", "memory MiB", "state KiB")}
        rows.append({"tables": count, **cost, **ratios})
    return rows


def _measured_in_a_process_of_its_own(tables: int) -> dict[str, float]:
    """Because the peak memory of a process's children is the largest of all it has had."""
    words = [sys.executable, "-m", "scripts.bench.plans", str(tables)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    cost: dict[str, float] = json.loads(done.stdout)
    return cost


def measure(tables: int) -> dict[str, float]:
    """Plans a lake of so many tables, all stacks; applies the `lake` stack, where the tables are, and plans that again.

    Returns:
        Seconds of the plan (the better of two), and of it the `lake` stack's; the most memory of a process that took part, terraform or the
        provider, in MiB; seconds of the apply and of the plan after it; the size of the state in KiB.
    """
    with tempfile.TemporaryDirectory(prefix="moulin-bench-") as temporary:
        folder = Path(temporary)
        (folder / "lake.yaml").write_text(generated_lake(tables, state={"backend": "s3", "bucket": "generated-state"}))
        out = synthesise(folder / "lake.yaml", folder / "out")
        stacks = read_stacks(out)
        (lake,) = (name for name in stacks if name.endswith("-lake"))
        provider = prepare_provider(folder / "provider", wanted=pinned_version(stacks.values()))
        with moto_server(folder / "emulator.log", account=stacks[lake].account or "") as emulator:
            seconds, of_the_lake = [], []
            for _ in range(ROUNDS):
                started = time.perf_counter()
                plans = validate_and_plan(out, provider=provider, emulator=emulator)
                seconds.append(time.perf_counter() - started)
                of_the_lake += [plan.seconds for plan in plans if plan.stack == lake]
                _all_good(plans)
            memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            deployment = Deployment(folder=folder / "deployed", provider=provider, emulator=emulator)
            deployment.take(out, only=[lake])
            applied, again = deployment.apply(lake), deployment.plan(lake)
            _all_good([applied, again])
            state = deployment.terraform.run("state", "pull", folder=deployment.folder_of(lake)).stdout
    return {
        "plan s": round(min(seconds), 1),
        "lake stack s": round(min(of_the_lake), 1),
        "memory MiB": round(memory),
        "apply s": round(applied.seconds, 1),
        "plan again s": round(again.seconds, 1),
        "state KiB": round(len(state.encode()) / 1024),
    }


def _all_good(done: Sequence[StackPlan | Run]) -> None:
    for each in done:
        if not each.ok:
            raise RuntimeError(f"{each.stack} failed: {'; '.join(map(str, each.errors))}")


if __name__ == "__main__":
    if sys.argv[1:]:
        with unwound_by_signals():
            print(json.dumps(measure(int(sys.argv[1]))))
    else:
        from scripts.bench.report import print_rows

        print_rows("plans by number of tables", run())
