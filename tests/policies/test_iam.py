"""Every statement of every policy of every example lake, found without the rules' help, against a list of reasons."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from scripts.security.grants import Grant, all_of, attachments, grants
from scripts.security.tables import grants_table
from tests.conftest import Templates
from tests.policies.conftest import MarkdownFiles

ACCOUNT_PATTERNS = ("123456789012", "${data.aws_caller_identity.caller.account_id}")

WILDCARD_ACTIONS = {
    ("aws_kms_key", "kms:*"): "the account's root administers its key by IAM: without it nobody could ever change the policy",
}
EVERY_RESOURCE = {
    ("aws_kms_key", "*"): "a key's own policy speaks of that key only",
    ("aws_iam_role_policy", "lakeformation:GetDataAccess"): "knows no resource; Lake Formation's own grants narrow it",
    ("aws_iam_policy", "lakeformation:GetDataAccess"): "knows no resource; Lake Formation's own grants narrow it",
    ("aws_iam_role_policy", "xray:PutTraceSegments"): "X-Ray's put calls know no resource",
    ("aws_iam_role_policy", "xray:PutTelemetryRecords"): "X-Ray's put calls know no resource",
}
MANAGED_POLICIES = {
    "AmazonSSMManagedInstanceCore": "Session Manager documents no narrower one",
    "AmazonRDSEnhancedMonitoringRole": "RDS documents no narrower one",
    "AmazonDMSVPCManagementRole": "DMS looks for the role with this policy",
    "AmazonDMSCloudWatchLogsRole": "DMS looks for the role with this policy",
}
SERVICES_WITHOUT_SOURCE = {
    "lambda.amazonaws.com": "Lambda sends no source account when it takes on an execution role",
    "ec2.amazonaws.com": "EC2 sends no source account when it takes on an instance role",
    "firehose.amazonaws.com": "no page of AWS says that it sends the account",
    "lakeformation.amazonaws.com": "no page of AWS says that it sends the account",
    "glue.amazonaws.com": "no page of AWS says that its optimizers send the account",
}
ROLES_WITHOUT_SOURCE = {
    "dms-vpc-role": "DMS documents its trust without conditions",
    "dms-cloudwatch-logs-role": "DMS documents its trust without conditions",
}


@pytest.fixture
def found(templates: Templates) -> list[Grant]:
    """Every allowing statement of a lake."""
    return [grant for grant in grants(templates) if grant.statement["Effect"] == "Allow"]


def test_lake_has_statements_of_every_kind(found: list[Grant]) -> None:
    assert {one.kind for one in found} >= {"aws_iam_role", "aws_iam_role_policy", "aws_kms_key"}
    assert len(found) > 20


def test_no_statement_allows_wildcard_actions_without_a_reason(found: list[Grant]) -> None:
    assert [
        str(one)
        for one in found
        for action in all_of(one.statement["Action"])
        if "*" in action and (one.kind, action) not in WILDCARD_ACTIONS
    ] == []


def test_only_the_accounts_root_administers_a_key(found: list[Grant]) -> None:
    for one in found:
        if "kms:*" in all_of(one.statement["Action"]):
            assert set(one.statement["Principal"]) == {"AWS"}
            assert one.statement["Principal"]["AWS"] in {f"arn:aws:iam::{account}:root" for account in ACCOUNT_PATTERNS}


def test_no_statement_names_every_resource_without_a_reason(found: list[Grant]) -> None:
    wrong = [
        str(one)
        for one in found
        if one.kind != "aws_iam_role" and "*" in all_of(one.statement["Resource"]) and (one.kind, "*") not in EVERY_RESOURCE
        for action in all_of(one.statement["Action"])
        if (one.kind, action) not in EVERY_RESOURCE
    ]
    assert wrong == []


def test_wide_statement_notes_its_reason_on_the_resource(found: list[Grant]) -> None:
    """A reviewer reads it beside the statement: `*`, all resources of a type, unlisted actions, a service that may act for any account."""
    wide = [
        one
        for one in found
        if (one.is_on_everything and "Principal" not in one.statement)
        or any("*" in action for action in one.actions)
        or (one.kind == "aws_iam_role" and not is_for_this_account(one.statement))
    ]
    assert wide
    assert [str(one) for one in wide if not one.reason] == []


def test_reason_stands_only_where_a_statement_is_wide(templates: Templates) -> None:
    used = {(one.stack, one.address, one.reason) for one in grants(templates)}
    noted = {
        (stack, f"{kind}.{name}", reason)
        for stack, template in templates.items()
        for kind, resources in template["resource"].items()
        for name, arguments in resources.items()
        for reason in arguments.get("//", {}).get("why", {}).values()
    }
    assert noted - used == set()


def test_aws_own_policies_are_attached_only_where_a_service_asks_for_them(templates: Templates) -> None:
    assert {arn.split("/")[-1] for _, _, arn in attachments(templates)} <= set(MANAGED_POLICIES)


def test_no_resource_leaves_service_or_account_open(found: list[Grant]) -> None:
    resources = [resource for one in found for resource in all_of(one.statement.get("Resource", [])) if resource.startswith("arn:")]
    assert resources
    for resource in resources:
        assert "*" not in ":".join(resource.split(":")[:5]), resource


def test_no_statement_says_everything_but(found: list[Grant]) -> None:
    assert [str(one) for one in found if {"NotAction", "NotResource", "NotPrincipal"} & set(one.statement)] == []


def test_nobody_outside_is_a_principal(found: list[Grant]) -> None:
    for one in found:
        principal = one.statement.get("Principal", {})
        assert isinstance(principal, dict), one
        assert set(principal) <= {"Service", "AWS"}, one
        for arn in all_of(principal.get("AWS", [])):
            assert any(account in arn for account in ACCOUNT_PATTERNS), one


def is_for_this_account(statement: Mapping[str, Any]) -> bool:
    """A condition on the source account, or on an encryption context that names an ARN of this account."""
    condition = statement.get("Condition", {})
    if condition.get("StringEquals", {}).get("aws:SourceAccount") in ACCOUNT_PATTERNS:
        return True
    context = condition.get("ArnLike", {}).get("kms:EncryptionContext:aws:logs:arn", [])
    return bool(context) and all(any(f":{account}:log-group:" in arn for account in ACCOUNT_PATTERNS) for arn in context)


def test_every_service_acts_for_this_account_only_or_has_a_reason(found: list[Grant]) -> None:
    wrong = [
        str(one)
        for one in found
        for service in all_of(one.statement.get("Principal", {}).get("Service", []))
        if not is_for_this_account(one.statement)
        and service not in SERVICES_WITHOUT_SOURCE
        and one.arguments.get("name") not in ROLES_WITHOUT_SOURCE
    ]
    assert wrong == []


def test_key_use_is_granted_through_a_named_service_only(found: list[Grant]) -> None:
    for one in found:
        if one.kind == "aws_iam_role_policy" and any(action.startswith("kms:") for action in all_of(one.statement["Action"])):
            assert one.statement["Condition"]["StringEquals"]["kms:ViaService"], one


def test_every_reason_is_still_needed(synthesised: Mapping[str, Templates]) -> None:
    text = json.dumps(synthesised)
    for word in [*SERVICES_WITHOUT_SOURCE, *ROLES_WITHOUT_SOURCE, *(action for _, action in (*WILDCARD_ACTIONS, *EVERY_RESOURCE))]:
        assert word in text


def test_who_may_do_what_is_as_reviewed(templates: Templates, lake_name: str, snapshot: SnapshotAssertion) -> None:
    """`make snapshots` accepts a change; CI never does."""
    assert grants_table(templates) == snapshot(name=lake_name, extension_class=MarkdownFiles)
