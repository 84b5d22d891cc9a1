"""Ways through security groups: who may reach what, and what is opened that was closed."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.review.values import blocks, is_unset, number, words

ALL = -1


@dataclass(frozen=True)
class Door:
    """One way in or out.

    Attributes:
        direction: `in from` or `out to`.
        protocol: such as `tcp`, or `all`.
        low: first port; -1 for all.
        high: last port.
        peer: a range of addresses, a group, a prefix list.
    """

    direction: str
    protocol: str
    low: float
    high: float
    peer: str

    def __str__(self) -> str:
        ports = (
            "all ports" if self.low == ALL else f"port {self.low:g}" if self.low == self.high else f"ports {self.low:g} to {self.high:g}"
        )
        wide = " [THE WHOLE INTERNET]" if self.peer in ("0.0.0.0/0", "::/0") else ""
        return f"opens {self.protocol} {ports} {self.direction} {self.peer}{wide}"

    def covers(self, other: Door) -> bool:
        """Whether who may go through the other may go through this one."""
        return (
            self.direction == other.direction
            and self.protocol in ("all", other.protocol)
            and (self.low == ALL or (other.low != ALL and self.low <= other.low and other.high <= self.high))
            and _within(other.peer, self.peer)
        )


def doors(type_: str, arguments: Mapping[str, Any]) -> Iterator[Door]:
    """The ways that a resource opens; none for a type that opens none."""
    if type_ in ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"):
        peers = ("cidr_ipv4", "cidr_ipv6", "referenced_security_group_id", "prefix_list_id")
        yield from _doors(arguments, "in from" if "ingress" in type_ else "out to", "ip_protocol", peers)
    elif type_ == "aws_security_group_rule":
        peers = ("cidr_blocks", "ipv6_cidr_blocks", "source_security_group_id", "prefix_list_ids")
        yield from _doors(arguments, "in from" if arguments.get("type") == "ingress" else "out to", "protocol", peers)
    elif type_ in ("aws_security_group", "aws_default_security_group"):
        peers = ("cidr_blocks", "ipv6_cidr_blocks", "security_groups", "prefix_list_ids")
        for name, direction in (("ingress", "in from"), ("egress", "out to")):
            for block in blocks(arguments.get(name)):
                yield from _doors(block, direction, "protocol", peers)


def opened(type_: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Door]:
    """What is open afterwards and was not before."""
    old = list(doors(type_, before))
    return [door for door in dict.fromkeys(doors(type_, after)) if not any(other.covers(door) for other in old)]


def _doors(rule: Mapping[str, Any], direction: str, protocol_name: str, peers: tuple[str, ...]) -> Iterator[Door]:
    protocol = str(rule.get(protocol_name, "-1"))
    if is_unset(rule.get(protocol_name)) or protocol in ("-1", "all"):
        protocol, low, high = "all", float(ALL), float(ALL)
    else:
        first, last = number(rule.get("from_port")), number(rule.get("to_port"))
        low = ALL if first is None else first
        high = ALL if last is None else last
        if low == ALL or high == ALL:
            low = high = ALL
    names = [word for name in peers for word in words(rule.get(name)) if word]
    if rule.get("self") is True:
        names.append("the group itself")
    for name in names:
        yield Door(direction, protocol, low, high, name)


def _within(inner: str, outer: str) -> bool:
    if inner == outer:
        return True
    try:
        small, large = ipaddress.ip_network(inner, strict=False), ipaddress.ip_network(outer, strict=False)
    except ValueError:
        return False
    return small.version == large.version and small.subnet_of(large)  # type: ignore[arg-type]  # versions are equal
