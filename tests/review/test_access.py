"""What a plan opens: policies statement by statement, security groups, grants."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.review.doors import opened
from scripts.review.policies import UnreadableError, covers, read_policy, widened
from tests.review.support import found, lines, resource


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in statements]})


READ = {"Action": ["s3:GetObject"], "Resource": "arn:aws:s3:::b/*"}
ACCOUNT = {"StringEquals": {"aws:SourceAccount": "1"}}
DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Principal": "*"}

WIDER = {
    "a new action": ([READ], [{**READ, "Action": ["s3:GetObject", "s3:PutObject"]}], "allows s3:PutObject on arn:aws:s3:::b/*"),
    "a new resource": ([READ], [{**READ, "Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::c/*"]}], "on arn:aws:s3:::c/*"),
    "a wildcard action": ([READ], [{**READ, "Action": "s3:*"}], "[wildcard in an action]"),
    "every action": ([READ], [{**READ, "Action": "*"}], "[EVERY ACTION"),
    "every resource": ([READ], [{**READ, "Resource": "*"}], "[EVERY RESOURCE]"),
    "a condition removed": ([{**READ, "Condition": ACCOUNT}], [READ], "without a condition that it had"),
    "a value added to a condition": (
        [{**READ, "Condition": ACCOUNT}],
        [{**READ, "Condition": {"StringEquals": {"aws:SourceAccount": ["1", "2"]}}}],
        "without a condition",
    ),
    "a value taken from a negated condition": (
        [{**READ, "Condition": {"StringNotEquals": {"aws:x": ["1", "2"]}}}],
        [{**READ, "Condition": {"StringNotEquals": {"aws:x": ["1"]}}}],
        "without a condition",
    ),
    "everybody": ([{**READ, "Principal": {"AWS": "a"}}], [{**READ, "Principal": "*"}], "to EVERYBODY"),
    "everybody in AWS": ([{**READ, "Principal": {"AWS": "a"}}], [{**READ, "Principal": {"AWS": ["a", "*"]}}], "to EVERYBODY"),
    "a denial removed": ([READ, DENY], [READ], "denies no longer s3:*"),
    "a denial narrowed": ([READ, DENY], [READ, {**DENY, "Condition": ACCOUNT}], "denies no longer s3:*"),
    "all but some actions": ([READ], [{"NotAction": "iam:*", "Resource": "arn:aws:s3:::b/*"}], "all but what is named"),
    "a new statement": ([READ], [READ, {"Action": "kms:Decrypt", "Resource": "k"}], "allows kms:Decrypt on k"),
    "a first policy": ([], [READ], "allows s3:GetObject"),
    "another service": (
        [{"Action": "sts:AssumeRole", "Principal": {"Service": "a.amazonaws.com"}}],
        [{"Action": "sts:AssumeRole", "Principal": {"Service": "b.amazonaws.com"}}],
        "to Service b.amazonaws.com",
    ),
}

NOT_WIDER = {
    "the same in another order": (
        [READ, {"Action": ["b:C", "a:B"], "Resource": "x"}],
        [{"Resource": ["x"], "Action": ["a:B", "b:C"]}, READ],
    ),
    "one statement as two": (
        [{"Action": ["a:B", "c:D"], "Resource": "x"}],
        [{"Action": "a:B", "Resource": "x"}, {"Action": "c:D", "Resource": "x"}],
    ),
    "an action in another case": ([READ], [{**READ, "Action": "S3:getobject"}]),
    "an action within a wildcard": ([{**READ, "Action": "s3:Get*"}], [{**READ, "Action": ["s3:GetObject", "s3:GetObject*"]}]),
    "a resource within a wildcard": ([READ], [{**READ, "Resource": "arn:aws:s3:::b/raw/*"}]),
    "an action removed": ([{**READ, "Action": ["s3:GetObject", "s3:PutObject"]}], [READ]),
    "a condition added": ([READ], [{**READ, "Condition": ACCOUNT}]),
    "a denial added": ([READ], [READ, DENY]),
    "a statement removed": ([READ, {"Action": "a:B", "Resource": "x"}], [READ]),
    "all removed": ([READ], []),
    "another name of a statement": ([{**READ, "Sid": "A"}], [{**READ, "Sid": "B"}]),
}


@pytest.mark.parametrize("name", WIDER)
def test_a_wider_policy_is_told(name: str) -> None:
    before, after, told = WIDER[name]
    actual = lines(found(resource("aws_iam_role_policy", {"policy": policy(*before)}, {"policy": policy(*after)})))
    assert len(actual) == 1
    assert actual[0].startswith("access: its policy ")
    assert told in actual[0]


@pytest.mark.parametrize("name", NOT_WIDER)
def test_a_policy_that_grants_no_more_is_not_told(name: str) -> None:
    before, after = NOT_WIDER[name]
    assert found(resource("aws_iam_role_policy", {"policy": policy(*before)}, {"policy": policy(*after)})) == ()


@pytest.mark.parametrize(
    ("type_", "argument", "kind"),
    [
        ("aws_iam_role", "assume_role_policy", "trust policy"),
        ("aws_s3_bucket_policy", "policy", "policy"),
        ("aws_kms_key", "policy", "policy"),
        ("aws_sns_topic_policy", "policy", "policy"),
        ("aws_secretsmanager_secret_policy", "policy", "policy"),
        ("aws_opensearch_domain", "access_policies", "access policy"),
        ("aws_kinesis_resource_policy", "policy", "policy"),
        ("aws_thing_of_tomorrow", "policy", "policy"),
    ],
)
def test_every_place_of_a_policy_is_read(type_: str, argument: str, kind: str) -> None:
    told = lines(found(resource(type_, {argument: policy(READ)}, {argument: policy({**READ, "Principal": "*"})})))
    assert any(line.startswith(f"access: its {kind} allows") and "EVERYBODY" in line for line in told)


@pytest.mark.parametrize(
    "text",
    ["no JSON", "[]", '"x"', '{"Statement": 1}', '{"Statement": [1]}', '{"Statement": [{"Effect": "Allow"}]}', '{"Statement": [{}]}'],
)
def test_a_policy_that_cannot_be_read_must_be_looked_at(text: str) -> None:
    told = lines(found(resource("aws_iam_role_policy", {"policy": policy(READ)}, {"policy": text})))
    assert len(told) == 1
    assert told[0].startswith("look: its policy cannot be judged")


def test_a_sensitive_policy_must_be_looked_at() -> None:
    change = resource("aws_iam_role_policy", {"policy": policy()}, {"policy": policy(READ)}, after_sensitive={"policy": True})
    assert lines(found(change)) == ["look: its policy is sensitive, and cannot be judged: look at it"]


def test_a_policy_of_more_than_can_be_compared_must_be_looked_at() -> None:
    huge = {"Action": [f"a:B{n}" for n in range(300)], "Resource": [f"r{n}" for n in range(300)]}
    assert "too much" in lines(found(resource("aws_iam_role_policy", None, {"policy": policy(huge)})))[0]


def test_the_denials_of_a_policy_that_goes_are_told() -> None:
    told = lines(found(resource("aws_s3_bucket_policy", {"policy": policy(READ, DENY)}, None)))
    assert told == ["access: its policy denies no longer s3:* on * to EVERYBODY"]


def test_an_endpoint_without_a_policy_lets_everything_through() -> None:
    told = lines(found(resource("aws_vpc_endpoint", {"policy": policy(READ)}, {"policy": None})))
    assert told == ["access: its policy goes: a VPC endpoint without a policy lets everything through"]


@given(st.text("s3:*?GetObject", max_size=12), st.text("s3:*?GetObject", max_size=12))
def test_what_a_pattern_covers_it_also_matches(pattern: str, name: str) -> None:
    """Of a name with wildcards every reading is covered: here the ones with nothing, and with a letter, in their place."""
    if covers(pattern, name):
        assert covers(pattern, name.replace("*", "").replace("?", "G"))
        assert covers(pattern, name.replace("*", "xyz").replace("?", "z"))


def test_a_question_mark_covers_no_star() -> None:
    assert not covers("s3:?", "s3:*")


_VALUES = st.sampled_from(["a:B", "a:*", "*", "c:D"])
_STATEMENTS = st.lists(
    st.fixed_dictionaries(
        {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": st.lists(_VALUES, min_size=1, max_size=3), "Resource": _VALUES},
        optional={"Condition": st.just(ACCOUNT), "Principal": st.sampled_from(["*", {"AWS": "x"}])},
    ),
    max_size=4,
)


@given(_STATEMENTS)
def test_no_policy_is_wider_than_itself(statements: list[dict[str, Any]]) -> None:
    read = read_policy(policy(*statements))
    assert widened(read, tuple(reversed(read))) == []


@given(_STATEMENTS, _STATEMENTS)
def test_one_of_two_different_directions_is_told(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    """What is allowed only afterwards is told: nothing that no statement of before names can slip through."""
    old, new = read_policy(policy(*before)), read_policy(policy(*after))
    allowed = {action for statement in old if statement.allows for action in statement.actions}
    for statement in new:
        for action in statement.actions:
            if statement.allows and action not in allowed and not any(covers(pattern, action) for pattern in allowed):
                assert any(action in grant.actions for grant in widened(old, new))


def test_reading_says_why_it_cannot() -> None:
    with pytest.raises(UnreadableError, match="not valid JSON"):
        read_policy("{")


INGRESS = "aws_vpc_security_group_ingress_rule"
MYSQL = {"ip_protocol": "tcp", "from_port": 3306, "to_port": 3306, "cidr_ipv4": "10.0.0.0/16"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cidr_ipv4": "10.0.0.0/8"}, "opens tcp port 3306 in from 10.0.0.0/8"),
        ({"cidr_ipv4": "0.0.0.0/0"}, "opens tcp port 3306 in from 0.0.0.0/0 [THE WHOLE INTERNET]"),
        ({"to_port": 3307}, "opens tcp ports 3306 to 3307 in from 10.0.0.0/16"),
        ({"ip_protocol": "-1"}, "opens all all ports in from 10.0.0.0/16"),
        ({"cidr_ipv4": None, "referenced_security_group_id": "sg-1"}, "opens tcp port 3306 in from sg-1"),
        ({"cidr_ipv4": "10.0.1.0/24"}, None),
        ({"cidr_ipv4": "no address"}, "opens tcp port 3306 in from no address"),
    ],
)
def test_a_wider_way_in_is_told(change: dict[str, Any], told: str | None) -> None:
    assert lines(found(resource(INGRESS, MYSQL, {**MYSQL, **change}))) == ([f"access: {told}"] if told else [])


def test_rules_within_a_security_group_are_compared_too() -> None:
    inside = {"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["10.0.0.0/16"], "self": False}
    before, after = {"ingress": [inside]}, {"ingress": [{**inside, "cidr_blocks": ["10.0.0.0/16", "::/0"], "self": True}]}
    assert [str(door) for door in opened("aws_security_group", before, after)] == [
        "opens tcp port 443 in from ::/0 [THE WHOLE INTERNET]",
        "opens tcp port 443 in from the group itself",
    ]


GRANT = {"principal": "p", "database": [{"name": "d"}]}
LOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")


@pytest.mark.parametrize(
    ("type_", "after", "told"),
    [
        ("aws_iam_role_policy_attachment", {"policy_arn": "arn:a"}, "attaches the policy arn:a"),
        ("aws_lambda_permission", {"principal": "*", "action": "a:B", "function_name": "f"}, "lets * do a:B on f [EVERYBODY]"),
        ("aws_lakeformation_permissions", {**GRANT, "permissions": ["ALL"]}, "grants ALL on database d to p"),
        ("aws_lakeformation_permissions", {**GRANT, "permissions_with_grant_option": ["ALL"]}, "and to hand it on"),
        ("aws_s3_bucket_public_access_block", {**dict.fromkeys(LOCKS, True), LOCKS[0]: False}, "block_public_acls is false"),
        ("aws_rds_cluster_instance", {"publicly_accessible": True}, "publicly_accessible is true"),
        ("aws_sns_topic_subscription", {"endpoint": "https://x"}, "sends messages to https://x"),
        ("aws_route", {"gateway_id": "igw-1", "destination_cidr_block": "0.0.0.0/0"}, "routes to the gateway igw-1"),
    ],
)
def test_what_is_opened_newly_is_told(type_: str, after: dict[str, Any], told: str) -> None:
    assert any(line.startswith("access") and told in line for line in lines(found(resource(type_, None, after))))


def test_a_grant_of_lake_formation_that_grows_is_told_and_only_that() -> None:
    before = {"principal": "p", "permissions": ["SELECT"], "database": [{"name": "d"}]}
    told = lines(found(resource("aws_lakeformation_permissions", before, {**before, "permissions": ["SELECT", "ALTER"]})))
    assert told == ["access: grants ALTER on database d to p"]


def test_a_key_that_goes_is_told() -> None:
    told = lines(found(resource("aws_cloudwatch_log_group", {"kms_key_id": "k"}, {"kms_key_id": ""})))
    assert told == ["access: its key (kms_key_id) goes: it is encrypted by AWS's key or not at all"]
