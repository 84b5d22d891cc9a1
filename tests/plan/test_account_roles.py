"""A lake that reuses DMS's account roles: the plan of the real provider says when one is missing, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from scripts.plan.emulator import moto_server
from scripts.plan.provider import ReadyProvider
from scripts.plan.rewrite import EMULATED
from scripts.plan.seeding import seed_existing


def test_the_plan_says_that_roles_are_missing_and_what_to_do(
    synthesise_lake: Callable[[str], Path], provider: ReadyProvider, tmp_path: Path
) -> None:
    capture = json.loads((synthesise_lake("existing-network") / "stacks" / "billing-prod-capture" / "cdk.tf.json").read_text())
    roles = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
        "provider": {"aws": [{"region": "eu-west-1", **EMULATED}]},
        "data": {"aws_iam_roles": capture["data"]["aws_iam_roles"]},
    }
    (tmp_path / "roles.tf.json").write_text(json.dumps(roles))
    with moto_server(tmp_path / "emulator.log") as emulator:
        terraform = emulator.serve(provider.terraform)
        missing = terraform.run("plan", "-input=false", "-no-color", folder=tmp_path)
        for _ in range(2):  # the second time they are there already
            seed_existing(emulator, {"capture": {**roles, "terraform": {}}})
        there = terraform.run("plan", "-input=false", "-no-color", folder=tmp_path)
    assert missing.returncode == 1
    said = " ".join(missing.stderr.replace("│", " ").split())
    for role in ("dms-vpc-role", "dms-cloudwatch-logs-role"):
        assert f"The account has no role {role}, without which DMS makes nothing in a VPC. Set capture.account_roles: create in" in said
    assert there.returncode == 0, there.stderr
