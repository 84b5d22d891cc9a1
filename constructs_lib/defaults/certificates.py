"""The roots that sign the certificates of RDS and Aurora databases, one file per region.

They are Amazon's published "RDS <region> Root CA RSA2048 G1" certificates, which sign what `rds-ca-rsa2048-g1` names, RDS's default
authority. To compare: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/UsingWithRDS.SSL.html names the bundle of each region.
"""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent / "rds_certificates"


def certificate_regions() -> list[str]:
    """The regions whose root is here; elsewhere a lake file names its own PEM file."""
    return sorted(path.stem for path in _FOLDER.glob("*.pem"))


def certificate_file(region: str) -> Path:
    """The PEM file of a region's root; the rules of a lake file refuse a region whose root is not here."""
    return _FOLDER / f"{region}.pem"
