"""Where a lake can be: the regions without what it cannot do without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

NO_ICEBERG_DELIVERY: Final[Mapping[str, str]] = {
    "cn-": "the China Regions",
    "us-gov-": "AWS GovCloud (US)",
    "ap-east-2": "Asia Pacific (Taipei)",
    "ap-southeast-5": "Asia Pacific (Malaysia)",
    "ap-southeast-6": "Asia Pacific (New Zealand)",
    "mx-central-1": "Mexico (Central)",
}
"""Region, or the beginning of a group's codes, to its name: Firehose has no Iceberg destination there. Read on 2026-11-25 at
https://docs.aws.amazon.com/firehose/latest/dev/apache-iceberg-considerations.html."""

WITHOUT_CERTIFICATE: Final = ("ap-southeast-7", "ca-west-1", "il-central-1")
"""Regions that work and whose root certificate of RDS is not here."""

OTHER_PARTITIONS: Final = ("eusc-", "us-iso", "eu-isoe-")
"""Beginnings of the codes of regions that lie apart from the commercial ones, and of which nothing was read."""


def without_iceberg_delivery(region: str) -> str | None:
    """The name of a region, or of its group, that has no delivery into Iceberg tables; None for the others."""
    return next(
        (name for code, name in NO_ICEBERG_DELIVERY.items() if region == code or (code[-1] == "-" and region.startswith(code))), None
    )
