"""Terraform's messages, brought to a stack's addresses."""

from __future__ import annotations

import json

import pytest

from scripts.plan.diagnostics import OVERRIDE_WARNING, address_at, read_plan_log

TEMPLATE = json.dumps(
    {
        "data": {"aws_kms_key": {"key": {"key_id": "a"}}},
        "output": {"Name": {"value": "x"}},
        "resource": {"aws_vpc": {"vpc": {"tags": {"Name": "x"}}}, "aws_sqs_queue": {'odd "name"': {"name": "q"}}},
        "terraform": {"required_providers": {}},
    },
    indent=2,
)


def line_with(text: str, after: str = "") -> int:
    lines = TEMPLATE.splitlines()
    start = next((number for number, line in enumerate(lines) if after in line), 0)
    return next(number for number, line in enumerate(lines[start:], start + 1) if text in line)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (line_with('"key_id"'), "data.aws_kms_key.key"),
        (line_with('"value"'), "output.Name"),
        (line_with('"Name": "x"'), "aws_vpc.vpc"),
        (line_with('"name": "q"'), 'aws_sqs_queue.odd \\"name\\"'),
        (line_with('"required_providers"'), "terraform.required_providers"),
        (0, ""),
    ],
)
def test_a_line_leads_to_an_address(line: int, address: str) -> None:
    assert address_at(TEMPLATE, line) == address


def entry(summary: str, severity: str = "error", **more: object) -> str:
    return json.dumps({"type": "diagnostic", "diagnostic": {"severity": severity, "summary": summary, "detail": "", **more}})


def test_reads_each_diagnostic_once_and_nothing_else() -> None:
    log = "\n".join(
        [
            "not json",
            json.dumps({"type": "version", "terraform": "1.11.4"}),
            entry(OVERRIDE_WARNING, "warning"),
            entry("wrong value", address="aws_vpc.vpc"),
            entry("wrong value", address="aws_vpc.vpc"),
            entry("no such argument", range={"start": {"line": line_with('"key_id"')}}),
        ]
    )
    assert [str(found) for found in read_plan_log(log, TEMPLATE)] == ["aws_vpc.vpc: wrong value", "data.aws_kms_key.key: no such argument"]


def test_a_long_detail_is_cut() -> None:
    log = entry("wrong", detail="\n".join(str(number) for number in range(40)))
    (found,) = read_plan_log(log, TEMPLATE)
    assert found.detail.splitlines()[-2:] == ["14", "..."]
