"""A whole lake is deployed by the real provider, and an account holds what the lake file says."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from scripts.plan.emulator import Emulator
from tests.conftest import ROOT
from tests.deploy.support import REGION, Deployed, declared, remote_addresses

FIXTURES = ROOT / "tests" / "functions" / "fixtures"


def client(aws: Emulator, service: str) -> Any:
    return aws.client(service, REGION)


def test_every_declared_resource_is_in_the_remote_state(retail: Deployed) -> None:
    assert len(retail.names) == 8
    for component in ("network", "source", "lake", "delivery", "capture", "operations", "bastion"):
        assert remote_addresses(retail, component) == declared(retail, component)


def test_state_lies_under_the_key_that_bootstrap_made_for_it(retail: Deployed, aws: Emulator) -> None:
    key = retail.outputs("bootstrap")["StateKeyArn"]
    backend = retail.template("lake")["terraform"]["backend"]["s3"]
    head = client(aws, "s3").head_object(Bucket=backend["bucket"], Key=backend["key"])
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_second_plan_is_empty(retail: Deployed) -> None:
    assert retail.plans() == {}


def test_nothing_was_left_out(retail: Deployed) -> None:
    """Arguments that an older provider lacks are listed; this lake needs none of them."""
    assert [item for items in retail.deployment.dropped.values() for item in items] == []


def test_stream_is_as_the_lake_file_says(retail: Deployed, aws: Emulator) -> None:
    stream = client(aws, "kinesis").describe_stream_summary(StreamName="cdc_retail_trans_stream")["StreamDescriptionSummary"]
    assert stream["StreamModeDetails"]["StreamMode"] == "ON_DEMAND"
    assert stream["RetentionPeriodHours"] == 168
    assert stream["EncryptionType"] == "KMS"
    assert client(aws, "kms").describe_key(KeyId=stream["KeyId"])["KeyMetadata"]["Description"] == "Changes of retail-dev"


def test_firehose_reads_the_stream_and_writes_the_iceberg_table(retail: Deployed, aws: Emulator) -> None:
    firehose = client(aws, "firehose").describe_delivery_stream(DeliveryStreamName="PUT-ICE-0d1f6")["DeliveryStreamDescription"]
    outputs = retail.outputs("delivery")
    assert firehose["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert firehose["Source"]["KinesisStreamSourceDescription"]["KinesisStreamARN"] == outputs["DMSTargetKinesisStreamArn"]
    destination = firehose["Destinations"][0]["IcebergDestinationDescription"]
    assert [
        (table["DestinationDatabaseName"], table["DestinationTableName"], table["UniqueKeys"])
        for table in destination["DestinationTableConfigurationList"]
    ] == [("cdc_iceberg_demo_db", "retail_trans_iceberg", ["trans_id"])]
    assert destination["BufferingHints"] == {"IntervalInSeconds": 60, "SizeInMBs": 128}
    assert destination["RoleARN"] == outputs["FirehoseRoleArn"]
    (processor,) = destination["ProcessingConfiguration"]["Processors"]
    parameters = {item["ParameterName"]: item["ParameterValue"] for item in processor["Parameters"]}
    assert outputs["FirehoseDataProcFuncName"] in parameters["LambdaArn"]


def test_glue_table_has_the_columns_of_the_lake_file(retail: Deployed, aws: Emulator) -> None:
    table = client(aws, "glue").get_table(DatabaseName="cdc_iceberg_demo_db", Name="retail_trans_iceberg")["Table"]
    assert [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]] == [
        ("trans_id", "bigint"),
        ("customer_id", "string"),
        ("event", "string"),
        ("sku", "string"),
        ("amount", "int"),
        ("device", "string"),
        ("trans_datetime", "timestamp"),
    ]
    assert (
        table["StorageDescriptor"]["Location"] == "s3://retail-trans-iceberg-123456789012/cdc_iceberg_demo_db/retail_trans_iceberg.iceberg"
    )


def test_lake_formation_grants_go_to_the_roles_that_write(retail: Deployed, aws: Emulator) -> None:
    found = client(aws, "lakeformation").list_permissions()["PrincipalResourcePermissions"]
    firehose = retail.outputs("delivery")["FirehoseRoleArn"]
    granted = [
        (next(iter(item["Resource"])), sorted(item["Permissions"]))
        for item in found
        if item["Principal"]["DataLakePrincipalIdentifier"] == firehose
    ]
    assert ("Database", ["DESCRIBE"]) in granted
    assert any(kind.startswith("Table") and {"SELECT", "INSERT"} <= set(permissions) for kind, permissions in granted)


@pytest.fixture(scope="module")
def function_zip(retail: Deployed) -> bytes:
    function = next(iter(retail.template("delivery")["resource"]["aws_lambda_function"].values()))
    stack = retail.deployment.stacks[retail.stack("delivery")]
    return (stack.folder / function["filename"]).read_bytes()


def test_function_runs_the_synthesised_zip(retail: Deployed, aws: Emulator, function_zip: bytes) -> None:
    name = retail.outputs("delivery")["FirehoseDataProcFuncName"]
    configuration = client(aws, "lambda").get_function(FunctionName=name)["Configuration"]
    assert configuration["CodeSha256"] == base64.b64encode(hashlib.sha256(function_zip).digest()).decode()
    assert (configuration["MemorySize"], configuration["Timeout"]) == (256, 300)


INVOKE = """
import importlib, json, sys
zip_path, module, name = sys.argv[1:]
sys.path.insert(0, zip_path)
print(json.dumps(getattr(importlib.import_module(module), name)(json.load(sys.stdin), None)))
"""


def test_code_in_the_account_transforms_a_record(retail: Deployed, aws: Emulator, function_zip: bytes, tmp_path: Path) -> None:
    """The zip is fetched from the account, and its handler invoked as Lambda would."""
    function = client(aws, "lambda").get_function(FunctionName=retail.outputs("delivery")["FirehoseDataProcFuncName"])
    downloaded = tmp_path / "function.zip"
    with urlopen(function["Code"]["Location"]) as answer:
        downloaded.write_bytes(answer.read())
    assert downloaded.read_bytes() == function_zip

    event = json.loads((FIXTURES / "firehose_event.json").read_text())
    event["records"][0]["data"] = base64.b64encode((FIXTURES / "dms" / "insert.json").read_bytes()).decode()
    done = subprocess.run(
        [sys.executable, "-I", "-c", INVOKE, str(downloaded), *function["Configuration"]["Handler"].rsplit(".", 1)],
        input=json.dumps(event).encode(),
        capture_output=True,
        check=True,
    )
    (record,) = json.loads(done.stdout.splitlines()[-1])["records"]
    assert (record["recordId"], record["result"]) == (event["records"][0]["recordId"], "Ok")
    assert record["metadata"]["otfMetadata"] == {
        "destinationDatabaseName": "cdc_iceberg_demo_db",
        "destinationTableName": "retail_trans_iceberg",
        "operation": "update",
    }
    assert json.loads(base64.b64decode(record["data"]))["trans_id"] == 6


def test_task_has_the_lakes_table_mappings_and_settings(retail: Deployed, aws: Emulator) -> None:
    (task,) = [
        task
        for task in client(aws, "dms").describe_replication_tasks()["ReplicationTasks"]
        if task["ReplicationTaskIdentifier"] == retail.outputs("capture")["DMSReplicationTaskId"]
    ]
    assert task["Status"] == "ready"
    assert task["MigrationType"] == "full-load-and-cdc"
    declared_task = next(iter(retail.template("capture")["resource"]["aws_dms_replication_task"].values()))
    assert json.loads(task["TableMappings"]) == json.loads(declared_task["table_mappings"].replace("$${", "${"))
    assert json.loads(task["ReplicationTaskSettings"]) == json.loads(declared_task["replication_task_settings"])
    settings = json.loads(task["ReplicationTaskSettings"])
    assert settings["FullLoadSettings"]["MaxFullLoadSubTasks"] == 8
    assert settings["TargetMetadata"]["ParallelApplyThreads"] == 8


def test_replication_password_is_in_no_state_and_no_output(retail: Deployed, aws: Emulator) -> None:
    assert_password_is_nowhere(retail, aws)


def assert_password_is_nowhere(retail: Deployed, aws: Emulator) -> None:
    secrets = client(aws, "secretsmanager")
    value = json.loads(secrets.get_secret_value(SecretId="retail-dev/replication")["SecretString"])
    assert value["username"] == "moulin_replication"
    assert len(value["password"]) == 32
    admin = [secrets.get_secret_value(SecretId=item["ARN"])["SecretString"] for item in secrets.list_secrets()["SecretList"]]
    passwords = {json.loads(text)["password"] for text in admin}
    assert value["password"] in passwords
    s3 = client(aws, "s3")
    bucket = retail.template("network")["terraform"]["backend"]["s3"]["bucket"]
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    texts = [s3.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])["Body"].read().decode() for item in versions]
    texts += [json.dumps(retail.deployment.shown(name)) for name in retail.names]
    texts += [path.read_text() for path in (retail.folder / "deployed").rglob("*.log")]
    assert len(versions) >= 7
    assert [password for password in passwords for text in texts if password in text] == []
