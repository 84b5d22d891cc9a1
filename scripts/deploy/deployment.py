"""A lake's stacks in folders of their own, with real backends, applied to and destroyed in an emulated AWS by the real provider."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.plan.diagnostics import Diagnostic, read_plan_log
from scripts.plan.emulator import Emulator
from scripts.plan.output_folder import SynthesisedStack, read_stacks, with_upstream
from scripts.plan.provider import ReadyProvider
from scripts.plan.results import DroppedArgument, ResourceChange, read_changes
from scripts.plan.rewrite import rewrite
from scripts.plan.seeding import seed_existing
from scripts.plan.terraform import Terraform

CHANGES = 2
"""Exit code of `plan -detailed-exitcode` when the plan is not empty."""


@dataclass(frozen=True)
class Run:
    """One command on one stack.

    Attributes:
        stack: its name.
        verb: `apply`, `plan` or `destroy`.
        ok: whether the command succeeded; a plan with changes did.
        seconds: wall time.
        init_seconds: what `terraform init` took before it, zero from the second command on.
        resources: how many resources an apply added or a destroy removed.
        changes: what a plan would do.
        errors: why it failed.
    """

    stack: str
    verb: str
    ok: bool
    seconds: float = 0.0
    init_seconds: float = 0.0
    resources: int = 0
    changes: tuple[ResourceChange, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


@dataclass
class Deployment:
    """A lake on its way into an emulator.

    Args:
        folder: an empty folder; stacks, state files of local backends and logs lie in it.
        provider: the AWS provider.
        emulator: where it is deployed to.
    """

    folder: Path
    provider: ReadyProvider
    emulator: Emulator
    stacks: dict[str, SynthesisedStack] = field(default_factory=dict)
    dropped: dict[str, tuple[DroppedArgument, ...]] = field(default_factory=dict)

    @property
    def terraform(self) -> Terraform:
        """A terraform that calls the emulator."""
        return self.emulator.serve(self.provider.terraform)

    @property
    def upstream(self) -> dict[str, tuple[str, ...]]:
        """What each stack is applied after."""
        return {name: stack.upstream for name, stack in self.stacks.items()}

    def take(self, out: Path, *, only: Sequence[str] = ()) -> list[str]:
        """Lays out what `make synth` wrote, in place of what was there; states stay.

        Args:
            out: the output folder of a synthesis.
            only: names of stacks, `*` allowed; those they depend on are taken, too. Default: all.

        Returns:
            The stacks whose Terraform differs from what was laid out before.
        """
        self.stacks = with_upstream(read_stacks(out), only)
        seed_existing(self.emulator, {name: stack.template for name, stack in self.stacks.items()})
        return [name for name in self.stacks if self._lay_out(name)]

    def folder_of(self, name: str) -> Path:
        """Where a stack's commands run; two below the project, as cdktf has it, for the sake of relative state files."""
        return self.folder / "out" / "stacks" / name

    def apply(self, name: str) -> Run:
        """`terraform apply`."""
        return self._change(name, "apply")

    def destroy(self, name: str) -> Run:
        """`terraform destroy`."""
        return self._change(name, "destroy")

    def start(self, name: str, *words: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        """Starts a terraform command in a process group of its own, for who wants to break it off."""
        terraform = self.terraform.with_environment(**environment)
        self._init(name, words[0])
        with log.open("wb") as output:
            return subprocess.Popen(
                [str(terraform.executable), *words],
                cwd=self.folder_of(name),
                env=dict(terraform.environment),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def plan(self, name: str) -> Run:
        """`terraform plan`: what an apply would do now."""
        init_seconds, failed = self._init(name, "plan")
        if failed:
            return failed
        started = time.perf_counter()
        done = self._terraform(name, "plan", "-json", "-out=plan", "-detailed-exitcode")
        run = Run(name, "plan", ok=done.returncode in (0, CHANGES), init_seconds=init_seconds, errors=self._errors(name, done))
        if done.returncode == CHANGES:
            run = Run(name, "plan", ok=True, init_seconds=init_seconds, changes=read_changes(self.shown(name, "plan")))
        return _timed(run, started)

    def shown(self, name: str, *plan: str) -> dict[str, Any]:
        """A stack's state, or a plan file of it, as `terraform show -json` gives it."""
        done = self.terraform.run("show", "-json", *plan, folder=self.folder_of(name))
        if done.returncode != 0:
            raise RuntimeError(f"{name}: terraform show failed: {done.stderr.strip()}")
        shown: dict[str, Any] = json.loads(done.stdout)
        return shown

    def outputs(self, name: str) -> dict[str, Any]:
        """A stack's outputs."""
        return {key: output["value"] for key, output in self.shown(name)["values"].get("outputs", {}).items()}

    def _change(self, name: str, verb: str) -> Run:
        init_seconds, failed = self._init(name, verb)
        if failed:
            return failed
        started = time.perf_counter()
        done = self._terraform(name, verb, "-json", "-auto-approve")
        run = Run(
            name,
            verb,
            ok=done.returncode == 0,
            init_seconds=init_seconds,
            resources=_changed_resources(done.stdout, verb),
            errors=self._errors(name, done),
        )
        return _timed(run, started)

    def _init(self, name: str, verb: str) -> tuple[float, Run | None]:
        """Initialises the backend once.

        `terraform init` sees the backend alone: the provider comes from a development override, and with the whole template in sight
        terraform would look for it in the registry.
        """
        folder = self.folder_of(name)
        if (folder / ".terraform").exists():
            return 0.0, None
        started = time.perf_counter()
        whole = folder / "cdk.tf.json"
        text = whole.read_text()
        try:
            whole.write_text(json.dumps({"terraform": {"backend": json.loads(text)["terraform"]["backend"]}}))
            done = self._terraform(name, "init", "-no-color")
        finally:
            whole.write_text(text)
        seconds = round(time.perf_counter() - started, 2)
        if done.returncode == 0:
            return seconds, None
        error = Diagnostic("error", "terraform init failed", done.stderr.strip()[-2000:], "")
        return seconds, Run(name, verb, ok=False, seconds=seconds, errors=(error,))

    def _terraform(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        done = self.terraform.run(*words, folder=self.folder_of(name))
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        with (logs / f"{name}.log").open("a") as log:
            log.write(f"--- {' '.join(words)}\n{done.stdout}{done.stderr}\n")
        return done

    def _errors(self, name: str, done: subprocess.CompletedProcess[str]) -> tuple[Diagnostic, ...]:
        if done.returncode in (0, CHANGES):
            return ()
        found = read_plan_log(done.stdout, (self.folder_of(name) / "cdk.tf.json").read_text())
        errors = tuple(item for item in found if item.severity == "error")
        return errors or (Diagnostic("error", "terraform failed", (done.stderr or done.stdout).strip()[-2000:], ""),)

    def _lay_out(self, name: str) -> bool:
        stack = self.stacks[name]
        folder = self.folder_of(name)
        folder.mkdir(parents=True, exist_ok=True)
        rewritten = rewrite(stack.template, provider_version=self.provider.version)
        self.dropped[name] = rewritten.dropped
        text = json.dumps(rewritten.template, indent=2)
        template = folder / "cdk.tf.json"
        changed = not template.exists() or template.read_text() != text
        template.write_text(text)
        assets = folder / "assets"
        assets.unlink(missing_ok=True)
        if (stack.folder / "assets").exists():
            assets.symlink_to((stack.folder / "assets").resolve(), target_is_directory=True)
        return changed


def _timed(run: Run, started: float) -> Run:
    return Run(**{**vars(run), "seconds": round(time.perf_counter() - started, 2)})


def _changed_resources(log: str, verb: str) -> int:
    """From terraform's own summary at the end."""
    key = "add" if verb == "apply" else "remove"
    documents = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    summaries = [entry["changes"] for entry in documents if entry.get("type") == "change_summary" and entry["changes"]["operation"] == verb]
    return int(summaries[-1][key]) if summaries else 0


def protected_addresses(template: Mapping[str, Any]) -> list[str]:
    """The resources of a stack that Terraform refuses to destroy."""
    return [
        f"{kind}.{name}"
        for kind, resources in template.get("resource", {}).items()
        for name, resource in resources.items()
        if resource.get("lifecycle", {}).get("prevent_destroy")
    ]
