"""No plan, however broken, makes the review fail in another way than it says; and what is sensitive never comes out."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.review import kinds
from scripts.review.cost import CLASSES, CREATED, MORE
from scripts.review.errors import PlanError
from scripts.review.markdown import LIMIT, to_markdown
from scripts.review.plan_file import parse_plan
from scripts.review.report import review, review_records
from scripts.review.settings import RETENTIONS, SWITCHES
from tests.review.make_plans import PASSWORD
from tests.review.support import NAMES, PLANS, document, resource

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["*", "-1", "ROW", "10.0.0.0/8", "{}", '{"Statement":[]}']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
TYPES = sorted({*kinds.DATA, *kinds.POSITIONS, *kinds.SERVICE, *kinds.CONFIGURATION, *RETENTIONS, *SWITCHES, *MORE, *CLASSES, *CREATED})


def all_outputs(content: bytes) -> str:
    """The review in each form; nothing when the plan is refused."""
    try:
        one = review(parse_plan(content, name="p", file="p.json"))
    except PlanError as error:
        return str(error)
    page = to_markdown([one])
    assert len(page) <= LIMIT
    text = page + json.dumps(review_records([one]), ensure_ascii=False)
    text.encode("utf-8")
    return text


@cache
def plans() -> list[Any]:
    return [json.loads((PLANS / f"{name}.json").read_text()) for name in NAMES]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with every key in it."""
    found: list[tuple[Any, Any]] = []
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found += [(value, key), *places(value[key])]
    return found


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_any_mutation_of_a_real_plan_is_reviewed_or_refused(data: st.DataObject) -> None:
    plan = copy.deepcopy(data.draw(st.sampled_from(plans())))
    changes = plan.get("resource_changes")
    plan["resource_changes"] = [data.draw(st.sampled_from(changes)) for _ in range(3)]
    plan = copy.deepcopy(plan)
    for _ in range(data.draw(st.integers(1, 4))):
        container, key = data.draw(st.sampled_from(places(plan)))
        if data.draw(st.booleans()) or isinstance(container, list):
            container[key] = data.draw(JSON)
        else:
            container.pop(key, None)
    all_outputs(json.dumps(plan).encode())


@cache
def names_of_arguments() -> list[str]:
    return sorted({key for plan in plans() for change in plan["resource_changes"] for key in change["change"].get("after") or {}})


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_any_arguments_of_any_type_are_reviewed(data: st.DataObject) -> None:
    arguments = st.dictionaries(st.sampled_from(names_of_arguments()), JSON, max_size=5)
    change = resource(
        data.draw(st.sampled_from(TYPES)),
        data.draw(arguments),
        data.draw(arguments),
        actions=data.draw(st.sampled_from([["update"], ["delete", "create"], ["create"], ["delete"], ["forget"], ["?"]])),
        before_sensitive=data.draw(JSON),
        after_sensitive=data.draw(JSON),
        after_unknown=data.draw(JSON | st.dictionaries(st.sampled_from(names_of_arguments()), JSON, max_size=4)),
    )
    all_outputs(json.dumps(document(change, configuration=data.draw(JSON))).encode())


@settings(max_examples=100)
@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_reviewed_or_refused(content: bytes) -> None:
    assert all_outputs(content), "neither a page nor words that say why not"


@settings(max_examples=100)
@given(st.data())
def test_what_is_sensitive_never_comes_out(data: st.DataObject) -> None:
    """Whatever argument of whatever resource holds the secret, if Terraform marks it, it is not printed."""
    plan = copy.deepcopy(data.draw(st.sampled_from(plans())))
    change = data.draw(st.sampled_from([one["change"] for one in plan["resource_changes"]]))
    for side in ("before", "after"):
        if isinstance(change.get(side), dict) and change[side]:
            key = data.draw(st.sampled_from(sorted(change[side])))
            change[side][key] = data.draw(st.sampled_from([PASSWORD, [PASSWORD], {"policy": PASSWORD}, [{"name": PASSWORD}]]))
            marks = change.get(f"{side}_sensitive")
            change[f"{side}_sensitive"] = {**(marks if isinstance(marks, dict) else {}), key: True}
    assert PASSWORD not in all_outputs(json.dumps(plan).encode())


SPOKEN = {
    "aws_iam_role_policy": {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": PASSWORD, "Resource": "*"}]})},
    "aws_iam_role_policy_attachment": {"policy_arn": PASSWORD},
    "aws_vpc_security_group_ingress_rule": {"cidr_ipv4": PASSWORD},
    "aws_lakeformation_permissions": {"principal": PASSWORD, "permissions": ["ALL"]},
    "aws_lambda_permission": {"principal": PASSWORD},
    "aws_sns_topic_subscription": {"endpoint": PASSWORD},
}
"""Arguments whose values a review speaks of."""


@pytest.mark.parametrize("type_", SPOKEN)
def test_a_value_that_is_spoken_of_is_hidden_when_it_is_sensitive(type_: str) -> None:
    after = SPOKEN[type_]
    in_clear = all_outputs(json.dumps(document(resource(type_, None, after))).encode())
    assert PASSWORD in in_clear
    for marks in (True, dict.fromkeys(after, True)):
        hidden = all_outputs(json.dumps(document(resource(type_, None, after, after_sensitive=marks))).encode())
        assert PASSWORD not in hidden
        assert "sensitive" in hidden


@pytest.mark.parametrize("side", ["before", "after"])
def test_columns_and_tables_are_hidden_when_they_are_sensitive(side: str) -> None:
    before, after = {"input": {"orders": "id bigint"}}, {"input": {"orders": f"id bigint, {PASSWORD} string"}}
    if side == "before":
        before, after = after, before
    change = resource("terraform_data", before, after, name="mirrors_columns", **{f"{side}_sensitive": {"input": {"orders": True}}})
    told = all_outputs(json.dumps(document(change)).encode())
    assert PASSWORD not in told
    assert "cannot be read" in told
