"""DMS: times as numbers, tasks that get ready, subnet groups that remember their subnets, and the calls that change things in place."""

from __future__ import annotations

import json
from collections.abc import Callable, MutableMapping
from datetime import datetime
from typing import Any

from moto.core.responses import BaseResponse
from moto.dms.exceptions import ResourceNotFoundFault
from moto.dms.models import DatabaseMigrationServiceBackend as Backend
from moto.dms.models import Endpoint, FakeReplicationInstance, FakeReplicationSubnetGroup, FakeReplicationTask
from moto.dms.responses import DatabaseMigrationServiceResponse as Response
from moto.ec2 import ec2_backends

TIMES = {
    *("InstanceCreateTime", "ReplicationTaskCreationDate", "ReplicationTaskStartDate", "FreshStartDate"),
    *("StartDate", "StopDate", "FullLoadStartDate", "FullLoadFinishDate"),
}

ENDPOINT_FIELDS = {
    "CertificateArn": "certificate_arn",
    "SslMode": "ssl_mode",
    "MySQLSettings": "my_sql_settings",
    "KinesisSettings": "kinesis_settings",
    "ExtraConnectionAttributes": "extra_connection_attributes",
}
TASK_FIELDS = {
    "MigrationType": "migration_type",
    "TableMappings": "table_mappings",
    "ReplicationTaskSettings": "replication_task_settings",
}


def mend() -> None:
    """Answers as the provider needs it, and as AWS does."""
    for model in (FakeReplicationInstance, FakeReplicationTask):
        model.to_dict = _with_epochs(model.to_dict)
    _tasks_become_ready()
    _subnet_groups_keep_their_subnets()
    Response.modify_replication_subnet_group = _modify_replication_subnet_group
    Response.modify_endpoint = _modify_endpoint
    Response.modify_replication_task = _modify_replication_task
    Response.add_tags_to_resource = _add_tags
    Response.remove_tags_from_resource = _remove_tags


def _with_epochs(to_dict: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """AWS's JSON protocol has times as seconds since 1970; moto writes ISO strings, which the provider cannot decode."""

    def converted(self: Any) -> dict[str, Any]:
        return _convert(to_dict(self))

    return converted


def _convert(answer: MutableMapping[str, Any]) -> dict[str, Any]:
    return {
        key: _convert(value)
        if isinstance(value, dict)
        else datetime.fromisoformat(value).timestamp()
        if key in TIMES and isinstance(value, str)
        else value
        for key, value in answer.items()
    }


def _tasks_become_ready() -> None:
    """A new task is `creating` for a while and then `ready`; moto's stays `creating`, and the provider waits for it."""
    create = Backend.create_replication_task

    def create_ready(self: Any, *values: Any, **named: Any) -> FakeReplicationTask:
        return create(self, *values, **named).ready()

    Backend.create_replication_task = create_ready


def _subnet_groups_keep_their_subnets() -> None:
    """AWS answers the subnets and the VPC that were given; moto says `subnet-12345` for every group."""
    create = Backend.create_replication_subnet_group
    to_dict = FakeReplicationSubnetGroup.to_dict

    def create_with_subnets(self: Any, **named: Any) -> FakeReplicationSubnetGroup:
        group = create(self, **{**named, "tags": None})
        group.backend = self
        group.subnetIds = list(named["subnet_ids"])
        if named.get("tags"):  # moto files them under the bare name, and looks them up by ARN
            self.tagger.tag_resource(_subnet_group_arn(self, group.replication_subnet_group_identifier), named["tags"])
        return group

    def describe(self: Any) -> dict[str, Any]:
        known = ec2_backends[self.backend.account_id][self.backend.region_name]
        subnets = [known.get_subnet(subnet) for subnet in self.subnetIds]
        return {
            **to_dict(self),
            "VpcId": subnets[0].vpc_id,
            "Subnets": [
                {
                    "SubnetIdentifier": subnet.id,
                    "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
                    "SubnetStatus": "Active",
                }
                for subnet in subnets
            ],
        }

    Backend.create_replication_subnet_group = create_with_subnets
    FakeReplicationSubnetGroup.to_dict = describe


def _subnet_group_arn(backend: Any, identifier: str) -> str:
    return f"arn:{backend.partition}:dms:{backend.region_name}:{backend.account_id}:subgrp:{identifier}"


def _modify_replication_subnet_group(self: Any) -> str:
    given = json.loads(self.body)
    group = self.dms_backend.replication_subnet_groups[given["ReplicationSubnetGroupIdentifier"]]
    group.subnetIds = given["SubnetIds"]
    group.description = given.get("ReplicationSubnetGroupDescription", group.description)
    return json.dumps({"ReplicationSubnetGroup": group.to_dict()})


def _modify_endpoint(self: Any) -> str:
    given = json.loads(self.body)
    found: list[Endpoint] = [item for item in self.dms_backend.endpoints.values() if item.endpoint_arn == given["EndpointArn"]]
    if not found:
        raise ResourceNotFoundFault("Endpoint could not be found.")
    _update(found[0], ENDPOINT_FIELDS, given)
    return json.dumps({"Endpoint": {key: value for key, value in found[0].to_dict().items() if value is not None}})


def _modify_replication_task(self: Any) -> str:
    """In AWS the task is `modifying` for a while; a running task is refused, which moto's state would allow as well."""
    given = json.loads(self.body)
    task = self.dms_backend.replication_tasks[given["ReplicationTaskArn"]]
    _update(task, TASK_FIELDS, given)
    return json.dumps({"ReplicationTask": task.to_dict()})


def _update(item: object, fields: dict[str, str], given: dict[str, Any]) -> None:
    for field, attribute in fields.items():
        if field in given:
            setattr(item, attribute, given[field])


def _add_tags(self: BaseResponse) -> str:
    given = json.loads(self.body)
    self.dms_backend.tagger.tag_resource(given["ResourceArn"], given["Tags"])
    return "{}"


def _remove_tags(self: BaseResponse) -> str:
    given = json.loads(self.body)
    self.dms_backend.tagger.untag_resource_using_names(given["ResourceArn"], given["TagKeys"])
    return "{}"
