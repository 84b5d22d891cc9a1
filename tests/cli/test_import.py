# ruff: noqa: E501 - a message stands in one piece
"""`moulin import`: from the original's context file to a lake file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from constructs_lib.config.load import load_lake
from scripts.cli import app

CONTEXT: dict[str, Any] = {
    "db_cluster_name": "dms-source-db",
    "dms_data_source": {"database_name": "testdb", "table_name": "retail_trans"},
    "kinesis_stream_name": "cdc_retail_trans_stream",
    "data_firehose_configuration": {
        "stream_name": "PUT-ICE-0d1f6",
        "buffering_hints": {"interval_in_seconds": 60, "size_in_mbs": 128},
        "transform_records_with_aws_lambda": {"buffer_size": 3, "buffer_interval": 300, "number_of_retries": 3},
        "destination_iceberg_table_configuration": {
            "database_name": "cdc_iceberg_demo_db",
            "table_name": "retail_trans_iceberg",
            "unique_keys": ["trans_id"],
        },
        "s3_bucket_name": "trans-datalake-iceberg-us-east-1",
        "output_prefix": "cdc_iceberg_demo_db/retail_trans_iceberg",
        "error_output_prefix": "error/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"
        "!{firehose:error-output-type}",
    },
}
"""The original's own context file."""


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CDK_DEFAULT_REGION", raising=False)
    monkeypatch.delenv("CDK_DEFAULT_ACCOUNT", raising=False)


