"""The two roles that DMS wants once per account."""

from __future__ import annotations

from constructs_lib.dms_account_roles import DmsAccountRoles, ExistingDmsAccountRoles
from constructs_lib.lake_stack import LakeStack
from tests.constructs.conftest import Bench, of_kind, trust


def test_both_roles_have_the_names_and_policies_that_dms_looks_for(bench: Bench, stack: LakeStack) -> None:
    DmsAccountRoles(stack, "account-roles")
    template = bench.synth()
    assert {role["name"] for role in of_kind(template, "aws_iam_role").values()} == {"dms-vpc-role", "dms-cloudwatch-logs-role"}
    assert {attachment["policy_arn"] for attachment in of_kind(template, "aws_iam_role_policy_attachment").values()} == {
        "arn:aws:iam::aws:policy/service-role/AmazonDMSVPCManagementRole",
        "arn:aws:iam::aws:policy/service-role/AmazonDMSCloudWatchLogsRole",
    }
    for role in of_kind(template, "aws_iam_role"):
        assert trust(template, role)["Principal"] == {"Service": "dms.amazonaws.com"}


def test_policies_are_of_the_regions_partition(bench: Bench) -> None:
    DmsAccountRoles(bench.stack(region="us-gov-west-1"), "account-roles")
    arns = {attachment["policy_arn"] for attachment in of_kind(bench.synth(), "aws_iam_role_policy_attachment").values()}
    assert all(arn.startswith("arn:aws-us-gov:iam::aws:policy/service-role/") for arn in arns)


def test_readiness_waits_until_dms_sees_the_roles(bench: Bench, stack: LakeStack) -> None:
    """The original documents the race: a subnet group is refused while the role is new."""
    DmsAccountRoles(stack, "account-roles")
    template = bench.synth()
    (ready,) = of_kind(template, "terraform_data").values()
    attachments = [f"aws_iam_role_policy_attachment.{name}" for name in of_kind(template, "aws_iam_role_policy_attachment")]
    assert sorted(ready["depends_on"]) == sorted(attachments)
    assert ready["provisioner"] == [{"local-exec": {"command": "sleep 30"}}]
    assert set(ready["input"]) == {"dms-vpc-role", "dms-cloudwatch-logs-role"}


def test_roles_that_are_reused_are_looked_for_by_the_plan(bench: Bench, stack: LakeStack) -> None:
    assert len(ExistingDmsAccountRoles(stack, "account-roles").ready) == 2
    template = bench.synth()
    found = template["data"]["aws_iam_roles"]
    assert {roles["name_regex"] for roles in found.values()} == {"^dms-vpc-role$", "^dms-cloudwatch-logs-role$"}
    for roles in found.values():
        (condition,) = roles["lifecycle"]["postcondition"]
        assert condition["condition"] == "${length(self.names) > 0}"
        assert roles["name_regex"].strip("^$") in condition["error_message"]
        assert "capture.account_roles: create" in condition["error_message"]
    assert "aws_iam_role" not in template.get("resource", {})
