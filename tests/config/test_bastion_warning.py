"""A bastion that cannot fetch the packages of `moulin seed`."""

from __future__ import annotations

from datetime import date

import pytest

from constructs_lib.config.load import parse_lake
from tests.config.support import BASE

ENDPOINTS = "interface_endpoints: [kinesis-streams, secretsmanager, ssm, ssmmessages]"
MESSAGE = (
    "has no moulin seed with nat_gateways: 0, which cuts it off from the package index; moulin-mysql and moulin-prepare-source are there"
    " (raise network.create.nat_gateways to 1 if the rows are to be made on it)"
)


@pytest.mark.parametrize(
    ("network", "bastion", "messages"),
    [
        (f"{{create: {{nat_gateways: 0, {ENDPOINTS}}}}}", "{}", [MESSAGE]),
        ("{create: {nat_gateways: 1}}", "{}", []),
        (f"{{create: {{nat_gateways: 0, {ENDPOINTS}}}}}", "false", []),
    ],
)
def test_warns_where_there_is_no_way_to_the_index(network: str, bastion: str, messages: list[str]) -> None:
    lake = parse_lake(f"{BASE}\nnetwork: {network}\nbastion: {bastion}\n")
    assert [problem.message for problem in lake.warnings(date(2026, 1, 1)) if problem.path == ("bastion",)] == messages
