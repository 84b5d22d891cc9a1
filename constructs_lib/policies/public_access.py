"""Nothing of a lake has a public address or lets the internet in, and what may reach out to any address says why."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template

ANYWHERE = ("0.0.0.0/0", "::/0")
PUBLIC_SWITCHES = ("publicly_accessible", "associate_public_ip_address", "map_public_ip_on_launch")


def check(template: Template) -> Iterator[Finding]:
    """Yields every open ingress rule, open egress rule without a reason, in-line rule, policy for anybody and public address."""
    for address, arguments in template.resources("aws_vpc_security_group_ingress_rule"):
        if arguments.get("cidr_ipv4") in ANYWHERE or arguments.get("cidr_ipv6") in ANYWHERE:
            yield Finding(address, "lets the internet in: name a security group or a private range")
    for address, arguments in template.resources("aws_vpc_security_group_egress_rule"):
        if arguments.get("ip_protocol") == "-1":
            yield Finding(address, "lets every protocol out: name one and its port")
        is_open = arguments.get("cidr_ipv4") in ANYWHERE or arguments.get("cidr_ipv6") in ANYWHERE
        if is_open and not arguments.get("//", {}).get("why_anywhere"):
            yield Finding(address, "lets members reach any address without its reason: name a group or a range, or use allow_https_out")
    for address, _ in template.resources("aws_security_group_rule"):
        yield Finding(address, "must be an ingress or egress rule of the newer kind (aws_vpc_security_group_ingress_rule)")
    for statement in template.statements():
        if statement.allows and statement.is_for_anybody:
            yield Finding(statement.address, "lets anybody in by its policy: name a principal")
    for address, arguments in template.resources("aws_security_group", "aws_default_security_group"):
        if arguments.get("ingress") or arguments.get("egress"):
            yield Finding(address, "must not hold rules itself: make them resources of their own")
    for address, arguments in template.resources():
        for switch in PUBLIC_SWITCHES:
            if arguments.get(switch) is True:
                yield Finding(address, f"must not set {switch}")
    for address, arguments in template.resources("aws_instance"):
        if arguments.get("key_name"):
            yield Finding(address, "must not have a key pair: Session Manager needs none")
