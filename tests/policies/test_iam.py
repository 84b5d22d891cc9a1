"""Every statement of every policy of every example lake, found without the rules' help, against a list of reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import Templates

ACCOUNT_PATTERNS = ("123456789012", "${data.aws_caller_identity.caller.account_id}")

WILDCARD_ACTIONS = {
    ("aws_kms_key", "kms:*"): "the account's root administers its key by IAM: without it nobody could ever change the policy",
}
EVERY_RESOURCE = {
    ("aws_kms_key", "*"): "a key's own policy speaks of that key only",
    ("aws_iam_role_policy", "lakeformation:GetDataAccess"): "knows no resource; Lake Formation's own grants narrow it",
    ("aws_iam_role_policy", "xray:PutTraceSegments"): "X-Ray's put calls know no resource",
    ("aws_iam_role_policy", "xray:PutTelemetryRecords"): "X-Ray's put calls know no resource",
}
SERVICES_WITHOUT_SOURCE = {
    "lambda.amazonaws.com": "Lambda sends no source account when it takes on an execution role",
    "ec2.amazonaws.com": "EC2 sends no source account when it takes on an instance role",
}
ROLES_WITHOUT_SOURCE = {
    "dms-vpc-role": "DMS documents its trust without conditions",
    "dms-cloudwatch-logs-role": "DMS documents its trust without conditions",
}


@dataclass(frozen=True)
class Found:
    """A statement, and where it stands."""

    stack: str
    kind: str
    name: str
    resource: Mapping[str, Any]
    statement: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.stack}: {self.kind}.{self.name}: {json.dumps(self.statement)}"


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def policy_statements(text: str) -> list[dict[str, Any]]:
    """The statements of a text that is a policy document, wherever it stands."""
    if not text.startswith("{"):
        return []
    try:
        content = json.loads(text)
    except ValueError:
        return []
    return list(content.get("Statement", []))


def all_of(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.fixture
def found(templates: Templates) -> list[Found]:
    """Every allowing statement of a lake."""
    return [
        Found(stack, kind, name, arguments, statement)
        for stack, template in templates.items()
        for kind, resources in template["resource"].items()
        for name, arguments in resources.items()
        for text in texts(arguments)
        for statement in policy_statements(text)
        if statement["Effect"] == "Allow"
    ]


def test_lake_has_statements_of_every_kind(found: list[Found]) -> None:
    assert {one.kind for one in found} >= {"aws_iam_role", "aws_iam_role_policy", "aws_kms_key"}
    assert len(found) > 20


def test_no_statement_allows_wildcard_actions_without_a_reason(found: list[Found]) -> None:
    assert [
        str(one)
        for one in found
        for action in all_of(one.statement["Action"])
        if "*" in action and (one.kind, action) not in WILDCARD_ACTIONS
    ] == []


def test_only_the_accounts_root_administers_a_key(found: list[Found]) -> None:
    for one in found:
        if "kms:*" in all_of(one.statement["Action"]):
            assert set(one.statement["Principal"]) == {"AWS"}
            assert one.statement["Principal"]["AWS"] in {f"arn:aws:iam::{account}:root" for account in ACCOUNT_PATTERNS}


def test_no_statement_names_every_resource_without_a_reason(found: list[Found]) -> None:
    wrong = [
        str(one)
        for one in found
        if one.kind != "aws_iam_role" and "*" in all_of(one.statement["Resource"]) and (one.kind, "*") not in EVERY_RESOURCE
        for action in all_of(one.statement["Action"])
        if (one.kind, action) not in EVERY_RESOURCE
    ]
    assert wrong == []


def test_no_resource_leaves_service_or_account_open(found: list[Found]) -> None:
    resources = [resource for one in found for resource in all_of(one.statement.get("Resource", [])) if resource.startswith("arn:")]
    assert resources
    for resource in resources:
        assert "*" not in ":".join(resource.split(":")[:5]), resource


def test_no_statement_says_everything_but(found: list[Found]) -> None:
    assert [str(one) for one in found if {"NotAction", "NotResource", "NotPrincipal"} & set(one.statement)] == []


def test_nobody_outside_is_a_principal(found: list[Found]) -> None:
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


def test_every_service_acts_for_this_account_only_or_has_a_reason(found: list[Found]) -> None:
    wrong = [
        str(one)
        for one in found
        for service in all_of(one.statement.get("Principal", {}).get("Service", []))
        if not is_for_this_account(one.statement)
        and service not in SERVICES_WITHOUT_SOURCE
        and one.resource.get("name") not in ROLES_WITHOUT_SOURCE
    ]
    assert wrong == []


def test_key_use_is_granted_through_a_named_service_only(found: list[Found]) -> None:
    for one in found:
        if one.kind == "aws_iam_role_policy" and any(action.startswith("kms:") for action in all_of(one.statement["Action"])):
            assert one.statement["Condition"]["StringEquals"]["kms:ViaService"], one


def test_every_reason_is_still_needed(synthesised: Mapping[str, Templates]) -> None:
    text = json.dumps(synthesised)
    for word in [*SERVICES_WITHOUT_SOURCE, *ROLES_WITHOUT_SOURCE, *(action for _, action in (*WILDCARD_ACTIONS, *EVERY_RESOURCE))]:
        assert word in text
