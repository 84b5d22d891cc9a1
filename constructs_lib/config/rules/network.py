"""Rules about what must be reached over the network."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from constructs_lib.config.lake import Lake
from constructs_lib.config.network import InterfaceEndpoint
from constructs_lib.config.problems import Problem

_SESSION_MANAGER_ENDPOINTS: tuple[InterfaceEndpoint, ...] = ("ssm", "ssmmessages")


def check_existing_source(lake: Lake) -> Iterator[Problem]:
    """A database that exists lies in a network that exists."""
    if lake.source.existing is not None and lake.network.existing is None:
        message = (
            "must be existing when source is: a created VPC has no way to a database in another one"
            " (give network.existing the database's VPC and private subnets)"
        )
        yield Problem(("network",), message, reads=(("source", "existing"), ("network", "*")))


def check_bastion_endpoints(lake: Lake) -> Iterator[Problem]:
    """Without NAT, Session Manager reaches the bastion through interface endpoints only."""
    created = lake.network.create
    if lake.bastion is False or created is None or created.nat_gateways > 0:
        return
    missing = [endpoint for endpoint in _SESSION_MANAGER_ENDPOINTS if endpoint not in created.interface_endpoints]
    if missing:
        message = f"needs a way to Session Manager with nat_gateways: 0 (add network.create.interface_endpoints: {', '.join(missing)})"
        yield Problem(("bastion",), message, reads=(("network", "create"),))


def warn_of_bastion_without_index(lake: Lake, today: date) -> Iterator[Problem]:  # noqa: ARG001 - a warning takes the day
    """What the bastion's `moulin seed` runs on comes from a package index, which is on the internet."""
    created = lake.network.create
    if lake.bastion is not False and created is not None and created.nat_gateways == 0:
        message = (
            "has no moulin seed with nat_gateways: 0, which cuts it off from the package index; moulin-mysql and"
            " moulin-prepare-source are there (raise network.create.nat_gateways to 1 if the rows are to be made on it)"
        )
        yield Problem(("bastion",), message, reads=(("network", "create"),))
