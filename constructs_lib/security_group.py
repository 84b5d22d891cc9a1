"""Security groups whose rules are named resources of their own."""

from __future__ import annotations

from constructs_lib.notes import note_anywhere
from constructs_lib.part import Part, Scope
from constructs_lib.provider import SecurityGroup, VpcSecurityGroupEgressRule, VpcSecurityGroupIngressRule


class TrafficGroup(Part):
    """A security group that starts without any rule.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: group name, unique in the VPC.
        vpc_id: the VPC.
        description: what is in the group.
    """

    def __init__(self, scope: Scope, id_: str, *, name: str, vpc_id: str, description: str) -> None:
        super().__init__(scope, id_)
        self.resource = SecurityGroup(self, "Resource", name=name, description=description, vpc_id=vpc_id, tags={"Name": name})
        self.id: str = self.resource.id

    def allow_to_group(self, purpose: str, *, group_id: str, port: int, description: str) -> None:
        """Lets members open TCP connections to members of another group at one port; the other group must let them in."""
        VpcSecurityGroupEgressRule(
            self,
            purpose,
            security_group_id=self.id,
            description=description,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=group_id,
        )

    def allow_https_out(self, description: str, *, why_anywhere: str) -> None:
        """Lets members open HTTPS connections to any address, with the reason why none narrower will do: it is noted on the rule."""
        rule = VpcSecurityGroupEgressRule(
            self,
            "https-out",
            security_group_id=self.id,
            description=description,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            cidr_ipv4="0.0.0.0/0",
        )
        note_anywhere(rule, why_anywhere)


def allow_from_group(scope: Scope, name: str, *, security_group_id: str, group_id: str, port: int, description: str) -> None:
    """Lets members of one group in at one TCP port of another, which may be a group that exists already."""
    VpcSecurityGroupIngressRule(
        scope,
        name,
        security_group_id=security_group_id,
        description=description,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        referenced_security_group_id=group_id,
    )
