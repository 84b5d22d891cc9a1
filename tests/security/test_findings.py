"""What is accepted, and where an element of a template begins: without checkov."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.security.checkov import addresses_by_line
from scripts.security.findings import Accepted, Finding, Verdict, judge
from scripts.security.report import print_verdict

OPEN = Finding("lake", "aws_s3_bucket.data", "CKV_AWS_18", "access logging")
REASON = "CloudTrail's data events record it for every bucket"


def bucket(*skips: tuple[str, str]) -> dict[str, Any]:
    notes = {"checkov": {"skip": [{"id": check, "comment": reason} for check, reason in skips]}}
    return {"resource": {"aws_s3_bucket": {"data": {"//": notes}, "errors": {}}}}


def test_finding_is_accepted_on_its_own_resource_only() -> None:
    templates = {"lake": bucket(("CKV_AWS_18", REASON)), "other": bucket()}
    elsewhere = [Finding("lake", "aws_s3_bucket.errors", "CKV_AWS_18", "x"), Finding("other", "aws_s3_bucket.data", "CKV_AWS_18", "x")]
    verdict = judge([OPEN, *elsewhere], templates, passed=1)
    assert [one.address for one in verdict.accepted] == ["aws_s3_bucket.data"]
    assert list(verdict.open) == elsewhere
    assert not verdict.ok


def test_another_check_of_the_resource_stays_open() -> None:
    other = Finding("lake", "aws_s3_bucket.data", "CKV_AWS_21", "versioning")
    assert judge([OPEN, other], {"lake": bucket(("CKV_AWS_18", REASON))}, passed=1).open == (other,)


def test_fails_when_a_reason_is_missing() -> None:
    assert judge([OPEN], {"lake": bucket(("CKV_AWS_18", "  "))}, passed=1).open == (OPEN,)


def test_fails_when_what_is_accepted_is_not_found() -> None:
    verdict = judge([], {"lake": bucket(("CKV_AWS_18", REASON))}, passed=1)
    assert not verdict.ok
    assert [str(one) for one in verdict.unused] == [
        f"lake: aws_s3_bucket.data: accepts CKV_AWS_18, which checkov does not find: remove it ({REASON})"
    ]


def test_element_is_found_by_its_line_whatever_its_arguments_are_called() -> None:
    template = {
        "data": {"aws_region": {"here": {}, "there": {"a": 1}}},
        "provider": {"aws": [{"region": "eu-west-1"}]},
        "resource": {"aws_a": {"x": {"resource": {"aws_a": {"y": {"z": 1}}}}}, "aws_b": {"x": {"p": '{"q": {'}}},
    }
    text = json.dumps(template, indent=2)
    lines = text.splitlines()
    found = addresses_by_line(text)
    assert list(found.values()) == ["data.aws_region.here", "data.aws_region.there", "provider.aws", "aws_a.x", "aws_b.x"]
    assert [lines[number - 1].split(":")[0].strip() for number in found] == ['"here"', '"there"', '"aws"', '"x"', '"x"']


def test_report_says_what_is_accepted_and_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    accepted = (Accepted("lake", "aws_s3_bucket.errors", "CKV_AWS_144", "one region"),)
    unused = (Accepted("lake", "aws_s3_bucket.data", "CKV_AWS_145", "no key"),)
    print_verdict(Verdict(passed=12, open=(OPEN,), accepted=accepted, unused=unused))
    printed = capsys.readouterr().out.splitlines()
    assert any("CKV_AWS_144" in line and "one region" in line for line in printed)
    assert printed[-3:] == [
        "lake: aws_s3_bucket.data: access logging [CKV_AWS_18]",
        "lake: aws_s3_bucket.data: accepts CKV_AWS_145, which checkov does not find: remove it (no key)",
        "12 checks passed, 1 failed, 1 accepted with a reason, 1 accepted in vain",
    ]
