"""Deploys a lake into an emulated AWS with the real provider, plans it again, and destroys it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.deployment import Deployment, Run, protected_addresses
from scripts.deploy.inventory import inventory, regions_of
from scripts.deploy.results import RoundTrip, StackTrip
from scripts.deploy.synthesis import synthesise, synthesise_with_both_keys
from scripts.plan.diagnostics import Diagnostic
from scripts.plan.emulator import DEFAULT_ACCOUNT, Emulator, moto_server
from scripts.plan.order import in_order, turned_round
from scripts.plan.output_folder import empty_folder, read_stacks
from scripts.plan.provider import ReadyProvider, pinned_version, prepare_provider

AT_A_TIME = 4
"""Stacks side by side. Each takes about 1.5 GB of memory; much of an apply is waiting, so more run than there are cores."""

OnRun = Callable[[Run], None]


def round_trip(
    lake_file: Path,
    *,
    work: Path | None = None,
    provider: ReadyProvider | None = None,
    emulator: Emulator | None = None,
    at_a_time: int = AT_A_TIME,
    on_run: OnRun = lambda _: None,
) -> RoundTrip:
    """Applies every stack of a lake, plans again, tries to destroy without and then with both keys, and looks for what is left.

    Args:
        lake_file: the lake file; it is only read.
        work: empty folder that keeps stacks, states and logs; default a temporary one.
        provider: a provider that is ready already; default, one is prepared for this call.
        emulator: one that runs already, with the lake's account; default, one is run for this call.
        at_a_time: how many stacks that do not depend on each other go side by side.
        on_run: called with each command as it ends.

    Raises:
        SetupError: when the lake file is wrong, or a tool is missing.
    """
    with ExitStack() as resources:
        work = empty_folder(work) if work else Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="moulin-deploy-")))
        out = synthesise(lake_file, work / "synthesised")
        stacks = read_stacks(out)
        provider = provider or prepare_provider(work / "provider", wanted=pinned_version(stacks.values()))
        account = next((stack.account for stack in stacks.values() if stack.account), DEFAULT_ACCOUNT)
        emulator = emulator or resources.enter_context(moto_server(work / "emulator.log", account=account))
        deployment = Deployment(folder=work / "deployed", provider=provider, emulator=emulator)
        deployment.take(out)
        before = inventory(emulator, regions_of(stacks.values()))
        started = time.perf_counter()
        trips = _there_and_back(deployment, lake_file, work / "unprotected", at_a_time=at_a_time, on_run=on_run)
        seconds = round(time.perf_counter() - started, 1)
        reached = all(trip.destroyed is not None for trip in trips)
        left = inventory(emulator, regions_of(stacks.values())) - before if reached else set[str]()
    return RoundTrip(lake_file.stem, provider.version, tuple(trips), tuple(sorted(left)), seconds)


def _there_and_back(deployment: Deployment, lake_file: Path, unprotected: Path, *, at_a_time: int, on_run: OnRun) -> list[StackTrip]:
    names = list(deployment.stacks)
    free: dict[str, Collection[str]] = dict.fromkeys(names, ())
    data = [name for name in names if protected_addresses(deployment.stacks[name].template)]

    def each(upstream: Mapping[str, Collection[str]], do: Callable[[str], Run]) -> dict[str, Run]:
        return in_order(upstream, do, at_a_time=at_a_time, on_done=on_run)

    applied = each(deployment.upstream, _after_what_it_needs(deployment.upstream, deployment.apply))
    planned = refused = unlocked = destroyed = dict[str, Run]()
    if all(run.ok for run in applied.values()):
        planned = each(free, deployment.plan)
        refused = each(dict.fromkeys(data, ()), deployment.destroy)
        changed = deployment.take(synthesise_with_both_keys(lake_file, unprotected))
        order = {name: [other for other in needs if other in changed] for name, needs in deployment.upstream.items() if name in changed}
        unlocked = each(order, deployment.apply)
        back = turned_round(deployment.upstream)
        destroyed = each(back, _after_what_it_needs(back, deployment.destroy))
    return [
        StackTrip(
            stack=name,
            applied=applied.get(name),
            planned=planned.get(name),
            refused=refused.get(name),
            unprotected=unlocked.get(name),
            destroyed=destroyed.get(name),
            dropped=deployment.dropped[name],
        )
        for name in names
    ]


def _after_what_it_needs(upstream: Mapping[str, Collection[str]], do: Callable[[str], Run]) -> Callable[[str], Run]:
    """Runs a command on a stack unless it failed on one that comes before it."""
    failed: set[str] = set()

    def run(name: str) -> Run:
        missing = sorted(failed.intersection(upstream[name]))
        if missing:
            error = Diagnostic("error", f"not tried: it comes after {', '.join(missing)}, which failed", "", "")
            done = Run(name, "skipped", ok=False, errors=(error,))
        else:
            done = do(name)
        if not done.ok:
            failed.add(name)
        return done

    return run
