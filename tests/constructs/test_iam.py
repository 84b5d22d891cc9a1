"""Roles and statements."""

from __future__ import annotations

import pytest

from constructs_lib.iam import ServiceRole, Statement, policy_document
from constructs_lib.lake_stack import LakeStack
from tests.constructs.conftest import Bench, of_kind, statements, trust

READ = Statement("Read", ["s3:GetObject"], ["arn:aws:s3:::a/*"])


def make_role(stack: LakeStack, *, why_any_account: str = "") -> ServiceRole:
    return ServiceRole(stack, "role", role_name="shop-role", service="glue.amazonaws.com", description="d", why_any_account=why_any_account)


def test_role_trusts_its_service_for_this_account_only(bench: Bench, stack: LakeStack) -> None:
    make_role(stack)
    template = bench.synth()
    assert trust(template, "role") == {
        "Effect": "Allow",
        "Principal": {"Service": "glue.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }
    assert template["resource"]["aws_iam_role"]["role"]["name"] == "shop-role"


def test_trust_names_the_callers_account_when_the_file_names_none(bench: Bench) -> None:
    make_role(bench.stack(account=None))
    condition = trust(bench.synth(), "role")["Condition"]
    assert condition == {"StringEquals": {"aws:SourceAccount": "${data.aws_caller_identity.caller.account_id}"}}


def test_trust_can_name_the_one_resource_that_the_service_acts_for(bench: Bench, stack: LakeStack) -> None:
    rule = "arn:aws:events:eu-west-1:123456789012:rule/shop"
    ServiceRole(stack, "role", role_name="r", service="events.amazonaws.com", description="d", source_arn=rule)
    condition = trust(bench.synth(), "role")["Condition"]
    assert condition == {"StringEquals": {"aws:SourceAccount": "123456789012", "aws:SourceArn": rule}}


def test_source_account_can_be_left_out_for_services_that_do_not_send_it(bench: Bench, stack: LakeStack) -> None:
    make_role(stack, why_any_account="Glue sends none")
    assert "Condition" not in trust(bench.synth(), "role")
    assert bench.notes("aws_iam_role.role") == {"why": {"Trust": "Glue sends none"}}


def test_each_purpose_is_an_inline_policy_of_its_name(bench: Bench, stack: LakeStack) -> None:
    role = make_role(stack)
    role.allow("read-rows", READ)
    role.allow("write-rows", Statement("Write", ["s3:PutObject"], ["arn:aws:s3:::a/*"]), READ)
    template = bench.synth()
    assert list(of_kind(template, "aws_iam_role_policy")) == ["role_read_rows", "role_write_rows"]
    assert {name: [statement["Sid"] for statement in found] for name, found in statements(template, "role").items()} == {
        "read-rows": ["Read"],
        "write-rows": ["Write", "Read"],
    }


def test_same_grant_twice_makes_one_policy(bench: Bench, stack: LakeStack) -> None:
    role = make_role(stack)
    role.allow("read-rows", READ)
    role.allow("read-rows", READ)
    assert len(role.policies) == 1
    assert len(of_kind(bench.synth(), "aws_iam_role_policy")) == 1


def test_attaching_and_granting_keep_every_policy_to_depend_on(bench: Bench, stack: LakeStack) -> None:
    role = make_role(stack)
    role.attach("managed", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    role.allow("read-rows", READ)
    role.allow("write-rows", Statement("Write", ["s3:PutObject"], ["arn:aws:s3:::a/*"]))
    role.allow("read-rows", READ)
    assert len(role.policies) == 3
    attachment = of_kind(bench.synth(), "aws_iam_role_policy_attachment")["role_managed"]
    assert attachment == {"role": "${aws_iam_role.role.name}", "policy_arn": "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"}


def test_fails_when_a_purpose_would_say_two_things(stack: LakeStack) -> None:
    role = make_role(stack)
    role.allow("read", READ)
    with pytest.raises(ValueError, match="role role already has a policy read that says something else: give this one another name"):
        role.allow("read", Statement("Read", ["s3:GetObject"], ["arn:aws:s3:::b/*"]))


def test_fails_when_every_resource_is_allowed_without_a_reason() -> None:
    with pytest.raises(ValueError, match="statement Trace allows every resource: name the resources, or say in why_any_resource which API"):
        Statement("Trace", ["xray:PutTraceSegments"], ["*"])


@pytest.mark.parametrize("resource", ["arn:aws:logs:eu-west-1:123456789012:log-group:*", "arn:aws:glue:eu-west-1:123456789012:table/*"])
def test_fails_when_every_resource_of_a_type_is_allowed_without_a_reason(resource: str) -> None:
    with pytest.raises(ValueError, match="statement Find allows every resource"):
        Statement("Find", ["logs:DescribeLogGroups"], [resource])


def test_fails_when_a_reason_is_not_needed() -> None:
    with pytest.raises(ValueError, match="statement Read names its resources, so it needs no why_any_resource: remove it"):
        Statement("Read", ["s3:GetObject"], ["arn:aws:s3:::a/*"], why_any_resource="S3 wants it")
    with pytest.raises(ValueError, match="statement Read and its actions do not fit: it lists them: remove why_any_action"):
        Statement("Read", ["s3:GetObject"], ["arn:aws:s3:::a/*"], why_any_action="S3 wants it")


def test_fails_when_actions_are_not_listed_without_a_reason() -> None:
    with pytest.raises(ValueError, match="statement All and its actions do not fit: list them, or say in why_any_action why not"):
        Statement("All", ["s3:Get*"], ["arn:aws:s3:::a/*"])


def test_reason_is_noted_on_the_policy(bench: Bench, stack: LakeStack) -> None:
    why = "X-Ray's put calls know no resource"
    make_role(stack).allow("trace", READ, Statement("Trace", ["xray:PutTraceSegments"], ["*"], why_any_resource=why))
    assert bench.notes("aws_iam_role_policy.role_trace") == {"why": {"Trace": why}}


def test_every_resource_is_allowed_with_its_reason() -> None:
    statement = Statement("Trace", ["xray:PutTraceSegments"], ["*"], why_any_resource="X-Ray's put calls know no resource")
    assert statement.to_dict() == {"Sid": "Trace", "Effect": "Allow", "Action": ["xray:PutTraceSegments"], "Resource": ["*"]}


def test_statement_with_everything_set_is_written_as_iam_writes_it() -> None:
    statement = Statement(
        "Use",
        ("kms:Decrypt",),
        ("*",),
        principals={"Service": "sns.amazonaws.com"},
        conditions={"StringEquals": {"aws:SourceAccount": "123456789012"}},
        effect="Deny",
    )
    assert statement.to_dict() == {
        "Sid": "Use",
        "Effect": "Deny",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": ["kms:Decrypt"],
        "Resource": ["*"],
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }


def test_everybody_is_written_as_a_bare_star() -> None:
    assert Statement("All", ["s3:*"], ["a"], principals={"*": "*"}, effect="Deny").to_dict()["Principal"] == "*"


def test_document_carries_the_current_version() -> None:
    assert policy_document([READ]).startswith('{"Version": "2012-10-17", "Statement": [{"Sid": "Read"')
