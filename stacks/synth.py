"""Writes a lake's stacks to disk, refuses what breaks a policy, and says what was made."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from constructs_lib._bindings.early_start import finish_loading
from constructs_lib.config.lake import Lake
from constructs_lib.policies import Violation, check_stack
from constructs_lib.provider import App
from stacks.app import build_stacks

BUILD_FOLDER = ".build"


def synthesise(lake: Lake, *, lake_file: Path, out: Path, started: float) -> int:
    """Writes `out/stacks/<stack>/cdk.tf.json` for every stack of a lake.

    Args:
        lake: the lake file.
        lake_file: its path, for the summary.
        out: output folder; stacks of an earlier synthesis are removed from it.
        started: `time.perf_counter()` when the process began its work.

    Returns:
        Exit code: 0, or 1 when a stack breaks a policy; nothing is left in the output folder then.
    """
    out.mkdir(parents=True, exist_ok=True)
    _remove_stacks(out)
    finish_loading()
    app = App(outdir=str(out))
    stacks = build_stacks(app, lake, build_folder=out / BUILD_FOLDER)
    app.synth()
    shutil.rmtree(out / BUILD_FOLDER)
    templates = read_templates(out)
    protected = {stack.stack_name: stack.protected for stack in stacks}
    violations = [violation for name, template in templates.items() for violation in check_stack(name, template, protected=protected[name])]
    if violations:
        _remove_stacks(out)
        _print_violations(violations)
        return 1
    _print_summary(templates, lake_file=lake_file, out=out, seconds=time.perf_counter() - started)
    return 0


def _remove_stacks(out: Path) -> None:
    """Removes what a synthesis wrote and its manifest names; whatever else lies in the folder stays."""
    manifest = out / "manifest.json"
    if not manifest.exists():
        return
    for stack in json.loads(manifest.read_text())["stacks"].values():
        shutil.rmtree(out / stack["workingDirectory"], ignore_errors=True)
    manifest.unlink()
    folder = out / "stacks"
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()


def read_templates(out: Path) -> dict[str, dict[str, Any]]:
    """The synthesised stacks by name, sorted."""
    manifest = json.loads((out / "manifest.json").read_text())["stacks"]
    return {name: json.loads((out / stack["synthesizedStackPath"]).read_text()) for name, stack in sorted(manifest.items())}


def count_resources(template: Mapping[str, Any]) -> Counter[str]:
    """How many resources of each type a stack declares."""
    return Counter({kind: len(resources) for kind, resources in template.get("resource", {}).items()})


def _print_violations(violations: Sequence[Violation]) -> None:
    for violation in violations:
        print(violation, file=sys.stderr)
    print(f"{len(violations)} policy violations: nothing was written", file=sys.stderr)


def _print_summary(templates: Mapping[str, Any], *, lake_file: Path, out: Path, seconds: float) -> None:
    counts = {name: count_resources(template) for name, template in templates.items()}
    print(f"{lake_file}: {len(templates)} stacks, {sum(map(Counter.total, counts.values()))} resources in {seconds:.1f} s")
    for name, kinds in counts.items():
        print(f"  {out / 'stacks' / name / 'cdk.tf.json'}  {kinds.total()} resources")
        print("    " + ", ".join(f"{kind.removeprefix('aws_')} {count}" for kind, count in sorted(kinds.items())))
    print("next: make plan (validates and plans with the real provider), or review and `npx cdktf-cli@0.21 deploy` (docs/deploy.md)")
