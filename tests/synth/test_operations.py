"""The operations and capture stacks as wholes: what is watched, by which topic, and which logs are kept."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.config.load import parse_lake
from constructs_lib.provider import App
from stacks.app import build_stacks
from stacks.synth import read_templates
from tests.conftest import ROOT, Templates, only

TOPIC = "arn:aws:sns:us-east-1:123456789012:company-alarms"
KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-4333-8444-555555555555"

Stack = Callable[..., Mapping[str, Any]]


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """A stack of the minimal lake with a section added, or in the place of its own."""

    def make(component: str, added: str) -> Mapping[str, Any]:
        given = added.partition(":")[0]
        own = [line for line in (ROOT / "lakes" / "minimal.yaml").read_text().splitlines() if not line.startswith(f"{given}:")]
        lake = parse_lake("\n".join([*own, "account: '123456789012'", added]))
        app = App(outdir=str(tmp_path / "out"))
        build_stacks(app, lake, build_folder=tmp_path / "build")
        app.synth()
        return read_templates(tmp_path / "out")[f"minimal-dev-{component}"]

    return make


def metrics(template: Mapping[str, Any]) -> set[str]:
    return {alarm["metric_name"] for alarm in template["resource"]["aws_cloudwatch_metric_alarm"].values()}


def test_topic_of_the_companys_is_published_to_and_what_it_must_allow_is_printed(stack: Stack) -> None:
    template = stack("operations", f"operations: {{topic_arn: '{TOPIC}', topic_kms_key_arn: '{KEY}'}}\n")
    assert not {"aws_sns_topic", "aws_sns_topic_policy", "aws_kms_key"} & set(template["resource"])
    assert template["data"]["aws_kms_key"]["key"]["key_id"] == KEY
    assert json.loads(template["output"]["AlarmTopicMustAllow"]["value"]) == {
        "Sid": "Publish",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudwatch.amazonaws.com"]},
        "Action": ["sns:Publish"],
        "Resource": [TOPIC],
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    assert json.loads(template["output"]["AlarmTopicKeyMustAllow"]["value"]) == {
        "Sid": "Services",
        "Effect": "Allow",
        "Principal": {"Service": ["cloudwatch.amazonaws.com"]},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": ["*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    policies = template["resource"]["aws_iam_role_policy"].values()
    assert {policy["name"] for policy in policies} == {"publish", "use-key-sns"}
    assert {alarm["alarm_actions"][0] for alarm in template["resource"]["aws_cloudwatch_metric_alarm"].values()} == {TOPIC}


def test_topic_without_a_key_of_its_own_needs_no_grant_on_one(stack: Stack) -> None:
    template = stack("operations", f"operations: {{topic_arn: '{TOPIC}'}}\n")
    assert [policy["name"] for policy in template["resource"]["aws_iam_role_policy"].values()] == ["publish"]
    assert "AlarmTopicKeyMustAllow" not in template["output"]


def test_no_other_service_than_cloudwatch_gets_at_topic_and_key(templates: Templates) -> None:
    for name, template in templates.items():
        if not name.endswith("-operations"):
            continue
        text = json.dumps([template["resource"].get(kind) for kind in ("aws_sns_topic_policy", "aws_kms_key")])
        assert "dms.amazonaws.com" not in text
        assert "events.amazonaws.com" not in text


def test_alarms_watch_no_metric_that_cannot_come(stack: Stack) -> None:
    """A task that only loads has no latency of changes; Aurora Serverless v2 does not report local storage."""
    assert "CDCLatencySource" not in metrics(stack("operations", "capture: {mode: full-load}\n"))


def test_aurora_serverless_has_no_alarm_on_local_storage(synthesised: Mapping[str, Templates]) -> None:
    found = {
        lake: metrics(template) >= {"FreeLocalStorage"}
        for lake, templates in synthesised.items()
        for name, template in templates.items()
        if name.endswith("-operations")
    }
    assert found["serverless"] is False
    assert {lake for lake, has in found.items() if has} == set(found) - {"serverless"}


def test_capture_logs_into_a_group_with_key_and_retention(templates: Templates) -> None:
    """Of a serverless replication, too: DMS would make one without either."""
    (capture,) = [template for name, template in templates.items() if name.endswith("-capture")]
    group = only(capture, "aws_cloudwatch_log_group")
    assert group["kms_key_id"] == "${aws_kms_key.key.arn}"
    assert group["retention_in_days"]
    is_serverless = "aws_dms_replication_config" in capture["resource"]
    if is_serverless:
        assert group["name"] == 'dms-serverless-replication-${element(split(":", aws_dms_replication_config.replication.arn), 6)}'
    else:
        assert group["name"] == f"dms-tasks-{only(capture, 'aws_dms_replication_instance')['replication_instance_id']}"
    (logs,) = [one for one in json.loads(only(capture, "aws_kms_key")["policy"])["Statement"] if one["Sid"] == "CloudWatchLogs"]
    (allowed,) = logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    start = "dms-serverless-replication-*" if is_serverless else f"{group['name']}*"
    assert allowed.endswith(f":log-group:{start}")


def test_lines_about_truncated_values_are_counted_and_alarmed(templates: Templates) -> None:
    (capture,) = [template for name, template in templates.items() if name.endswith("-capture")]
    (operations,) = [template for name, template in templates.items() if name.endswith("-operations")]
    counted = only(capture, "aws_cloudwatch_log_metric_filter")
    assert counted["pattern"] == "truncated"
    assert counted["log_group_name"] == "${aws_cloudwatch_log_group.log.name}"
    made = counted["metric_transformation"]
    (alarm,) = [one for one in operations["resource"]["aws_cloudwatch_metric_alarm"].values() if one["namespace"] == "Moulin/Capture"]
    assert (alarm["namespace"], alarm["metric_name"], alarm["threshold"]) == (made["namespace"], made["name"], 0)
    assert "dimensions" not in alarm


def test_documentation_shows_the_statements_that_are_printed(stack: Stack) -> None:
    outputs = stack("operations", f"operations: {{topic_arn: '{TOPIC}', topic_kms_key_arn: '{KEY}'}}\n")["output"]
    shown = re.findall(r"```json\n(.*?)\n```", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)
    assert shown == [outputs[name]["value"] for name in ("AlarmTopicMustAllow", "AlarmTopicKeyMustAllow")]
