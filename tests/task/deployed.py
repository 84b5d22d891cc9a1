"""A lake's delivery and capture in an emulated AWS, under the names that its synthesised stacks have."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import load_lake
from scripts.cli import app
from scripts.plan.emulator import Emulator
from scripts.plan.mends.dms_tasks import EMULATED
from scripts.task.optimizers import Optimizer, wanted_optimizers
from tests.conftest import Templates

ROLE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "x"}, "Action": "sts:AssumeRole"}]}


def moulin(*arguments: str, **more: Any) -> Result:
    """`moulin ...` in this process; what it says of its own defects is a traceback, which no test expects."""
    result = CliRunner().invoke(app, list(arguments), **more)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def resources(templates: Templates, kind: str) -> list[dict[str, Any]]:
    """Every resource of a type in the stacks of a lake."""
    return [dict(found) for template in templates.values() for found in template.get("resource", {}).get(kind, {}).values()]


def zipped() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("handler.py", "def lambda_handler(event, context): ...")
    return target.getvalue()


@dataclass
class Deployed:
    """What was made of a lake: every name is one of the templates."""

    file: Path
    lake: Lake
    templates: Templates
    emulator: Emulator
    mappings: Mapping[str, Any] | None = None
    mode: str | None = None
    endpoints: dict[str, str] = field(default_factory=dict)
    arn: str = ""

    def client(self, service: str) -> Any:
        return self.emulator.client(service, self.lake.region)

    def run(self, verb: str, *arguments: str, **more: Any) -> Result:
        return moulin("task", verb, str(self.file), *arguments, **more)

    def deliver(self, *, without: tuple[str, ...] = ()) -> Deployed:
        """The stream, the functions and the delivery streams, but for those of the types given."""
        if "aws_kinesis_stream" not in without:
            for stream in resources(self.templates, "aws_kinesis_stream"):
                self.client("kinesis").create_stream(StreamName=stream["name"], ShardCount=1)
        if "aws_lambda_function" not in without:
            for function in resources(self.templates, "aws_lambda_function"):
                self._function(function["function_name"])
        if "aws_kinesis_firehose_delivery_stream" not in without:
            for firehose in resources(self.templates, "aws_kinesis_firehose_delivery_stream"):
                self._firehose(firehose["name"])
        return self

    def maintain(self) -> Deployed:
        """The databases, the tables and their optimizers, as the lake file asks for them."""
        glue = self.client("glue")
        for database in {optimizer.database: None for optimizer in wanted_optimizers(self.lake)}:
            glue.create_database(DatabaseInput={"Name": database})
        for database, table in {(one.database, one.table): None for one in wanted_optimizers(self.lake)}:
            glue.create_table(DatabaseName=database, TableInput={"Name": table})
        for one in wanted_optimizers(self.lake):
            glue.create_table_optimizer(**self.optimizer(one), TableOptimizerConfiguration=self.enabled(True))
        return self

    def optimizer(self, one: Optimizer) -> dict[str, str]:
        """How Glue's calls name it."""
        return {"CatalogId": self.emulator.account, "DatabaseName": one.database, "TableName": one.table, "Type": one.kind}

    def enabled(self, enabled: bool) -> dict[str, Any]:
        return {"enabled": enabled, "roleArn": self._role()}

    def capture(self) -> Deployed:
        """The endpoints, and the task on its instance or the serverless replication."""
        dms = self.client("dms")
        for endpoint in resources(self.templates, "aws_dms_endpoint"):
            made = dms.create_endpoint(
                EndpointIdentifier=endpoint["endpoint_id"], EndpointType=endpoint["endpoint_type"], EngineName=endpoint["engine_name"]
            )
            self.endpoints[endpoint["endpoint_type"]] = made["Endpoint"]["EndpointArn"]
        for task in resources(self.templates, "aws_dms_replication_task"):
            self._task(task)
        for config in resources(self.templates, "aws_dms_replication_config"):
            made = dms.create_replication_config(
                ReplicationConfigIdentifier=config["replication_config_identifier"],
                ReplicationType=self.mode or config["replication_type"],
                TableMappings=self._mappings(config),
                ComputeConfig={"MaxCapacityUnits": 8},
                **self._ends(),
            )
            self.arn = made["ReplicationConfig"]["ReplicationConfigArn"]
        return self

    def _task(self, task: Mapping[str, Any]) -> None:
        dms = self.client("dms")
        (instance,) = resources(self.templates, "aws_dms_replication_instance")
        made = dms.create_replication_instance(
            ReplicationInstanceIdentifier=instance["replication_instance_id"],
            ReplicationInstanceClass=instance["replication_instance_class"],
        )
        made = dms.create_replication_task(
            ReplicationTaskIdentifier=task["replication_task_id"],
            MigrationType=self.mode or task["migration_type"],
            ReplicationInstanceArn=made["ReplicationInstance"]["ReplicationInstanceArn"],
            TableMappings=self._mappings(task),
            **self._ends(),
        )
        self.arn = made["ReplicationTask"]["ReplicationTaskArn"]

    def _ends(self) -> dict[str, str]:
        return {"SourceEndpointArn": self.endpoints["source"], "TargetEndpointArn": self.endpoints["target"]}

    def _mappings(self, resource: Mapping[str, Any]) -> str:
        """As Terraform reads it: `$${` is `${`."""
        return str(resource["table_mappings"]).replace("$${", "${") if self.mappings is None else json.dumps(self.mappings)

    def _role(self) -> str:
        iam = self.client("iam")
        if not [role for role in iam.list_roles()["Roles"] if role["RoleName"] == "emulated"]:
            iam.create_role(RoleName="emulated", AssumeRolePolicyDocument=json.dumps(ROLE))
        return str(iam.get_role(RoleName="emulated")["Role"]["Arn"])

    def _function(self, name: str) -> None:
        self.client("lambda").create_function(
            FunctionName=name, Runtime="python3.13", Role=self._role(), Handler="handler.lambda_handler", Code={"ZipFile": zipped()}
        )

    def _firehose(self, name: str, stream: str | None = None) -> None:
        (kinesis,) = resources(self.templates, "aws_kinesis_stream")
        arn = f"arn:aws:kinesis:{self.lake.region}:{self.emulator.account}:stream/{stream or kinesis['name']}"
        s3 = {"RoleARN": self._role(), "BucketARN": "arn:aws:s3:::errors"}
        self.client("firehose").create_delivery_stream(
            DeliveryStreamName=name,
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": arn, "RoleARN": self._role()},
            ExtendedS3DestinationConfiguration=s3,
        )

    def say(self, arn: str, **what: Any) -> None:
        """Lets the emulator say of a DMS resource what cannot be brought about in it."""
        tagging = self.client("resourcegroupstaggingapi")
        failed = tagging.tag_resources(ResourceARNList=[arn], Tags={EMULATED: json.dumps(what)})["FailedResourcesMap"]
        assert failed == {}

    def task(self) -> dict[str, Any]:
        """What DMS says now. Looking moves the emulated task on by a step."""
        dms = self.client("dms")
        if self.lake.capture.serverless is not None:
            return dict(dms.describe_replications()["Replications"][0])
        return dict(dms.describe_replication_tasks()["ReplicationTasks"][0])

    def until(self, status: str) -> Deployed:
        """Lets the task go on until it has a status."""
        for _ in range(20):
            if self.task()["Status"] == status:
                return self
        raise AssertionError(self.task()["Status"])

    def until_loaded(self) -> Deployed:
        """Lets the full load come to its end."""
        for _ in range(20):
            task = self.task()
            if (task.get("ReplicationTaskStats") or task["ReplicationStats"])["FullLoadProgressPercent"] == 100:
                return self
        raise AssertionError(self.task())


def deployed(
    file: Path, templates: Templates, emulator: Emulator, *, mappings: Mapping[str, Any] | None = None, mode: str | None = None
) -> Deployed:
    return Deployed(file, load_lake(file), templates, emulator, mappings=mappings, mode=mode)
