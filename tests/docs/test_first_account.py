"""docs/first-account.md: its commands are those of AWS's CLI and of ours, its names those that the lake on it gets."""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import parse_lake
from constructs_lib.config.routes import routes
from constructs_lib.provider import App
from functions.firehose_transform.handler import respond
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer
from stacks.app import build_stacks
from stacks.synth import read_templates
from tests.conftest import ROOT
from tests.docs import aws_cli

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGE = (ROOT / "docs" / "first-account.md").read_text()
LAKE_TEXT, NETWORK_TEXT = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def lake() -> Lake:
    return parse_lake(LAKE_TEXT)


@pytest.fixture(scope="module")
def stacks(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, Any]]:
    out = tmp_path_factory.mktemp("first")
    made = App(outdir=str(out / "out"))
    build_stacks(made, lake, build_folder=out / "build")
    made.synth()
    return read_templates(out / "out")


SHOWN = [(page.name, command) for page in PAGES for command in aws_cli.commands(page.read_text())]


@pytest.mark.parametrize(("page", "command"), SHOWN, ids=[f"{page}: {' '.join(command.split()[1:3])}" for page, command in SHOWN])
def test_command_is_one_of_the_aws_cli(page: str, command: str) -> None:
    assert aws_cli.problems(command) == [], page


def test_the_page_has_commands_for_every_fact() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    facts = [section for section in sections if re.match(r"\d+\. ", section)]
    assert [section.split(".")[0] for section in facts] == [str(number) for number in range(11)]
    for section in facts:
        assert aws_cli.commands(section), section.splitlines()[0]
        assert "| expected | if not |" in section, section.splitlines()[0]


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("aws glue get-table --database-name a --name b", []),
        ("aws glue get-tables-optimizer --type compaction", ["there is no glue get-tables-optimizer"]),
        ("aws gluee get-table", ["there is no gluee get-table"]),
        ("aws glue get-table --database-name a --table-name b", ["glue get-table has no --table-name", "glue get-table needs --name"]),
        (
            "aws kinesis get-shard-iterator --stream-name a --shard-id b --shard-iterator-type FIRST",
            [
                "kinesis get-shard-iterator: FIRST is not one of AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER,"
                " TRIM_HORIZON, LATEST, AT_TIMESTAMP"
            ],
        ),
    ],
)
def test_what_the_cli_would_not_take_is_found(command: str, found: list[str]) -> None:
    assert aws_cli.problems(command) == found


def test_a_query_that_cannot_be_read_and_a_value_of_another_shape_are_found() -> None:
    with pytest.raises(ValueError, match="Invalid jmespath expression"):
        aws_cli.problems("aws glue get-table --database-name a --name b --query 'Table.['")
    assert aws_cli.problems("""aws events put-events --entries '[{"Sauce": "x"}]'""") != []
    assert aws_cli.problems("aws dms describe-endpoints --filters Nom=a,Values=b") != []


def test_every_name_on_the_page_is_one_that_the_lake_gets(stacks: Mapping[str, Mapping[str, Any]]) -> None:
    text = json.dumps(stacks)
    names = set(re.findall(r"\bfirst[-_](?:dev|state)[a-z0-9_-]*[a-z0-9]", PAGE)) - {"first-dev"}
    assert {name for name in names if name not in text and name not in stacks} == set()
    assert len(names) > 15


def test_every_stack_is_deployed_in_its_order(stacks: Mapping[str, Mapping[str, Any]]) -> None:
    named = [name for line in re.findall(r"cdktf deploy ([^'\n]*)$", PAGE, re.MULTILINE) for name in line.split()]
    assert list(dict.fromkeys(named)) == [f"first-dev-{stack}" for stack in
        ("bootstrap", "network", "source", "lake", "delivery", "capture", "operations", "bastion")]  # fmt: skip
    assert set(named) == set(stacks)


def test_network_of_the_ninth_fact_fits_the_lake() -> None:
    changed = parse_lake(LAKE_TEXT + NETWORK_TEXT)
    assert changed.network.create is not None
    assert changed.network.create.nat_gateways == 0


def test_message_of_the_third_fact_becomes_the_row(lake: Lake) -> None:
    (message,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    (delivery,) = lake.deliveries
    document = routes(lake, delivery)
    transformer = Transformer(parse_routes(json.dumps(document)), None)
    for text, operation in ((message, "update"), (message.replace('"update"', '"delete"'), "delete")):
        event = {
            "invocationId": "x",
            "deliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/first-dev-iceberg",
            "region": "us-east-1",
            "records": [{"recordId": "0", "data": b64encode(text.encode()).decode(), "approximateArrivalTimestamp": 1768473000000}],
        }
        (answer,) = json.loads(json.dumps(respond(event, transformer)))["records"]
        assert answer["result"] == "Ok"
        assert answer["metadata"]["otfMetadata"] == {
            "destinationDatabaseName": "first_dev",
            "destinationTableName": "orders",
            "operation": operation,
        }
        row = json.loads(b64decode(answer["data"]))
        assert (row["id"], row["status"]) == (1, None)


def test_every_file_and_setting_that_is_named_exists() -> None:
    for path in re.findall(r"`([a-z_/-]+\.(?:py|md))`|`(tests/[a-z/]+)`", PAGE):
        assert (ROOT / next(filter(None, path))).exists(), path
    for name, file in re.findall(r"`(\w+)`(?: of `[^`]+`)? in `([a-z_/]+\.py)`", PAGE):
        assert name in (ROOT / file).read_text(), (name, file)


def test_lake_of_the_page_is_a_text_of_its_own() -> None:
    assert yaml.safe_load(LAKE_TEXT)["name"] == "first"
    assert not Path(ROOT / "lakes" / "first.yaml").exists()
