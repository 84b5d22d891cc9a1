"""Makes in an emulator what a lake file says is there already: keys, the state bucket, a network, DMS's account roles.

Public image parameters and availability zones are moto's own; secrets and topics are only named, never read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from scripts.plan.emulator import Emulator
from scripts.plan.mends import CUSTOM_ID

_KEY_ARN = re.compile(r"arn:[\w-]+:kms:(?P<region>[\w-]+):\d{12}:key/(?P<id>[\w-]+)")
_NETWORK_ID = re.compile(r'"((?:vpc|subnet|sg)-[0-9a-f]+)"')

Template = Mapping[str, Any]


def seed_existing(emulator: Emulator, templates: Mapping[str, Template]) -> None:
    """Makes what stacks look up or build upon; what is there already stays.

    Args:
        emulator: where.
        templates: the stacks of a lake by name.
    """
    for template in templates.values():
        for key in template.get("data", {}).get("aws_kms_key", {}).values():
            found = _KEY_ARN.fullmatch(key["key_id"])
            if found:
                _seed_key(emulator, region=found["region"], key_id=found["id"])
        for roles in template.get("data", {}).get("aws_iam_roles", {}).values():
            _seed_role(emulator, name=roles["name_regex"].strip("^$"))
    _seed_state_buckets(emulator, templates)
    _seed_network(emulator, templates)


def _seed_key(emulator: Emulator, *, region: str, key_id: str) -> None:
    kms = emulator.client("kms", region)
    if all(key["KeyId"] != key_id for key in kms.list_keys()["Keys"]):
        kms.create_key(Tags=[{"TagKey": CUSTOM_ID, "TagValue": key_id}])


def _seed_role(emulator: Emulator, *, name: str) -> None:
    iam = emulator.client("iam", "us-east-1")
    if all(role["RoleName"] != name for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]):
        trust = {"Effect": "Allow", "Principal": {"Service": "dms.amazonaws.com"}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))


def _seed_state_buckets(emulator: Emulator, templates: Mapping[str, Template]) -> None:
    """Those that no stack makes."""
    made = {
        bucket["bucket"] for template in templates.values() for bucket in template.get("resource", {}).get("aws_s3_bucket", {}).values()
    }
    backends = [template["terraform"].get("backend", {}).get("s3") for template in templates.values()]
    for bucket, region in {(backend["bucket"], backend["region"]) for backend in backends if backend}:
        s3 = emulator.client("s3", region)
        if bucket in made or any(known["Name"] == bucket for known in s3.list_buckets()["Buckets"]):
            continue
        s3.create_bucket(Bucket=bucket, **({} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}))
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _seed_network(emulator: Emulator, templates: Mapping[str, Template]) -> None:
    """The VPC, subnets and security groups whose ids stand in the stacks."""
    ids = sorted({found for template in templates.values() for found in _NETWORK_ID.findall(json.dumps(template.get("resource", {})))})
    if not ids:
        return
    region = next(iter(templates.values()))["provider"]["aws"][0]["region"]
    ec2 = emulator.client("ec2", region)
    if any(vpc["VpcId"] in ids for vpc in ec2.describe_vpcs()["Vpcs"]):
        return
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    vpcs = [id_ for id_ in ids if id_.startswith("vpc-")]
    for vpc in vpcs:
        ec2.create_vpc(CidrBlock="10.99.0.0/16", TagSpecifications=_named("vpc", vpc))
    for index, subnet in enumerate(id_ for id_ in ids if id_.startswith("subnet-")):
        ec2.create_subnet(
            VpcId=vpcs[0],
            CidrBlock=f"10.99.{index}.0/24",
            AvailabilityZone=zones[index % len(zones)],
            TagSpecifications=_named("subnet", subnet),
        )
    for group in (id_ for id_ in ids if id_.startswith("sg-")):
        ec2.create_security_group(
            GroupName=group, Description="of the database", VpcId=vpcs[0], TagSpecifications=_named("security-group", group)
        )


def _named(kind: str, id_: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": CUSTOM_ID, "Value": id_}]}]
