"""EC2: descriptions of security group rules, detailed monitoring, and networks under a given id, as a lake file names existing ones."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import EC2Backend, security_groups, subnets, vpcs
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.responses.monitoring import Monitoring

from scripts.plan.mends import CUSTOM_ID

_CHOSEN = re.compile(r"\b(?:vpc|subnet|sg)-[0-9a-f]+\b")


def mend() -> None:
    """AWS answers the description of every rule; moto only of those that name an address range."""

    def description(self: Any) -> str | None:
        text: str | None = self.ip_range.get("Description") or self.source_group.get("Description")
        return text

    SecurityGroupRule.description = property(description)
    Monitoring.monitor_instances = _monitor("enabled")
    Monitoring.unmonitor_instances = _monitor("disabled")
    _interface_is_the_instances()
    _honour_chosen_ids("create_vpc", vpcs, "random_vpc_id")
    _honour_chosen_ids("create_subnet", subnets, "random_subnet_id")
    _honour_chosen_ids("create_security_group", security_groups, "random_security_group_id")


def _interface_is_the_instances() -> None:
    """In AWS the subnet, groups and address of an instance are those of its first interface; moto forgets them."""
    run_instances = EC2Backend.run_instances

    def run_with_interface(self: Any, *values: Any, **named: Any) -> Any:
        first = dict(named["nics"][0]) if len(named.get("nics") or []) == 1 else {}
        if "SubnetId" in first and "NetworkInterfaceId" not in first:
            named |= {
                "nics": [],
                "subnet_id": first["SubnetId"],
                "security_group_ids": list(first.get("Groups") or []),
                "associate_public_ip": first.get("AssociatePublicIpAddress"),
            }
        return run_instances(self, *values, **named)

    EC2Backend.run_instances = run_with_interface
    association = NetworkInterface.association.fget
    # a private address has no association; moto answers an empty one, which counts as a public address
    NetworkInterface.association = property(lambda self: association(self) or None)


def _monitor(state: str) -> Callable[[Any], ActionResult]:
    """A call that moto lacks; AWS says `pending` or `disabling` first."""

    def monitor(self: Any) -> ActionResult:
        instances = [self.ec2_backend.get_instance(id_) for id_ in self._get_param("InstanceIds", [])]
        for instance in instances:
            instance.monitoring_state = state
        return ActionResult({"InstanceMonitorings": [{"InstanceId": item.id, "Monitoring": {"State": state}} for item in instances]})

    return monitor


def _honour_chosen_ids(call: str, module: Any, draw: str) -> None:
    """AWS chooses the ids; this is for what the harness puts there before a lake is planned or deployed, one call after the other."""
    create: Callable[..., Any] = getattr(EC2Backend, call)

    def create_with_id(self: Any, *values: Any, **named: Any) -> Any:
        text = json.dumps(named.get("tags"))
        if CUSTOM_ID not in text:
            return create(self, *values, **named)
        drawn, chosen = getattr(module, draw), _CHOSEN.findall(text)
        # a VPC comes with a security group of its own, which keeps a drawn id
        setattr(module, draw, lambda: chosen.pop() if chosen else drawn())
        try:
            return create(self, *values, **named)
        finally:
            setattr(module, draw, drawn)

    setattr(EC2Backend, call, create_with_id)
