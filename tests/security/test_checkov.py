"""checkov over every stack of every example lake: nothing fails that its resource does not accept with a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from scripts.cli import app
from scripts.plan.terraform import SetupError
from scripts.security.checkov import VARIABLE, Scan, find_checkov, scan
from scripts.security.findings import accepted_in, judge
from tests.conftest import ROOT

Stacks = dict[str, Mapping[str, Any]]


def test_no_check_fails_that_is_not_accepted_with_a_reason(whole_scan: Scan, all_stacks: Stacks) -> None:
    verdict = judge(whole_scan.findings, all_stacks, passed=whole_scan.passed)
    assert [str(finding) for finding in verdict.open] == []


def test_nothing_is_accepted_in_vain(whole_scan: Scan, all_stacks: Stacks) -> None:
    verdict = judge(whole_scan.findings, all_stacks, passed=whole_scan.passed)
    assert [str(accepted) for accepted in verdict.unused] == []


def test_checkov_looks_at_every_stack(whole_scan: Scan, all_stacks: Stacks) -> None:
    """About fifty checks per stack; a scan that saw nothing would find nothing."""
    assert whole_scan.passed > 40 * len(all_stacks)
    silent = {"operations", "bastion", "bootstrap", "lake", "delivery", "capture", "source", "network"}
    assert silent - {finding.stack.rsplit("-", 1)[1] for finding in whole_scan.findings} <= {"operations", "bastion"}


def test_reason_is_a_sentence_not_a_word(all_stacks: Stacks) -> None:
    assert [str(one) for one in accepted_in(all_stacks) if len(one.reason.split()) < 8] == []


def break_lake(lake_stack: dict[str, Any]) -> None:
    """Three ways: a bucket that may become public, a key that is never rotated, a skip of no use."""
    resources = lake_stack["resource"]
    del resources["aws_s3_bucket_public_access_block"]["data_public_access"]
    resources["aws_kms_key"]["key"]["enable_key_rotation"] = False
    resources["aws_s3_bucket"]["errors"]["//"]["checkov"]["skip"].append({"id": "CKV_AWS_145", "comment": "no key is needed for errors"})


@pytest.mark.usefixtures("checkov")
def test_fails_when_a_bucket_is_open_a_key_never_rotates_or_a_skip_is_of_no_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command, one run of checkov. Settings of this machine, which could switch checks off, do not count."""
    monkeypatch.setenv("CKV_SKIP_CHECK", "CKV_AWS_7")
    monkeypatch.setenv("BC_API_KEY", "a-key")
    out = tmp_path / "cdktf.out"
    environment = {**os.environ, "LAKE": str(ROOT / "lakes" / "minimal.yaml"), "CDKTF_OUTDIR": str(out)}
    subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, capture_output=True, check=True)
    file = out / "stacks" / "minimal-dev-lake" / "cdk.tf.json"
    template = json.loads(file.read_text())
    break_lake(template)
    file.write_text(json.dumps(template))

    result = CliRunner().invoke(app, ["security", "--out", str(out), "--output", "json"])

    assert result.exit_code == 1, result.output
    verdict = json.loads(result.stdout)
    assert verdict["ok"] is False
    assert {(one["stack"], one["address"], one["check"]) for one in verdict["open"]} == {
        ("minimal-dev-lake", "aws_s3_bucket.data", "CKV2_AWS_6"),
        ("minimal-dev-lake", "aws_kms_key.key", "CKV_AWS_7"),
    }
    assert [(one["address"], one["check"]) for one in verdict["unused"]] == [("aws_s3_bucket.errors", "CKV_AWS_145")]
    assert all(one["reason"] for one in verdict["accepted"])


def pretend(folder: Path, script: str) -> Path:
    """An executable in checkov's place."""
    executable = folder / "checkov"
    executable.write_text(f"#!/bin/sh\n{script}\n")
    executable.chmod(0o755)
    return executable


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo out of order >&2; exit 3", "checkov failed with exit code 3: out of order"),
        ("echo nothing to see", "checkov failed with exit code 0: nothing to see"),
        ("""echo '{"passed": 0, "failed": 0, "resource_count": 0}'""", "checkov could not read every stack"),
        (
            """echo '{"summary": {"passed": 1, "parsing_errors": 1}, "results": {"parsing_errors": ["x.tf.json"]}}'""",
            r"checkov could not read every stack: \['x.tf.json'\]",
        ),
    ],
    ids=["breaks", "says nothing", "finds no stack", "cannot parse one"],
)
def test_fails_when_checkov_does_not_look_at_every_stack(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        scan({"stack": {}}, executable=pretend(tmp_path, script))


def test_fails_when_checkov_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "checkov"))
    with pytest.raises(SetupError, match=r"checkov is not at .*: run `make checkov`, or name one in MOULIN_CHECKOV"):
        find_checkov()
    result = CliRunner().invoke(app, ["security", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert result.stderr.startswith("checkov is not at ")


def test_fails_when_nothing_was_synthesised(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(pretend(tmp_path, "exit 3")))
    result = CliRunner().invoke(app, ["security", "--out", str(tmp_path)])
    assert (result.exit_code, "holds no synthesised stacks" in result.stderr) == (2, True)
