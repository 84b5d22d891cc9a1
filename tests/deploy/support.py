"""What the deploy tests do with lakes."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts.deploy.deployment import Deployment, Run
from scripts.deploy.inventory import inventory
from scripts.deploy.synthesis import synthesise, synthesise_with_both_keys
from scripts.plan.emulator import Emulator
from scripts.plan.order import in_order, turned_round
from scripts.plan.provider import ReadyProvider
from scripts.review.finding import Area
from scripts.review.plan_file import parse_plan
from scripts.review.report import review as review_plan
from tests.conftest import FULL

REGION = "us-east-1"

every_lake = pytest.mark.skipif(not FULL, reason="part of the long form: make test-full")

NEIGHBOUR = """\
name: neighbour
region: us-east-1
account: "123456789012"
state: {backend: s3, bucket: shared-terraform-state}
capture: {account_roles: reuse}
privacy:
  hash_secret_arn: arn:aws:secretsmanager:us-east-1:123456789012:secret:neighbour/pii-AbCdEf
tables:
  - source: shop.customers
    mode: mirror
    keys: [customer_id]
    columns:
      customer_id: long
      email: {type: string, pii: hash}
  - source: shop.orders
    mode: mirror
    keys: [order_id]
    columns: {order_id: long, status: string, total: "decimal(12,2)"}
"""

HALF = """\
name: half
region: eu-west-1
state: {backend: local}
tables:
  - source: shop.orders
    mode: history
    keys: [order_id]
    columns: {order_id: long, status: string}
"""

LIFECYCLE = "aws_s3_bucket_lifecycle_configuration."


class Deployed:
    """A lake file on its way into the emulator, and the ways a test changes it.

    Args:
        folder: an empty folder.
        lake_file: the lake.
        provider: the AWS provider.
        aws: the emulator.
        only: stacks to take; default all.
    """

    def __init__(self, folder: Path, lake_file: Path, provider: ReadyProvider, aws: Emulator, *, only: Sequence[str] = ()) -> None:
        folder.mkdir()
        self.folder, self.lake_file, self.only, self.aws = folder, lake_file, only, aws
        self.before = inventory(aws, [REGION])
        self.deployment = Deployment(folder=folder / "deployed", provider=provider, emulator=aws)
        self.return_to_file()

    @property
    def names(self) -> list[str]:
        """The stacks, in deploy order."""
        return list(self.deployment.stacks)

    def stack(self, component: str) -> str:
        """The stack of a component."""
        return next(name for name in self.names if name.endswith(f"-{component}"))

    def return_to_file(self) -> list[str]:
        """Takes the lake file as it is; returns the stacks that differ from what was taken before."""
        return self.deployment.take(synthesise(self.lake_file, self.folder / "synthesised"), only=self.only)

    def change(self, old: str, new: str) -> list[str]:
        """Takes the lake file with a text replaced; returns the stacks that differ from what was taken before."""
        text = self.lake_file.read_text()
        assert old in text
        changed = self.folder / "changed.yaml"
        changed.write_text(text.replace(old, new))
        return self.deployment.take(synthesise(changed, self.folder / "changed"), only=self.only)

    def unprotect(self) -> list[str]:
        """Takes the lake with both keys."""
        return self.deployment.take(synthesise_with_both_keys(self.lake_file, self.folder / "unprotected"), only=self.only)

    def plans(self, *names: str) -> dict[str, dict[str, tuple[str, ...]]]:
        """What an apply would do now: by stack, address to actions. Stacks whose plan is empty are left out."""
        runs = in_order(dict.fromkeys(names or self.names, ()), self.deployment.plan, at_a_time=4)
        for run in runs.values():
            assert run.ok, run.errors
        return {name: {change.address: change.actions for change in run.changes} for name, run in runs.items() if run.changes}

    def losses(self, component: str) -> list[str]:
        """What `moulin review` says that the plan made last of a stack loses."""
        name = self.stack(component)
        plan = parse_plan(json.dumps(self.deployment.shown(name, "plan")).encode(), name=name, file="plan")
        return [found.address for found in review_plan(plan).findings if found.area is Area.LOSS]

    def apply(self, *names: str) -> list[Run]:
        """Applies stacks in deploy order, side by side where they do not depend on each other."""
        upstream = {name: [other for other in needs if other in names] for name, needs in self.deployment.upstream.items() if name in names}
        return list(in_order(upstream, self.deployment.apply, at_a_time=4).values())

    def destroy(self) -> list[Run]:
        """Destroys every stack, last deployed first."""
        return list(in_order(turned_round(self.deployment.upstream), self.deployment.destroy, at_a_time=4).values())

    def outputs(self, component: str) -> dict[str, Any]:
        """The outputs of a stack."""
        return self.deployment.outputs(self.stack(component))

    def template(self, component: str) -> Mapping[str, Any]:
        """The Terraform JSON of a stack, as synthesised."""
        return self.deployment.stacks[self.stack(component)].template

    def state_resources(self, component: str) -> list[dict[str, Any]]:
        """The managed resources in a stack's state."""
        shown = self.deployment.shown(self.stack(component))
        return [item for item in shown["values"]["root_module"]["resources"] if item["mode"] == "managed"]


