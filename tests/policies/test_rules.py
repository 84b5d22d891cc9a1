"""Every rule both ways: all example lakes keep it, and each thing that it looks for is found, named, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from constructs_lib.policies import RULES, Violation, check_stack
from constructs_lib.policies.account_singletons import SINGLETONS
from constructs_lib.policies.data_protection import DATA_STORES
from constructs_lib.policies.encryption import KEY_ARGUMENTS
from constructs_lib.policies.secrets import SECRET_ARGUMENTS
from tests.conftest import Templates
from tests.policies.breakages import BREAKAGES, BUCKET, CLUSTER, HOST, KEY, ROLE_POLICY, Breakage
from tests.policies.conftest import Change, Content, add, drop, set_in, set_statement

CASES = [
    pytest.param(rule, breakage, id=f"{rule}: {label}") for rule, breakages in BREAKAGES.items() for label, breakage in breakages.items()
]


def test_every_example_lake_keeps_every_rule(templates: Templates) -> None:
    assert [str(violation) for name, template in templates.items() for violation in check_stack(name, template)] == []


@pytest.mark.parametrize(("rule", "breakage"), CASES)
def test_rule_names_what_breaks_it_and_nothing_else(template_of: Callable[[str], Content], rule: str, breakage: Breakage) -> None:
    template = template_of(breakage.place)
    assert list(check_stack("stack", template)) == []
    breakage.change(template)
    assert list(check_stack("stack", template)) == [Violation("stack", rule, breakage.address, breakage.message)]


def test_every_rule_has_a_broken_example() -> None:
    assert set(BREAKAGES) == set(RULES)
    assert all(BREAKAGES.values())


def test_every_kind_that_a_rule_lists_has_a_broken_example() -> None:
    addresses = {rule: {breakage.address.split(".")[0] for breakage in breakages.values()} for rule, breakages in BREAKAGES.items()}
    assert addresses["account-singletons"] == set(SINGLETONS)
    assert addresses["data-protection"] == set(DATA_STORES)
    assert addresses["encryption"] >= set(KEY_ARGUMENTS)
    assert set(BREAKAGES["secrets"]) >= set(SECRET_ARGUMENTS)


def test_violation_reads_as_stack_resource_remedy_and_rule() -> None:
    violation = Violation("shop-dev-lake", "encryption", "aws_kms_key.key", "must set enable_key_rotation")
    assert str(violation) == "shop-dev-lake: aws_kms_key.key: must set enable_key_rotation [encryption]"


def test_several_broken_rules_are_all_reported(template_of: Callable[[str], Content]) -> None:
    template = template_of("retail/bastion")
    for change in (
        drop(HOST, "metadata_options"),
        set_in(HOST, "key_name", "mine"),
        drop(HOST, "root_block_device"),
        set_in(HOST, "associate_public_ip_address", True),
    ):
        change(template)
    assert sorted(violation.rule for violation in check_stack("stack", template)) == [
        "encryption",
        "metadata-service",
        "public-access",
        "public-access",
    ]


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("retail/lake", drop(BUCKET, "lifecycle")),
        ("retail/lake", set_in(BUCKET, "force_destroy", True)),
        ("retail/source", drop(CLUSTER, "lifecycle")),
    ],
    ids=["bucket", "bucket with its content", "cluster"],
)
def test_data_may_go_once_both_keys_were_given(template_of: Callable[[str], Content], place: str, change: Change) -> None:
    template = template_of(place)
    change(template)
    assert list(check_stack("stack", template, protected=False)) == []
    assert len(list(check_stack("stack", template))) == 1


def test_view_needs_no_protection(template_of: Callable[[str], Content]) -> None:
    template = template_of("serverless/lake")
    views = [table for table in template["resource"]["aws_glue_catalog_table"].values() if table["table_type"] == "VIRTUAL_VIEW"]
    assert views
    assert not any("lifecycle" in view for view in views)
    assert list(check_stack("stack", template)) == []


def test_denying_statement_may_use_wildcards(template_of: Callable[[str], Content]) -> None:
    template = template_of("retail/delivery")
    set_statement(ROLE_POLICY, Effect="Deny", Action="*", Resource="*")(template)
    assert list(check_stack("stack", template)) == []


@pytest.mark.parametrize("name", ["dms-vpc-role", "dms-cloudwatch-logs-role"])
def test_account_roles_of_dms_are_the_only_ones_excepted_by_name(template_of: Callable[[str], Content], name: str) -> None:
    template = template_of("retail/capture")
    roles = template["resource"]["aws_iam_role"]
    (address,) = (address for address, role in roles.items() if role["name"] == name)
    roles[address]["name"] = "another-role"
    assert [violation.address for violation in check_stack("stack", template)] == [f"aws_iam_role.{address}"]


POLICY = "aws_iam_role_policy.x"
TOPIC_POLICY = "aws_sns_topic_policy.x"
PUBLISH: dict[str, Any] = {"Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["arn:aws:sns:us-east-1:123456789012:x"]}


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


HOLES = {
    "everything but": add(POLICY, role="r", policy=document(Effect="Allow", NotAction=["iam:*"], Resource=["arn:aws:s3:::a"])),
    "everywhere but": add(POLICY, role="r", policy=document(Effect="Allow", Action=["s3:GetObject"], NotResource=["arn:aws:s3:::a"])),
    "topic open to anybody": add(TOPIC_POLICY, arn="a", policy=document(**PUBLISH, Principal="*")),
    "topic open to any account": add(TOPIC_POLICY, arn="a", policy=document(**PUBLISH, Principal={"AWS": ["*"]})),
    "bucket open to anybody": add(
        "aws_s3_bucket_policy.x",
        bucket="b",
        policy=document(Effect="Allow", Action=["s3:GetObject"], Resource=["arn:aws:s3:::b/*"], Principal={"AWS": "*"}),
    ),
    "stream's own policy": add(
        "aws_kinesis_resource_policy.x",
        resource_arn="a",
        policy=document(Effect="Allow", Action=["kinesis:*"], Resource=["a"], Principal={"AWS": "arn:aws:iam::123456789012:root"}),
    ),
    "administrator": add("aws_iam_role_policy_attachment.x", role="r", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"),
    "old kind of rule": add("aws_security_group_rule.x", type="ingress", cidr_blocks=["0.0.0.0/0"], from_port=22, to_port=22),
    "trust of all but one": set_statement(
        "aws_iam_role.iceberg_optimizers_role", "assume_role_policy", without=["Principal"], NotPrincipal={"AWS": "arn:aws:iam::1:root"}
    ),
    "trust of two services": set_statement(
        "aws_iam_role.iceberg_optimizers_role",
        "assume_role_policy",
        Principal={"Service": ["glue.amazonaws.com", "dms.amazonaws.com"]},
    ),
    "policy that terraform computes": add(POLICY, role="r", policy="${data.aws_iam_policy_document.x.json}"),
}
"""Ways round a rule: each must be refused, whichever rule says so."""


@pytest.mark.parametrize("label", HOLES)
def test_rules_cannot_be_got_round(template_of: Callable[[str], Content], label: str) -> None:
    template = template_of("retail/lake")
    HOLES[label](template)
    assert list(check_stack("stack", template)) != []


@pytest.mark.parametrize(
    "change",
    [
        drop(KEY, "policy"),
        add(POLICY, role="r", policy='{"Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"}}'),
        set_statement(
            "aws_iam_role.iceberg_optimizers_role",
            "assume_role_policy",
            Principal={"Service": ["dms.amazonaws.com", "lambda.amazonaws.com"]},
            Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}},
        ),
    ],
    ids=["key with AWS's own policy", "one statement without a list", "two services for this account"],
)
def test_rules_read_every_form_that_aws_allows(template_of: Callable[[str], Content], change: Change) -> None:
    template = template_of("retail/lake")
    change(template)
    assert list(check_stack("stack", template)) == []
