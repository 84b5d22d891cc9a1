"""What the plans show that the templates do not: defaults of the provider, and what would stand in a plan file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.policies.secrets import SECRET_ARGUMENTS
from constructs_lib.policies.template import flatten
from scripts.plan.output_folder import read_stacks
from scripts.security.checkov import PLANS, scan
from scripts.security.findings import judge
from tests.conftest import LAKE_FILES
from tests.plan.conftest import PlannedLake

pytestmark = pytest.mark.plan

WRITE_ONLY = ("secret_string_wo",)
PASSWORD = re.compile(r"(?<![A-Za-z0-9+/=_-])(?=[^\s]*[a-z])(?=[^\s]*[A-Z])(?=[^\s]*[0-9])[A-Za-z0-9]{32}(?![A-Za-z0-9+/=_-])")
"""What Secrets Manager draws for the lake: 32 letters and digits. A longer run is a hash or part of a certificate."""


@pytest.fixture(scope="session")
def lakes(plan_lake: Callable[[str], PlannedLake]) -> list[PlannedLake]:
    """Every example lake, planned."""
    return [plan_lake(file.stem) for file in LAKE_FILES]


def plan_file(lake: PlannedLake, stack: str) -> Path:
    return lake.work / "stacks" / stack / "plan.json"


def test_no_check_of_a_plan_fails_that_is_not_accepted_with_a_reason(lakes: list[PlannedLake], checkov: Path) -> None:
    templates = {name: stack.template for lake in lakes for name, stack in read_stacks(lake.out).items()}
    plans = {name: json.loads(plan_file(lake, name).read_text()) for lake in lakes for name in read_stacks(lake.out)}
    found = scan(plans, executable=checkov, framework=PLANS)
    assert found.passed > 30 * len(plans)
    assert {finding.check for finding in found.findings} >= {"CKV_AWS_18", "CKV_AWS_117"}
    assert [str(finding) for finding in judge(found.findings, templates, passed=found.passed).open] == []


def secrets_in(plan: Mapping[str, Any]) -> list[str]:
    """Every value of an argument that is a secret, and every text that looks like a password drawn for the lake."""
    values = [change["change"]["after"] for change in plan.get("resource_changes", [])]
    named = [name for name, value in flatten(values) if name in (*SECRET_ARGUMENTS, *WRITE_ONLY) and value is not None]
    return [*named, *PASSWORD.findall(json.dumps(plan))]


def test_no_plan_holds_a_secret(lakes: list[PlannedLake]) -> None:
    """Planning draws a password, because Terraform opens ephemeral values: it must not be kept."""
    drawn = 0
    for lake in lakes:
        for name in read_stacks(lake.out):
            text = plan_file(lake, name).read_text()
            drawn += "aws_secretsmanager_random_password" in text
            assert secrets_in(json.loads(text)) == [], name
            assert "PRIVATE KEY" not in text
    assert drawn


@pytest.mark.parametrize(
    "arguments_of_resource",
    [{"master_password": "x"}, {"nested": [{"secret_string_wo": "x"}]}, {"anything": "the key is aB3dEfGh1jKlMn0pQrStUvWxYz012345."}],
    ids=["argument", "write-only", "password"],
)
def test_fails_when_a_plan_holds_a_secret(arguments_of_resource: dict[str, Any]) -> None:
    assert secrets_in({"resource_changes": [{"change": {"after": arguments_of_resource}}]})