class Folder:
    """A folder with a context file, and the lake file that comes of it."""

    def __init__(self, path: Path) -> None:
        self.context = path / "cdk.context.json"
        self.lake = path / "lakes" / "out.yaml"

    def write(self, **changes: Any) -> None:
        self.write_text(json.dumps(changed(changes), indent=2))

    def write_text(self, text: str) -> None:
        self.context.write_text(text)

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["import", str(self.context), "--output-file", str(self.lake), *arguments])

    def mistakes(self) -> list[str]:
        result = self.run()
        assert result.exit_code == 2, result.output
        assert not self.lake.exists()
        return [line.removeprefix(str(self.context)) for line in result.stderr.splitlines()]


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The context file with some values changed, by dotted path; None takes one out."""
    data: dict[str, Any] = json.loads(json.dumps(CONTEXT))
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = data
        for part in parents:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return data


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_the_originals_file_becomes_the_retail_lake(folder: Folder) -> None:
    folder.write()
    result = folder.run("--name", "retail", "--account", "123456789012")
    assert (result.exit_code, result.stdout) == (0, f"{folder.lake}: written\n")
    made, example = load_lake(folder.lake), load_lake(Path("lakes/retail.yaml"))
    assert made.tables == example.tables
    assert made.stream == example.stream
    assert made.storage.bucket == "trans-datalake-iceberg-us-east-1"  # the example's holds the account: names of buckets are global
    assert made.storage.model_copy(update={"bucket": example.storage.bucket}) == example.storage
    assert (made.name, made.region, made.account) == (example.name, example.region, example.account)
    ours, theirs = made.deliveries[0], example.deliveries[0]
    for name in ("stream_name", "database", "data_prefix", "error_prefix", "buffering_interval_seconds", "buffering_size_mib"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert (ours.transform.buffering_size_mib, ours.transform.buffering_interval_seconds, ours.transform.retries) == (3, 300, 3)
    assert made.source.create is not None
    assert made.source.create.cluster_identifier == "dms-source-db"


def test_it_says_what_it_decided(folder: Folder) -> None:
    folder.write()
    notes = [line.removeprefix(str(folder.context)) for line in folder.run().stderr.splitlines()]
    assert notes == [
        ":5: dms_data_source.table_name has a character that DMS reads as a wildcard (it is taken literally now: only retail_trans)",
        ":5: dms_data_source.table_name is the original's own table (its seven columns are written)",
        ":15: data_firehose_configuration.transform_records_with_aws_lambda.buffer_size leaves a batch room to grow by less than half before"
        " its answer passes Lambda's 6 MB (kept; 1 is safer)",
        ":28: data_firehose_configuration.error_output_prefix does not end in a slash, so that file names would run into it (added one)",
    ]
    assert load_lake(folder.lake).name == "retail-trans"


def test_another_table_needs_its_columns(folder: Folder) -> None:
    folder.write(dms_data_source__table_name="order_items", data_firehose_configuration__s3_bucket_name="my-lake")
    result = folder.run()
    assert result.exit_code == 1
    assert [line.removeprefix(str(folder.lake)).split(" (choose")[0] for line in result.stderr.splitlines()][-2:] == [
        ":6: region must be an AWS region such as us-east-1, got fill-in",
        ":44: tables[0].columns.trans_id must be one of boolean, int, long, float, double, date, timestamp, string, binary, decimal(p,s), time,"
        " timestamptz, uuid, got fill-in",
    ]
    done = folder.run("--force", "--region", "eu-west-1", "--columns", "trans_id:long, total:decimal(12,2)")
    assert done.exit_code == 0, done.output
    assert {name: column.type for name, column in load_lake(folder.lake).tables[0].columns.items()} == {
        "trans_id": "long",
        "total": "decimal(12,2)",
    }


@pytest.mark.parametrize(("schema", "table"), [("my shop", "order items"), ("a.b", "c"), ("a", "per%cent")])
def test_names_of_any_spelling_are_taken_over(folder: Folder, schema: str, table: str) -> None:
    folder.write(
        dms_data_source__database_name=schema, dms_data_source__table_name=table, data_firehose_configuration__s3_bucket_name="my-lake"
    )
    done = folder.run("--region", "eu-west-1", "--name", "odd", "--columns", "trans_id:long")
    assert done.exit_code == 0, done.output
    source = load_lake(folder.lake).tables[0].source
    assert (source.schema_name, source.table_name) == (schema, table)


def test_a_name_that_mysql_cannot_have_is_refused_in_its_place(folder: Folder) -> None:
    folder.write(dms_data_source__table_name="trailing ", data_firehose_configuration__s3_bucket_name="my-lake")
    done = folder.run("--region", "eu-west-1", "--name", "odd", "--columns", "trans_id:long")
    assert done.exit_code == 2
    assert ":5: dms_data_source.table_name must be a name that MySQL can have and DMS can read" in done.stderr


def test_the_environment_of_the_cdk_counts(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-north-1")
    monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "123456789012")
    folder.write()
    folder.run()
    made = load_lake(folder.lake)
    assert (made.region, made.account) == ("eu-north-1", "123456789012")


def test_an_existing_file_stays_without_force(folder: Folder) -> None:
    folder.write()
    folder.lake.parent.mkdir()
    folder.lake.write_text("mine")
    result = folder.run()
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"{folder.lake}: already exists (give --force to overwrite it, or another --output-file)"
    assert folder.lake.read_text() == "mine"
    assert folder.run("--force").exit_code == 0
    assert [file.name for file in folder.lake.parent.iterdir()] == ["out.yaml"]


def test_output_for_programs(folder: Folder) -> None:
    folder.write()
    result = folder.run("--output", "json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["lake_file"], report["problems"]) == (0, str(folder.lake), [])
    assert [note["line"] for note in report["notes"]] == [5, 5, 15, 28]


def test_optional_keys_and_the_cdks_own_are_no_mistakes(folder: Folder) -> None:
    cdks_own: dict[str, Any] = {"vpc-provider:account=1": {"a": 1}, "@aws-cdk/core:x": True}
    folder.write(kinesis_stream_name=None, vpc_name="main", **cdks_own)
    result = folder.run()
    assert result.exit_code == 0, result.output
    assert (
        "vpc_name names a VPC that is there already (a new one is made; to use it, give network.existing its id and private subnets)"
        in (result.stderr)
    )
    assert load_lake(folder.lake).stream.name is None


@pytest.mark.parametrize(
    ("prefix", "note", "folder_of_tables"),
    [
        ("a/b/retail_trans_iceberg/", "", "a/b"),
        ("retail_trans_iceberg", "has no folder above the table's (the table lies in one named as its database)", None),
        (
            "somewhere/else",
            "does not end in the table's name (the table lies below it)",
            "somewhere/else",
        ),
    ],
)
def test_the_tables_folder_becomes_the_folder_above_it(folder: Folder, prefix: str, note: str, folder_of_tables: str | None) -> None:
    folder.write(data_firehose_configuration__output_prefix=prefix)
    result = folder.run()
    assert load_lake(folder.lake).deliveries[0].data_prefix == folder_of_tables
    assert note in result.stderr


def test_fails_when_the_shape_is_wrong_with_every_mistake_at_once(folder: Folder) -> None:
    folder.write(
        db_cluster_name=5,
        dms_data_source__table_name=None,
        kinesis_stream="x",
        data_firehose_configuration__buffering_hints__size_in_mbs="128",
        data_firehose_configuration__destination_iceberg_table_configuration__unique_keys="trans_id",
    )
    assert folder.mistakes() == [
        ':2: db_cluster_name must be text, got the number 5 (quote it: "5")',
        ":3: dms_data_source.table_name is missing: the MySQL table",
        ":11: data_firehose_configuration.buffering_hints.size_in_mbs must be a whole number, got the text 128 (remove the quotes)",
        ":21: data_firehose_configuration.destination_iceberg_table_configuration.unique_keys must be a list, got trans_id (write [trans_id])",
        ":27: kinesis_stream is not a known key (did you mean kinesis_stream_name?)",
    ]


def test_fails_when_values_are_wrong_with_every_mistake_at_once(folder: Folder) -> None:
    firehose = "data_firehose_configuration"
    changes: dict[str, Any] = {
        "db_cluster_name": "My_Cluster",
        f"{firehose}__buffering_hints__size_in_mbs": 129,
        f"{firehose}__transform_records_with_aws_lambda__buffer_size": 0.1,
        f"{firehose}__destination_iceberg_table_configuration__table_name": "retail-trans",
        f"{firehose}__destination_iceberg_table_configuration__unique_keys": ["trans_id", "nr"],
        f"{firehose}__error_output_prefix": "error/!{timestamp:yyyy}/",
    }
    folder.write(**changes)
    assert folder.mistakes() == [
        ":2: db_cluster_name must be lower-case letters, digits and single hyphens, starting with a letter, 1 to 53 characters, got My_Cluster"
        " (try my-cluster)",
        f":12: {firehose}.buffering_hints.size_in_mbs must be between 1 and 128 MiB, got 129 (lower it)",
        f":15: {firehose}.transform_records_with_aws_lambda.buffer_size must be between 0.2 and 3 MiB, got 0.1 (raise it)",
        f":21: {firehose}.destination_iceberg_table_configuration.table_name must be lower-case letters, digits and underscores, 1 to 255"
        " characters, got retail-trans (try retail_trans)",
        f":24: {firehose}.destination_iceberg_table_configuration.unique_keys[1] is not a column of this table: nr (the columns are trans_id,"
        " customer_id, event, sku, amount, device, trans_datetime)",
        f":29: {firehose}.error_output_prefix must contain !{{firehose:error-output-type}} because it has an expression,"
        " got error/!{timestamp:yyyy}/ (add it)",
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ":1: is not valid JSON in column 1: expecting value"),
        ('{\n "a": 1,\n}', ":3: is not valid JSON in column 1: expecting property name enclosed in double quotes"),
        ("[1]", ":1: must be a mapping of keys, got a list (write key: value below it)"),
        ('{"a": 1, "a": 2}', ":1: a is given twice, first in line 1 (remove one)"),
    ],
)
def test_fails_when_it_is_not_a_context_file(folder: Folder, text: str, found: str) -> None:
    folder.write_text(text)
    assert folder.mistakes() == [found]


def test_json_that_is_not_yaml_is_read_too(folder: Folder) -> None:
    text = json.dumps(CONTEXT, indent="\t").replace("retail_trans_stream", "\\ud83d\\ude00")
    folder.write_text(text)
    assert folder.mistakes()[0].startswith(":7: kinesis_stream_name must be letters, digits, underscores, dots and hyphens")


def test_fails_when_an_option_is_wrong(folder: Folder) -> None:
    folder.write()
    result = folder.run("--name", "Retail Lake", "--columns", "trans_id:bigint")
    assert result.exit_code == 2
    assert [line.removeprefix(str(folder.context)).split(", got")[0] for line in result.stderr.splitlines()] == [
        ": --name: name must be lower-case letters, digits and single hyphens, starting with a letter, 2 to 20 characters",
        ": --columns: tables[0].columns.trans_id must be one of boolean, int, long, float, double, date, timestamp, string, binary, decimal(p,s),"
        " time, timestamptz, uuid",
    ]


def test_fails_when_nothing_can_be_written(folder: Folder) -> None:
    folder.write()
    folder.lake.parent.write_text("a file where the folder would be")
    result = folder.run()
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert result.stderr.splitlines()[-1].startswith(f"{folder.lake}: cannot be written: ")
