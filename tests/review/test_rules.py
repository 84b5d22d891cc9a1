"""Rule by rule, on small plans made by hand: what is told, and what is not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.review import kinds
from scripts.review.cost import size
from scripts.review.settings import RETENTIONS, SWITCHES
from scripts.review.values import Mark
from tests.review.support import found, lines, resource


def nested(path: str, value: Any) -> Any:
    """Arguments in which a path leads to a value; what is below the first name are blocks, as the provider has them."""
    name, _, rest = path.partition(".")
    return {name: [nested(rest, value)] if rest else value}


@pytest.mark.parametrize("type_", [*kinds.DATA, *kinds.POSITIONS])
@pytest.mark.parametrize("actions", [["delete"], ["delete", "create"], ["create", "delete"]])
def test_what_keeps_data_or_positions_is_a_loss_when_it_goes(type_: str, actions: list[str]) -> None:
    told = lines(found(resource(type_, {"name": "a"}, {"name": "b"} if len(actions) > 1 else None, actions=actions)))
    assert told[0].startswith(f"loss: {'replaced' if len(actions) > 1 else 'destroyed'}. Lost: ")


@pytest.mark.parametrize("type_", sorted(kinds.CONFIGURATION))
def test_what_keeps_nothing_goes_without_a_loss(type_: str) -> None:
    told = lines(found(resource(type_, {"name": "a"}, None)))
    allowed = {"aws_s3_bucket_versioning": "loss: versioning goes", "aws_s3_bucket_public_access_block": "access: the locks"}
    allowed["aws_s3_bucket_server_side_encryption_configuration"] = "access: new objects"
    assert not told or told[0].startswith(allowed.get(type_, "nothing"))


def test_a_type_that_no_rule_knows_must_be_looked_at_when_it_goes() -> None:
    assert lines(found(resource("aws_new_store", {"name": "a"}, None))) == [
        "look: destroyed: no rule knows what aws_new_store keeps; see what is lost with it"
    ]
    assert found(resource("aws_new_store", None, {"name": "a"})) == ()


@pytest.mark.parametrize(("type_", "setting"), [(type_, setting) for type_, settings in RETENTIONS.items() for setting in settings])
def test_less_retention_is_a_loss_and_more_is_not(type_: str, setting: Any) -> None:
    shorter = lines(found(resource(type_, nested(setting.path, 30), nested(setting.path, 29))))
    assert shorter[0].startswith(f"loss: {setting.path} becomes 29 {setting.unit} (was 30)")
    assert not [line for line in lines(found(resource(type_, nested(setting.path, 30), nested(setting.path, 31)))) if "loss" in line]
    assert lines(found(resource(type_, nested(setting.path, 30), nested(setting.path, None))))[0].startswith("loss")


def test_endless_logs_are_longer_than_any() -> None:
    kind = "aws_cloudwatch_log_group"
    assert "was endless" in lines(found(resource(kind, {"retention_in_days": 0}, {"retention_in_days": 3653})))[0]
    assert lines(found(resource(kind, {"retention_in_days": 30}, {"retention_in_days": 0}))) == [
        "cost: more: endless days of logs (was 30)"
    ]


def good(setting: Any) -> Any:
    """A value that a switch does not call bad."""
    return next(
        value for value in (True, False, "Enabled", "KMS", "required") if value not in setting.bad and type(value) is type(_like(setting))
    )


def _like(setting: Any) -> Any:
    return next(value for value in setting.bad if value is not None)


@pytest.mark.parametrize(("type_", "setting"), [(type_, setting) for type_, settings in SWITCHES.items() for setting in settings])
def test_every_switch_is_told_when_it_is_turned_the_wrong_way_only(type_: str, setting: Any) -> None:
    for bad in setting.bad:
        told = lines(found(resource(type_, nested(setting.path, good(setting)), nested(setting.path, bad))))
        assert any(line.startswith(f"{setting.area.value}: {setting.path} becomes") for line in told), told
        assert not [
            line
            for line in lines(found(resource(type_, nested(setting.path, bad), nested(setting.path, good(setting)))))
            if setting.path in line
        ]
        made = lines(found(resource(type_, None, nested(setting.path, bad))))
        assert any(setting.path in line for line in made) == setting.on_creation


def test_a_lifecycle_that_deletes_sooner_is_a_loss() -> None:
    kind = "aws_s3_bucket_lifecycle_configuration"

    def rules(days: int | None, *, prefix: str = "", status: str = "Enabled") -> dict[str, Any]:
        expiration = [{"days": days}] if days else []
        return {"bucket": "b", "rule": [{"id": "r", "status": status, "filter": [{"prefix": prefix}], "expiration": expiration}]}

    assert lines(found(resource(kind, rules(90), rules(30)))) == ["loss: deletes objects everywhere after 30 days (were after 90)"]
    assert lines(found(resource(kind, rules(None), rules(30)))) == ["loss: deletes objects everywhere after 30 days (never were)"]
    assert lines(found(resource(kind, rules(30, status="Disabled"), rules(30)))) == [
        "loss: deletes objects everywhere after 30 days (never were)"
    ]
    assert found(resource(kind, rules(30), rules(90))) == ()
    assert found(resource(kind, rules(30), rules(30, status="Disabled"))) == ()
    assert "below raw/" in lines(found(resource(kind, None, rules(30, prefix="raw/"))))[0]
    with_new_bucket = found(resource("aws_s3_bucket", None, {"bucket": "b"}), resource(kind, None, rules(30)))
    assert with_new_bucket == ()


def mappings(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"table_mappings": json.dumps({"rules": [{"rule-id": str(i), "rule-name": f"n{i}", **rule} for i, rule in enumerate(rules)]})}


def rule(kind: str, action: str, table: str, column: str | None = None, **more: Any) -> dict[str, Any]:
    locator = {"schema-name": "shop", "table-name": table, **({"column-name": column} if column else {})}
    return {"rule-type": kind, "rule-action": action, "object-locator": locator, "filters": [], **more}


ORDERS = rule("selection", "include", "orders")
STOCK = rule("selection", "include", "stock")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([ORDERS, STOCK], [STOCK, ORDERS], []),
        ([ORDERS, STOCK], [ORDERS], ["loss: selects shop.stock no longer: what is selected by no other rule is not captured"]),
        ([ORDERS], [ORDERS, rule("selection", "exclude", "stock")], ["loss: excludes shop.stock: it is captured no longer"]),
        ([ORDERS], [ORDERS, rule("transformation", "remove-column", "orders", "note")], ["loss: drops the column shop.orders.note"]),
        (
            [ORDERS, rule("transformation", "remove-column", "orders", "mail")],
            [ORDERS],
            ["access: drops the column shop.orders.mail no longer"],
        ),
        ([ORDERS], [ORDERS, STOCK], ["note: selects shop.stock, newly"]),
        ([ORDERS], [ORDERS, rule("object-mapping", "map-record-to-document", "orders")], ["look: has a new object-mapping rule"]),
        (
            [ORDERS],
            [{**ORDERS, "filters": [{"filter-type": "source"}]}],
            ["loss: selects shop.orders no longer", "note: selects shop.orders, with"],
        ),
    ],
)
@pytest.mark.parametrize("type_", ["aws_dms_replication_task", "aws_dms_replication_config"])
def test_table_mappings_are_compared_rule_by_rule(type_: str, before: list[Any], after: list[Any], told: list[str]) -> None:
    actual = lines(found(resource(type_, {**mappings(*before), "status": "stopped"}, {**mappings(*after), "status": "stopped"})))
    assert len(actual) == len(told)
    assert all(line.startswith(start) for line, start in zip(actual, told, strict=True)), actual


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"rules": 1}', '{"rules": [1]}', None])
def test_table_mappings_that_cannot_be_read_must_be_looked_at(broken: Any) -> None:
    told = lines(
        found(resource("aws_dms_replication_task", {**mappings(ORDERS), "status": "ready"}, {"table_mappings": broken, "status": "ready"}))
    )
    assert told == ["look: its table mappings change and cannot be read: compare them by hand"]


def test_changed_unique_keys_are_a_loss() -> None:
    def stream(*keys: str) -> dict[str, Any]:
        tables = [{"database_name": "d", "table_name": "t", "unique_keys": list(keys)}]
        return {"iceberg_configuration": [{"destination_table_configuration": tables}]}

    told = lines(found(resource("aws_kinesis_firehose_delivery_stream", stream("id"), stream("id", "line"))))
    assert told == ["loss: unique keys of d.t become id, line (were id): updates match other rows"]


def mode(name: str) -> dict[str, Any]:
    return nested("stream_mode_details.stream_mode", name)


def capacity(units: int) -> dict[str, Any]:
    return nested("compute_config.max_capacity_units", units)


DMS = "replication_instance_class"


@pytest.mark.parametrize(
    ("type_", "before", "after", "told"),
    [
        ("aws_rds_cluster_instance", {"instance_class": "db.r7g.large"}, {"instance_class": "db.r7g.xlarge"}, "larger: db.r7g.xlarge"),
        ("aws_rds_cluster_instance", {"instance_class": "db.r7g.xlarge"}, {"instance_class": "db.r7g.large"}, None),
        ("aws_dms_replication_instance", {DMS: "dms.t3.large"}, {DMS: "dms.r6i.large"}, "another class"),
        ("aws_kinesis_stream", {"shard_count": 1}, {"shard_count": 2}, "more: 2 shards (was 1)"),
        ("aws_kinesis_stream", {"shard_count": 2}, {"shard_count": 1}, None),
        ("aws_kinesis_stream", mode("PROVISIONED"), mode("ON_DEMAND"), "paid in another way"),
        ("aws_dms_replication_config", capacity(4), capacity(8), "more: 8 capacity"),
        ("aws_rds_cluster_instance", {"monitoring_interval": 60}, {"monitoring_interval": 15}, "more: 15 seconds between"),
        ("aws_rds_cluster_instance", {"monitoring_interval": 15}, {"monitoring_interval": 60}, None),
        ("aws_nat_gateway", None, {"id": "a"}, "new: a NAT gateway"),
        ("aws_vpc_endpoint", None, {"vpc_endpoint_type": "Interface"}, "new: an interface endpoint"),
        ("aws_vpc_endpoint", None, {"vpc_endpoint_type": "Gateway"}, None),
        ("aws_kinesis_stream_consumer", None, {"name": "a"}, "new: enhanced fan-out"),
    ],
)
def test_what_costs_more_is_told_by_its_direction(type_: str, before: Any, after: Any, told: str | None) -> None:
    costs = [line for line in lines(found(resource(type_, before, after))) if line.startswith("cost")]
    assert bool(costs) == (told is not None)
    assert told is None or costs[0].startswith(f"cost: {told}")
    assert not any(character in line for line in costs for character in "$€")


@pytest.mark.parametrize(
    ("name", "expected"), [("db.r7g.large", 5), ("db.t4g.medium", 4), ("r6g.2xlarge.search", 8), ("x.ظxlarge", 0), ("", 0)]
)
def test_size_of_an_instance(name: str, expected: int) -> None:
    assert size(name) == expected


def test_binlog_parameters_are_what_capture_hangs_on() -> None:
    def group(value: str) -> dict[str, Any]:
        return {"parameter": [{"name": "binlog_format", "value": value}, {"name": "wait_timeout", "value": value}]}

    told = lines(found(resource("aws_rds_cluster_parameter_group", group("ROW"), group("MIXED"))))
    assert told == ["loss: binlog_format becomes MIXED (was ROW): DMS reads a ROW binlog only"]


def test_an_unknown_policy_is_not_passed_over() -> None:
    change = resource("aws_iam_role_policy", {"policy": "{}"}, {"name": "a"}, after_unknown={"policy": True})
    assert lines(found(change)) == ["look: its policy is known after apply, and cannot be judged: look at it"]


def test_a_policy_that_the_configuration_does_not_set_is_none() -> None:
    change = resource("aws_sns_topic", None, {"name": "a"}, after_unknown={"policy": True})
    configuration = {"root_module": {"resources": [{"address": "aws_sns_topic.x", "expressions": {"name": {}}}]}}
    assert lines(found(change)) != []
    assert found(change, configuration=configuration) == ()


def test_an_unknown_retention_is_not_passed_over() -> None:
    change = resource("aws_kinesis_stream", {"retention_period": 168}, {}, after_unknown={"retention_period": True})
    assert lines(found(change)) == ["look: retention_period changes to a value that cannot be seen: see that it is not shorter"]


def test_drift_says_what_changed_and_never_to_what() -> None:
    drifted = resource("aws_instance", {"user_data": "old"}, {"user_data": "token"})
    assert lines(found(resource_drift=[drifted])) == ["note: was changed outside of Terraform: user_data"]
    gone = resource("aws_s3_bucket", {"bucket": "b"}, None)
    assert lines(found(resource_drift=[gone]))[0].startswith("loss: was deleted outside of Terraform")
    assert found(resource_drift=[resource("aws_vpc", {"tags": None, "a": []}, {"tags": {}, "a": None})]) == ()


def test_deferred_broken_and_partial_plans_need_a_yes() -> None:
    deferred = {"reason": "provider_config_unknown", "resource_change": resource("aws_vpc", None, {})}
    assert lines(found(deferred_changes=[deferred], complete=False)) == [
        "look: the plan is not complete (targeted, or deferred): another plan must follow, and be reviewed",
        "look: deferred to a later plan (provider config unknown): that one must be reviewed",
    ]
    assert "broke off" in lines(found(errored=True))[0]


def test_words_of_a_later_terraform_are_not_passed_over() -> None:
    assert lines(found(resource("aws_vpc", {}, {}, actions=["transmute"])))[0].startswith("look: what Terraform does with it")


def test_the_reason_of_a_replacement_is_told() -> None:
    change = resource(
        "aws_kinesis_stream",
        {},
        {},
        actions=["delete", "create"],
        replace_paths=[["a", 0, "b"], ["c"]],
        action_reason="replace_because_tainted",
    )
    assert "replaced (it is tainted: its creation failed half-way, or someone marked it: because of a[0].b, c)" in lines(found(change))[0]


def test_data_sources_are_no_resources() -> None:
    assert found(resource("aws_s3_bucket", {}, None, mode="data")) == ()


def test_marks_say_what_they_stand_for() -> None:
    assert [str(mark) for mark in Mark] == ["(sensitive value)", "(known after apply)"]
