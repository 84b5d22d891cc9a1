"""The network of the source, DMS and the bastion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from constructs_lib.config.network import DMS_ENDPOINTS, CreatedNetworkConfig
from constructs_lib.defaults.zones import CONSTRAINED_ZONES
from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.logs import LogGroup
from constructs_lib.notes import accept
from constructs_lib.part import Part, Scope
from constructs_lib.provider import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
    DefaultSecurityGroup,
    Eip,
    FlowLog,
    Fn,
    InternetGateway,
    NatGateway,
    Route,
    RouteTable,
    RouteTableAssociation,
    SecurityGroup,
    Subnet,
    TerraformResourceLifecycle,
    Vpc,
    VpcEndpoint,
    VpcSecurityGroupIngressRule,
)


@dataclass(frozen=True)
class NetworkExports:
    """What the other stacks need of the network, made or existing.

    Attributes:
        vpc_id: the VPC.
        private_subnet_ids: at least two, in two zones.
        dms_endpoints_group_id: group of the interface endpoints, when they serve all that DMS calls; None when not, or not known.
    """

    vpc_id: str
    private_subnet_ids: Sequence[str]
    dms_endpoints_group_id: str | None = None


class LakeNetwork(Part):
    """A VPC with one public and one private subnet per zone, and private ways to AWS.

    Public subnets hold NAT gateways only: nothing of a lake has a public address.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: name tag of the VPC and start of the names of what is in it.
        config: range, zones, NAT gateways and endpoints.
        log_retention_days: retention of the flow logs.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, config: CreatedNetworkConfig, log_retention_days: int) -> None:
        super().__init__(scope, id_)
        self._name = name
        self.vpc = Vpc(
            self,
            "Resource",
            cidr_block=config.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
        )
        self._vpc_id: str = self.vpc.id
        if not config.flow_logs:
            accept(self.vpc, {"CKV2_AWS_11": "network.create.flow_logs is switched off in the lake file"})
        DefaultSecurityGroup(self, "default-security-group", vpc_id=self._vpc_id)  # without rules: AWS's own allows everything inside it
        excluded = CONSTRAINED_ZONES.get(self.aws.region, ()) if config.exclude_zone_ids is None else config.exclude_zone_ids
        zones = DataAwsAvailabilityZones(
            self,
            "zones",
            state="available",
            exclude_zone_ids=list(excluded) or None,
            filter=[DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])],
        )
        accept(
            zones,
            {"CKV_AWS_394": "a subnet keeps the zone that it was made in (ignore_changes), whatever zone is added"},
        )
        self._zones = zones.names
        blocks = list(IPv4Network(config.cidr).subnets(prefixlen_diff=4))
        public, private = blocks[: config.availability_zones], blocks[config.availability_zones : 2 * config.availability_zones]
        self._public = [self._subnet("public", index, block) for index, block in enumerate(public)]
        self._private = [self._subnet("private", index, block) for index, block in enumerate(private)]
        private_ids: list[str] = [subnet.id for subnet in self._private]
        tables = [self._public_route_table(), *self._private_route_tables(config.nat_gateways)]
        VpcEndpoint(
            self,
            "s3-endpoint",
            vpc_id=self._vpc_id,
            service_name=f"com.amazonaws.{self.aws.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags={"Name": f"{name}-s3"},
        )
        endpoints_group_id = self._interface_endpoints(config, private_ids)
        if config.flow_logs:
            self._flow_logs(log_retention_days)
        self.exports = NetworkExports(
            vpc_id=self._vpc_id,
            private_subnet_ids=private_ids,
            dms_endpoints_group_id=endpoints_group_id if set(DMS_ENDPOINTS) <= set(config.interface_endpoints) else None,
        )

    def _subnet(self, kind: str, index: int, block: IPv4Network) -> Subnet:
        return Subnet(
            self,
            f"{kind}-{index}",
            vpc_id=self._vpc_id,
            cidr_block=str(block),
            availability_zone=Fn.element(self._zones, index),
            map_public_ip_on_launch=False,
            tags={"Name": f"{self._name}-{kind}-{index}"},
            # Another zone would replace the subnet: the order of the zones may change when AWS opens one.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["availability_zone"]),
        )

    def _route_table(self, kind: str, subnets: Sequence[Subnet]) -> RouteTable:
        table = RouteTable(self, f"{kind}-routes", vpc_id=self._vpc_id, tags={"Name": f"{self._name}-{kind}"})
        for index, subnet in enumerate(subnets):
            RouteTableAssociation(self, f"{kind}-routes-{index}", route_table_id=table.id, subnet_id=subnet.id)
        return table

    def _public_route_table(self) -> RouteTable:
        self._gateway = InternetGateway(self, "internet", vpc_id=self._vpc_id, tags={"Name": self._name})
        table = self._route_table("public", self._public)
        Route(self, "public-internet", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", gateway_id=self._gateway.id)
        return table

    def _private_route_tables(self, nat_gateways: int) -> list[RouteTable]:
        gateways = [self._nat_gateway(index) for index in range(nat_gateways)]
        tables = []
        for index, subnet in enumerate(self._private):
            table = self._route_table(f"private-{index}", [subnet])
            if gateways:
                gateway = gateways[index % nat_gateways]
                Route(self, f"private-{index}-nat", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", nat_gateway_id=gateway.id)
            tables.append(table)
        return tables

    def _nat_gateway(self, index: int) -> NatGateway:
        address = Eip(self, f"nat-{index}-address", domain="vpc", tags={"Name": f"{self._name}-nat-{index}"}, depends_on=[self._gateway])
        return NatGateway(
            self,
            f"nat-{index}",
            allocation_id=address.id,
            subnet_id=self._public[index].id,
            tags={"Name": f"{self._name}-{index}"},
            depends_on=[self._gateway],
        )

    def _interface_endpoints(self, config: CreatedNetworkConfig, subnet_ids: Sequence[str]) -> str | None:
        """Makes the endpoints and their group; returns the group's id."""
        if not config.interface_endpoints:
            return None
        group = SecurityGroup(
            self,
            "endpoints",
            name=f"{self._name}-endpoints",
            description="HTTPS from the VPC to AWS services",
            vpc_id=self._vpc_id,
            tags={"Name": f"{self._name}-endpoints"},
        )
        VpcSecurityGroupIngressRule(
            self,
            "endpoints-https",
            security_group_id=group.id,
            description="HTTPS from the VPC",
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4=config.cidr,
        )
        for service in config.interface_endpoints:
            VpcEndpoint(
                self,
                f"{service}-endpoint",
                vpc_id=self._vpc_id,
                service_name=f"com.amazonaws.{self.aws.region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=list(subnet_ids),
                security_group_ids=[group.id],
                tags={"Name": f"{self._name}-{service}"},
            )
        return str(group.id)

    def _flow_logs(self, retention_days: int) -> None:
        name = f"/aws/vpc/{self._name}"
        key = EncryptionKey(
            self, "flow-log-key", alias=f"{self._name}-flow-logs", description=f"Flow logs of {self._name}", log_groups=[name]
        )
        group = LogGroup(self, "flow-log-group", name=name, retention_days=retention_days, key=key)
        role = ServiceRole(
            self,
            "flow-log-role",
            role_name=f"{self._name}-flow-logs",
            service="vpc-flow-logs.amazonaws.com",
            description="Writes the VPC's flow logs",
        )
        group.grant_write(role)
        role.allow(  # AWS lists both as the least that flow logs need
            "find-log-groups",
            Statement("FindStreams", ["logs:DescribeLogStreams"], [f"{group.arn}:*"]),
            Statement(
                "FindGroups",
                ["logs:DescribeLogGroups"],
                [self.aws.arn("logs", "log-group:*")],
                why_any_resource="logs:DescribeLogGroups lists the groups of the account; IAM checks it against all of them",
            ),
        )
        FlowLog(
            self,
            "flow-log",
            vpc_id=self._vpc_id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags={"Name": self._name},
            depends_on=role.policies,
        )
