"""Reads what synthesis wrote: the stacks, their Terraform JSON and the order among them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from scripts.plan.terraform import SetupError

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}


@dataclass(frozen=True)
class SynthesisedStack:
    """One stack of an output folder.

    Attributes:
        name: such as `retail-dev-capture`.
        folder: where its `cdk.tf.json` and assets lie.
        template: its Terraform JSON.
        upstream: the stacks that are deployed before it.
    """

    name: str
    folder: Path
    template: Mapping[str, Any]
    upstream: tuple[str, ...]

    @property
    def region(self) -> str:
        """The region of its provider."""
        return str(self.template["provider"]["aws"][0]["region"])

    @property
    def partition(self) -> str:
        """The partition of that region."""
        return next((partition for prefix, partition in _PARTITIONS.items() if self.region.startswith(prefix)), "aws")

    @property
    def account(self) -> str | None:
        """The account that the provider is held to, if any."""
        accounts = self.template["provider"]["aws"][0].get("allowed_account_ids") or [None]
        return None if accounts[0] is None else str(accounts[0])


def read_stacks(out: Path) -> dict[str, SynthesisedStack]:
    """The stacks of an output folder by name, in an order in which they can be deployed.

    Raises:
        SetupError: when nothing was synthesised there.
    """
    manifest = out / "manifest.json"
    if not manifest.exists():
        raise SetupError(f"{out} holds no synthesised stacks (no {manifest.name}): run `make synth` first")
    entries = json.loads(manifest.read_text())["stacks"]
    order = TopologicalSorter({name: sorted(entries[name]["dependencies"]) for name in sorted(entries)}).static_order()
    return {name: _read_stack(out, name, entries[name]) for name in order}


def _read_stack(out: Path, name: str, entry: Mapping[str, Any]) -> SynthesisedStack:
    template = out / entry["synthesizedStackPath"]
    if not template.exists():
        raise SetupError(f"{template} is missing: run `make synth` again")
    return SynthesisedStack(
        name=name, folder=template.parent, template=json.loads(template.read_text()), upstream=tuple(entry["dependencies"])
    )


def with_upstream(stacks: Mapping[str, SynthesisedStack], patterns: Sequence[str]) -> dict[str, SynthesisedStack]:
    """The stacks whose names match a pattern, with all that they depend on; all stacks when there is no pattern.

    Raises:
        SetupError: when a pattern matches no stack.
    """
    if not patterns:
        return dict(stacks)
    wanted: set[str] = set()
    for pattern in patterns:
        matching = [name for name in stacks if fnmatchcase(name, pattern)]
        if not matching:
            raise SetupError(f"no stack is called {pattern}: there are {', '.join(stacks)}")
        wanted.update(matching)
    for name in reversed(list(stacks)):  # downstream first, so that what a stack needs is added before its own needs are looked at
        if name in wanted:
            wanted.update(stacks[name].upstream)
    return {name: stack for name, stack in stacks.items() if name in wanted}


def empty_folder(work: Path) -> Path:
    """A folder to work in, made if need be.

    Raises:
        SetupError: when something lies in it.
    """
    work.mkdir(parents=True, exist_ok=True)
    if any(work.iterdir()):
        raise SetupError(f"the work folder {work} is not empty")
    return work.resolve()
