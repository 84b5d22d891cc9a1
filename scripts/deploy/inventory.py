"""What there is in an emulated account, asked through boto3: the difference before and after a lake is what the lake left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from scripts.plan.emulator import Emulator
from scripts.plan.output_folder import SynthesisedStack


@dataclass(frozen=True)
class Listing:
    """A call that lists one kind of thing, the answer's list, and the key that names an item (none: it is a string)."""

    service: str
    call: str
    items: str
    name: str | None


LISTINGS = (
    Listing("s3", "list_buckets", "Buckets", "Name"),
    Listing("iam", "list_roles", "Roles", "RoleName"),
    Listing("iam", "list_policies", "Policies", "PolicyName"),
    Listing("iam", "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"),
    Listing("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    Listing("ec2", "describe_subnets", "Subnets", "SubnetId"),
    Listing("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    Listing("ec2", "describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    Listing("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    Listing("ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    Listing("ec2", "describe_addresses", "Addresses", "AllocationId"),
    Listing("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    Listing("logs", "describe_log_groups", "logGroups", "logGroupName"),
    Listing("kms", "list_aliases", "Aliases", "AliasName"),
    Listing("kinesis", "list_streams", "StreamNames", None),
    Listing("firehose", "list_delivery_streams", "DeliveryStreamNames", None),
    Listing("lambda", "list_functions", "Functions", "FunctionName"),
    Listing("glue", "get_databases", "DatabaseList", "Name"),
    Listing("lakeformation", "list_permissions", "PrincipalResourcePermissions", "Principal"),
    Listing("lakeformation", "list_resources", "ResourceInfoList", "ResourceArn"),
    Listing("lakeformation", "list_lake_formation_opt_ins", "LakeFormationOptInsInfoList", "Resource"),
    Listing("rds", "describe_db_clusters", "DBClusters", "DBClusterIdentifier"),
    Listing("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    Listing("rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"),
    Listing("rds", "describe_db_parameter_groups", "DBParameterGroups", "DBParameterGroupName"),
    Listing("rds", "describe_db_cluster_parameter_groups", "DBClusterParameterGroups", "DBClusterParameterGroupName"),
    Listing("rds", "describe_db_cluster_snapshots", "DBClusterSnapshots", "DBClusterSnapshotIdentifier"),
    Listing("secretsmanager", "list_secrets", "SecretList", "Name"),
    Listing("dms", "describe_replication_instances", "ReplicationInstances", "ReplicationInstanceIdentifier"),
    Listing("dms", "describe_replication_subnet_groups", "ReplicationSubnetGroups", "ReplicationSubnetGroupIdentifier"),
    Listing("dms", "describe_endpoints", "Endpoints", "EndpointIdentifier"),
    Listing("dms", "describe_replication_tasks", "ReplicationTasks", "ReplicationTaskIdentifier"),
    Listing("dms", "describe_replication_configs", "ReplicationConfigs", "ReplicationConfigIdentifier"),
    Listing("dms", "describe_certificates", "Certificates", "CertificateIdentifier"),
    Listing("sns", "list_topics", "Topics", "TopicArn"),
    Listing("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
    Listing("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Listing("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    Listing("events", "list_rules", "Rules", "Name"),
)


def regions_of(stacks: Iterable[SynthesisedStack]) -> set[str]:
    """The regions that a lake touches: its own and that of its state."""
    stacks = list(stacks)
    states = [stack.template["terraform"]["backend"].get("s3", {}).get("region") for stack in stacks]
    return {stack.region for stack in stacks} | {region for region in states if region}


def inventory(emulator: Emulator, regions: Iterable[str]) -> set[str]:
    """Everything there is, each as `region service thing name`.

    Keys that wait for their deletion are left out, because AWS deletes none at once; so are instances that were terminated, which AWS shows
    for an hour, and NAT gateways and endpoints that were deleted.
    """
    return {item for region in regions for item in _in_region(emulator, region)}


def _in_region(emulator: Emulator, region: str) -> Iterator[str]:
    clients: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in clients:
            clients[service] = emulator.client(service, region)
        return clients[service]

    for listing in LISTINGS:
        for item in _all(client(listing.service), listing):
            name = item if listing.name is None else item.get(listing.name)
            yield f"{region} {listing.service} {listing.items} {name}"
    for key in _all(client("kms"), Listing("kms", "list_keys", "Keys", "KeyId")):
        state = client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        if state != "PendingDeletion":
            yield f"{region} kms Keys {key['KeyId']}"
    for reservation in client("ec2").describe_instances()["Reservations"]:
        for instance in reservation["Instances"]:
            if instance["State"]["Name"] != "terminated":
                yield f"{region} ec2 Instances {instance['InstanceId']}"
    for call, items, name in (
        ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
        ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
    ):
        for item in getattr(client("ec2"), call)()[items]:
            if item["State"].lower() not in ("deleted", "deleting"):
                yield f"{region} ec2 {items} {item[name]}"


def _all(client: Any, listing: Listing) -> Iterator[Any]:
    """Every page of a listing; DMS answers an error where there is nothing."""
    try:
        pages = client.get_paginator(listing.call).paginate() if client.can_paginate(listing.call) else [getattr(client, listing.call)()]
        for page in pages:
            yield from page[listing.items]
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundFault":
            raise