def apply_all(lake: Deployed) -> list[Run]:
    """Applies every stack of a lake."""
    return lake.apply(*lake.names)


@dataclass(frozen=True)
class StaleLock:
    """An apply that was killed while it held the lock of a state in S3, and what came after.

    Attributes:
        held: a plan while it ran.
        stale: an apply after that, with the killed one's lock still there.
        unlocked: what `terraform force-unlock` said.
        again: the applies after that.
    """

    held: Run
    stale: Run
    unlocked: str
    again: list[Run]


def kill_and_unlock(lake: Deployed) -> StaleLock:
    """Kills the apply of a lake's first stack before it makes anything, does what docs/deploy.md says, and applies the whole lake."""
    name, deployment = lake.stack("lake"), lake.deployment
    backend = lake.template("lake")["terraform"]["backend"]["s3"]
    with deployment.start(name, "apply", "-json", "-auto-approve", log=lake.folder / "killed.log") as apply:
        try:
            _wait(lambda: f"{backend['key']}.tflock" in _objects(lake, backend["bucket"]))
            held = deployment.plan(name)
        finally:
            os.killpg(apply.pid, signal.SIGKILL)
    stale = deployment.apply(name)
    lock = re.search(r"^ *ID: +(\S+)", stale.errors[0].detail, re.MULTILINE)
    assert lock, stale
    done = deployment.terraform.run("force-unlock", "-force", lock[1], folder=deployment.folder_of(name))
    return StaleLock(held=held, stale=stale, unlocked=done.stdout + done.stderr, again=apply_all(lake))


@dataclass(frozen=True)
class HalfApplied:
    """An apply that was killed half-way.

    Attributes:
        made: the resources that the state knew then.
        again: the apply after that.
    """

    made: frozenset[str]
    again: Run


def kill_half_way(lake: Deployed) -> HalfApplied:
    """Kills terraform and its provider while the provider waits for the buckets' lifecycles, and applies again.

    State in a file is written after every resource, so what is lost at that moment is what was just being made.
    """
    name, deployment = lake.stack("lake"), lake.deployment
    quick = {address for address in declared(lake, "lake") if not address.startswith(LIFECYCLE)}
    state = lake.folder / "deployed" / lake.template("lake")["terraform"]["backend"]["local"]["path"].removeprefix("../../../")
    with deployment.start(name, "apply", "-json", "-auto-approve", log=lake.folder / "killed.log") as apply:
        try:
            _wait(lambda: quick <= _half_written(state))
        finally:
            os.killpg(apply.pid, signal.SIGKILL)
    return HalfApplied(made=addresses(json.loads(state.read_text())), again=deployment.apply(name))


def remote_state(lake: Deployed, component: str) -> dict[str, Any]:
    """A stack's state object in the bucket."""
    backend = lake.template(component)["terraform"]["backend"]["s3"]
    s3 = lake.aws.client("s3", REGION)
    state: dict[str, Any] = json.loads(s3.get_object(Bucket=backend["bucket"], Key=backend["key"])["Body"].read())
    return state


def remote_addresses(lake: Deployed, component: str) -> frozenset[str]:
    """The managed resources that a stack's state object knows."""
    return addresses(remote_state(lake, component))


def addresses(state: Mapping[str, Any]) -> frozenset[str]:
    """The managed resources of a state file; one that is only planned has no instance yet."""
    made = (item for item in state["resources"] if item["mode"] == "managed" and item["instances"])
    return frozenset(f"{item['type']}.{item['name']}" for item in made)


def _objects(lake: Deployed, bucket: str) -> set[str]:
    return {item["Key"] for item in lake.aws.client("s3", REGION).list_objects_v2(Bucket=bucket).get("Contents", [])}


def declared(lake: Deployed, component: str) -> set[str]:
    """The resources that a stack's Terraform declares."""
    return {f"{kind}.{name}" for kind, resources in lake.template(component)["resource"].items() for name in resources}


def _half_written(state: Path) -> frozenset[str]:
    """What a state file holds that terraform may be writing just now."""
    try:
        return addresses(json.loads(state.read_text()))
    except (FileNotFoundError, json.JSONDecodeError):
        return frozenset()


def _wait(until: Callable[[], bool], *, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.5)
