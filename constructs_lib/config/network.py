"""The network in which the source, DMS and the bastion live."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from constructs_lib.config.base import Model, SubnetId, VpcId
from constructs_lib.config.problems import Problem
from constructs_lib.config.text import Text, shown
from constructs_lib.defaults import limits

InterfaceEndpoint = Literal["kinesis-streams", "secretsmanager", "logs", "monitoring", "sts", "ssm", "ssmmessages", "ec2messages"]

ZoneId = Annotated[str, Text("the id of an availability zone such as use1-az3", r"[a-z]{2,5}\d{1,2}-az\d{1,2}")]

DMS_ENDPOINTS: tuple[InterfaceEndpoint, ...] = ("kinesis-streams", "secretsmanager")
"""What a replication instance calls itself: the target, and the secret of the source. Its task logs go by way of the service."""


class CreatedNetworkConfig(Model):
    """A VPC made for the lake: one public and one private subnet per zone, and an S3 gateway endpoint."""

    cidr: str = "10.0.0.0/16"
    """IPv4 range of the VPC, /16 to /24; every subnet is a sixteenth of it."""
    availability_zones: Annotated[int, limits.AVAILABILITY_ZONES] = limits.AVAILABILITY_ZONES.int_default
    """Zones with a pair of subnets each."""
    exclude_zone_ids: tuple[ZoneId, ...] | None = None
    """Zones that get no subnets; default: use1-az3 in us-east-1, which lacks newer instance families and some endpoints. `aws ec2
    describe-availability-zones` shows the ids."""
    nat_gateways: Annotated[int, limits.NAT_GATEWAYS] = limits.NAT_GATEWAYS.int_default
    """0 to the number of zones. One is cheap and dies with its zone; one per zone does not. With 0, DMS reaches AWS through interface
    endpoints only."""
    interface_endpoints: tuple[InterfaceEndpoint, ...] = ()
    """AWS services reached privately, each billed by the hour and zone."""
    flow_logs: bool = True
    """Keeps rejected and accepted connections in CloudWatch Logs, under their own key. Switching them off later deletes that key, which
    takes both keys of `protection`."""

    def rules(self) -> Iterator[Problem]:
        """A range that AWS takes, no more NAT gateways than zones, and a way out for DMS."""
        yield from _check_cidr(self.cidr)
        if self.nat_gateways > self.availability_zones:
            yield Problem(
                ("nat_gateways",),
                f"must be no more than the zones, {self.availability_zones}, got {self.nat_gateways} (lower it: one per zone is the most)",
                reads=(("availability_zones",),),
            )
        for position, endpoint in enumerate(self.interface_endpoints):
            if endpoint in self.interface_endpoints[:position]:
                yield Problem(("interface_endpoints", position), f"is listed twice: {endpoint} (remove one)")
        missing = [endpoint for endpoint in DMS_ENDPOINTS if endpoint not in self.interface_endpoints]
        if self.nat_gateways == 0 and missing:
            yield Problem(
                ("nat_gateways",),
                f"must be at least 1 unless DMS has private ways to AWS, got 0 (add interface_endpoints: {', '.join(missing)})",
                reads=(("interface_endpoints",),),
            )


def _check_cidr(text: str) -> Iterator[Problem]:
    smallest, largest = 24, 16
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        try:
            meant = f"write {ipaddress.IPv4Network(text, strict=False)}"
        except ValueError:
            meant = "write it like 10.0.0.0/16"
        yield Problem(("cidr",), f"must be an IPv4 network address with its prefix length, got {shown(text)} ({meant})")
        return
    if not largest <= network.prefixlen <= smallest:
        change = "take a longer prefix" if network.prefixlen < largest else "take a shorter prefix"
        yield Problem(
            ("cidr",), f"must be between /{largest} and /{smallest}, got /{network.prefixlen} ({change}, or remove it for 10.0.0.0/16)"
        )
    private = [ipaddress.IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
    if not any(network.subnet_of(block) for block in private):
        yield Problem(
            ("cidr",), f"must lie in a private range (10/8, 172.16/12, 192.168/16 or 100.64/10), got {text} (or remove it for 10.0.0.0/16)"
        )


class ExistingNetworkConfig(Model):
    """A VPC that is already there. The private subnets need a way to Kinesis and Secrets Manager (NAT or interface endpoints)."""

    vpc_id: VpcId
    """The VPC that holds the subnets."""
    private_subnet_ids: tuple[SubnetId, ...] = Field(min_length=2)
    """At least two, in two zones: DMS and Aurora refuse fewer."""

    def rules(self) -> Iterator[Problem]:
        """A subnet counts once."""
        for position, subnet in enumerate(self.private_subnet_ids):
            if subnet in self.private_subnet_ids[:position]:
                yield Problem(("private_subnet_ids", position), f"is listed twice: {subnet} (give two subnets, in two zones)")


class NetworkConfig(Model):
    """Created or existing; nothing given means created with the defaults."""

    create: CreatedNetworkConfig | None = None
    """A VPC made for the lake."""
    existing: ExistingNetworkConfig | None = None
    """A VPC that is already there."""

    def rules(self) -> Iterator[Problem]:
        """One of the two."""
        if self.create is not None and self.existing is not None:
            yield Problem(("existing",), "must not be given together with create (keep one of them)", reads=(("create",),))
