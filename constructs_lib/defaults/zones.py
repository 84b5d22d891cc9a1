"""Availability zones in which some of what a lake needs does not exist."""

from __future__ import annotations

from collections.abc import Mapping

CONSTRAINED_ZONES: Mapping[str, tuple[str, ...]] = {"us-east-1": ("use1-az3",)}
"""By region, ids of zones that newer instance families and some endpoints have never come to: AWS's services leave them out themselves
(docs.aws.amazon.com/eks/latest/userguide/network-reqs.html). A zone's name, such as us-east-1e, means another zone in each account."""
