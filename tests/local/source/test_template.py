"""What a local lake reads out of a synthesised one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.config.load import load_lake
from constructs_lib.defaults import limits
from scripts.local.template import KinesisSettings, LocalTemplate, TemplateError, load_template
from scripts.local.unplayed import unplayed_arguments, unplayed_task_settings
from tests.local.source.support import EVERYTHING
from tests.local.support import LAKE, ROOT, synthesise


def test_capture(many_tables: LocalTemplate) -> None:
    assert (many_tables.task, many_tables.migration_type, many_tables.stream) == ("webshop-capture", "full-load-and-cdc", "webshop-cdc")
    assert many_tables.kinesis == EVERYTHING
    assert many_tables.task_settings["BeforeImageSettings"]["FieldName"] == "before-image"
    locators = [rule["object-locator"] for rule in many_tables.table_mappings["rules"] if rule["rule-type"] == "selection"]
    assert {"schema-name": "shop", "table-name": "order[_]items"} in locators


def test_deliveries(many_tables: LocalTemplate) -> None:
    histories, mirrors = many_tables.deliveries
    assert (mirrors.name, mirrors.stream, mirrors.buffering_seconds, mirrors.buffering_mib) == ("webshop-mirrors", "webshop-cdc", 30, 64)
    assert (mirrors.batch_mib, mirrors.batch_seconds, mirrors.batch_retries) == (
        limits.TRANSFORM_BUFFERING_SIZE_MIB.default, limits.TRANSFORM_BUFFERING_INTERVAL_SECONDS.default, limits.TRANSFORM_RETRIES.default,
    )  # fmt: skip
    assert {table.table: table.unique_keys for table in mirrors.tables}["order_items"] == ("order_id", "line")
    assert {table.database for table in mirrors.tables} == {"shop"}
    assert {table.unique_keys for table in histories.tables} == {()}
    assert histories.error_bucket.endswith("-errors")
    assert "!{firehose:error-output-type}" in histories.error_prefix
    assert mirrors.function.zip_path.is_file()
    assert mirrors.function.handler == "firehose_transform.handler.lambda_handler"
    assert set(mirrors.function.environment) == {"HASH_SECRET_ARN"}


def test_tables_and_views(many_tables: LocalTemplate) -> None:
    prices = dict(many_tables.tables["shop", "order_items"].columns)
    assert prices["price"] == "decimal(10,2)"
    by_hand = many_tables.tables["shop", "stores"]
    assert not by_hand.created
    assert by_hand.columns == (("country", "string"), ("store_id", "int"), ("city", "string"))
    view = many_tables.views["shop_history", "order_changes_current"]
    assert view.sql.startswith('WITH "facts" AS (')
    assert view.columns == (("order_id", "bigint"), ("status", "string"), ("total", "decimal(12,2)"))


@pytest.fixture(scope="module")
def synthesised_serverless(tmp_path_factory: pytest.TempPathFactory) -> LocalTemplate:
    return synthesise(ROOT / "lakes" / "serverless.yaml", tmp_path_factory.mktemp("serverless"))


def test_a_serverless_capture_reads_alike(synthesised_serverless: LocalTemplate) -> None:
    lake = load_lake(ROOT / "lakes" / "serverless.yaml")
    assert synthesised_serverless.migration_type == lake.capture.mode.value
    assert synthesised_serverless.task_settings["TargetMetadata"]["LimitedSizeLobMode"]
    assert synthesised_serverless.table_mappings["rules"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lake")
    (folder / "lake.yaml").write_text(LAKE)
    synthesise(folder / "lake.yaml", folder / "out")
    return folder / "out"


@pytest.fixture
def out(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "out"))


def edit(out: Path, component: str, change: Callable[[Any], None]) -> None:
    (file,) = out.glob(f"stacks/*-{component}/cdk.tf.json")
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))


def the_only(content: Any, kind: str) -> Any:
    return next(iter(content["resource"][kind].values()))


def test_terraforms_escape_is_undone(out: Path) -> None:
    mappings = json.dumps({"rules": [{"value": "$${schema-name}"}]})
    edit(out, "capture", lambda content: the_only(content, "aws_dms_replication_task").update(table_mappings=mappings))
    assert load_template(out).table_mappings == {"rules": [{"value": "${schema-name}"}]}


BREAKS: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "no task": (
        "capture",
        lambda content: content["resource"].pop("aws_dms_replication_task"),
        "must hold exactly one aws_dms_replication_task",
    ),
    "no Kinesis": (
        "capture",
        lambda content: [endpoint.pop("kinesis_settings", None) for endpoint in content["resource"]["aws_dms_endpoint"].values()],
        "does not write to a Kinesis endpoint",
    ),
    "no delivery": ("delivery", lambda content: content["resource"].pop("aws_kinesis_firehose_delivery_stream"), "no Firehose stream in"),
    "no output": ("lake", lambda content: content.pop("output"), "has no output cross-stack-output-"),
    "no handler": (
        "delivery",
        lambda content: the_only(content, "aws_lambda_function").pop("handler"),
        "lacks handler, which a local lake needs",
    ),
    "no zip": ("delivery", lambda content: the_only(content, "aws_lambda_function").update(filename="x.zip"), "is missing: .*x.zip"),
    "not Iceberg": (
        "delivery",
        lambda content: the_only(content, "aws_kinesis_firehose_delivery_stream").pop("iceberg_configuration"),
        "does not deliver into Iceberg",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_fails_when_a_part_is_missing(name: str, out: Path) -> None:
    component, change, message = BREAKS[name]
    edit(out, component, change)
    with pytest.raises(TemplateError, match=message):
        load_template(out)


def test_fails_when_nothing_was_synthesised(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="run `make synth` first"):
        load_template(tmp_path)


def test_fails_when_the_manifest_is_broken(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(TemplateError, match="run `make synth` again"):
        load_template(tmp_path)


def test_everything_in_the_example_templates_is_played_or_changes_no_row(
    many_tables: LocalTemplate, synthesised_serverless: LocalTemplate
) -> None:
    assert many_tables.unplayed == synthesised_serverless.unplayed == ()


def test_what_is_not_played_is_named(synthesise_text: Callable[[str], LocalTemplate]) -> None:
    settings = "{ErrorBehavior: {DataErrorPolicy: LOG_ERROR}, Logging: {EnableLogging: true}}"
    capture = f"capture: {{server_timezone: Europe/Berlin, task_settings: {settings}}}"
    assert synthesise_text(LAKE + capture + "\n").unplayed == (
        "the source endpoint's server_timezone: Europe/Berlin",
        "the task setting ErrorBehavior.DataErrorPolicy: LOG_ERROR",
    )


def test_a_setting_that_nobody_has_heard_of_is_named() -> None:
    """One that comes to the templates is not forgotten: whatever is not known is said."""
    task = {"migration_type": "cdc", "cdc_start_time": "2024-01-01", "//": {}, "tags": {"a": "b"}}
    target = {"kinesis_settings": {"stream_arn": "x", "no_hex_prefix": True, "spin": "left"}, "extra_connection_attributes": "a=b"}
    source = {"mysql_settings": {"after_connect_script": "SET x", "server_timezone": None}, "engine_name": "aurora"}
    assert list(unplayed_arguments(task, source, target, played=KinesisSettings)) == [
        "the task's cdc_start_time: 2024-01-01",
        "the source endpoint's after_connect_script: SET x",
        "the target endpoint's extra_connection_attributes: a=b",
        "the target endpoint's spin: left",
    ]
    assert list(unplayed_task_settings({"NewSection": {"NewKey": 5}, "TargetMetadata": {"LobMaxSize": 1}})) == [
        "the task setting NewSection.NewKey: 5"
    ]
