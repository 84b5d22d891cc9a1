"""Validates and plans every stack of a synthesised folder, in the order in which they read each other."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from scripts.plan.diagnostics import Diagnostic, read_diagnostics, read_plan_log
from scripts.plan.emulator import DEFAULT_ACCOUNT, Emulator, moto_server
from scripts.plan.order import in_order
from scripts.plan.output_folder import SynthesisedStack, empty_folder, read_stacks, with_upstream
from scripts.plan.placeholders import Place
from scripts.plan.provider import ReadyProvider, pinned_version, prepare_provider
from scripts.plan.remote_state import own_location, promised_outputs, states_read, write_state
from scripts.plan.results import StackPlan, read_changes
from scripts.plan.rewrite import Rewritten, rewrite
from scripts.plan.seeding import seed_existing
from scripts.plan.terraform import Terraform

AT_A_TIME = 2
"""Stacks planned side by side. Each takes about 1.5 GB of memory and a little more than one core."""


def validate_and_plan(
    out: Path,
    *,
    only: Sequence[str] = (),
    work: Path | None = None,
    provider: ReadyProvider | None = None,
    emulator: Emulator | None = None,
    on_plan: Callable[[StackPlan], None] = lambda _: None,
) -> list[StackPlan]:
    """Validates and plans the stacks of a synthesised folder with the real AWS provider and no AWS account.

    Args:
        out: what `make synth` wrote; it is only read.
        only: names of stacks, `*` allowed; those whose values they read are planned too. Default: all.
        work: empty folder that keeps each stack's `plan` and `plan.json`, and the emulator's log; default a temporary one.
        provider: a provider that is ready already; default, one is prepared for this call.
        emulator: one that runs already, with the lake's account; default, one is run for this call.
        on_plan: called with each result as it comes.

    Returns:
        One result per stack, in an order in which they can be deployed.

    Raises:
        SetupError: when there is nothing to plan, or nothing to plan it with.
    """
    stacks = read_stacks(out)
    chosen = with_upstream(stacks, only)
    with ExitStack() as resources:
        work = empty_folder(work) if work else Path(resources.enter_context(tempfile.TemporaryDirectory(prefix="moulin-plan-")))
        provider = provider or prepare_provider(work / "provider", wanted=pinned_version(chosen.values()))
        account = next((stack.account for stack in chosen.values() if stack.account), DEFAULT_ACCOUNT)
        emulator = emulator or resources.enter_context(moto_server(work / "emulator.log", account=account))
        seed_existing(emulator, {name: stack.template for name, stack in chosen.items()})
        run = _Run(stacks=chosen, work=work, provider=provider, terraform=emulator.serve(provider.terraform), account=emulator.account)
        upstream = {name: stack.upstream for name, stack in chosen.items()}
        plans = in_order(upstream, run.plan, at_a_time=AT_A_TIME, on_done=on_plan)
    return [plans[name] for name in chosen]


@dataclass(frozen=True)
class _Run:
    """What the plans of one folder have in common."""

    stacks: Mapping[str, SynthesisedStack]
    work: Path
    provider: ReadyProvider
    terraform: Terraform
    account: str

    def plan(self, name: str) -> StackPlan:
        """Plans one stack; those it reads from were planned before."""
        started = time.perf_counter()
        stack = self.stacks[name]
        states, problems = self._states(stack)
        if problems:
            return StackPlan(stack=name, provider_version=self.provider.version, validated=False, errors=tuple(problems))
        rewritten = rewrite(stack.template, provider_version=self.provider.version, states=states)
        folder = self._lay_out(stack, rewritten)
        result = self._terraform_plan(stack, rewritten, folder)
        return replace(result, seconds=round(time.perf_counter() - started, 2))

    def _states(self, stack: SynthesisedStack) -> tuple[dict[str, Path], list[Diagnostic]]:
        """The files that stand in for the states a stack reads, and what keeps it from reading them."""
        writers = {own_location(other.template): other.name for other in self.stacks.values()}
        states, problems = {}, []
        for source, location in states_read(stack.template).items():
            writer = writers.get(location)
            if writer is None:
                address = f"data.terraform_remote_state.{source}"
                problems.append(Diagnostic("error", "it reads a state that no stack writes", ", ".join(location), address))
            elif not self._state_file(writer).exists():
                problems.append(Diagnostic("error", f"not planned: it reads {writer}, which has no plan", "", ""))
            else:
                states[source] = self._state_file(writer)
        return states, problems

    def _state_file(self, name: str) -> Path:
        return self.work / "states" / f"{name}.tfstate"

    def _lay_out(self, stack: SynthesisedStack, rewritten: Rewritten) -> Path:
        folder = self.work / "stacks" / stack.name
        folder.mkdir(parents=True)
        (folder / "cdk.tf.json").write_text(json.dumps(rewritten.template, indent=2))
        assets = stack.folder / "assets"
        if assets.exists():
            (folder / "assets").symlink_to(assets.resolve(), target_is_directory=True)
        return folder

    def _terraform_plan(self, stack: SynthesisedStack, rewritten: Rewritten, folder: Path) -> StackPlan:
        """`terraform plan` validates before it plans; `validate` is run by itself only to tell which of the two has failed."""
        result = StackPlan(stack=stack.name, provider_version=self.provider.version, validated=True, dropped=rewritten.dropped)
        text = (folder / "cdk.tf.json").read_text()
        planned = self.terraform.run("plan", "-json", "-out=plan", folder=folder)
        found = read_plan_log(planned.stdout, text)
        warnings = tuple(item for item in found if item.severity == "warning")
        if planned.returncode != 0:
            invalid = self._validation_errors(folder, text)
            errors = invalid or [item for item in found if item.severity == "error"] or [_crash(planned.stderr)]
            return replace(result, validated=not invalid, warnings=warnings, errors=tuple(errors))
        shown = self.terraform.run("show", "-json", "plan", folder=folder)
        if shown.returncode != 0:
            return replace(result, warnings=warnings, errors=(_crash(shown.stderr),))
        (folder / "plan.json").write_text(shown.stdout)
        plan = json.loads(shown.stdout)
        place = Place(partition=stack.partition, region=stack.region, account=self.account)
        write_state(self._state_file(stack.name), promised_outputs(stack.name, plan, stack.template, place))
        return replace(result, warnings=warnings, changes=read_changes(plan))

    def _validation_errors(self, folder: Path, text: str) -> list[Diagnostic]:
        validated = self.terraform.run("validate", "-json", folder=folder)
        if not validated.stdout:
            return []
        return [item for item in read_diagnostics(json.loads(validated.stdout)["diagnostics"], text) if item.severity == "error"]


def _crash(text: str) -> Diagnostic:
    return Diagnostic("error", "terraform failed", text.strip()[-2000:], "")
