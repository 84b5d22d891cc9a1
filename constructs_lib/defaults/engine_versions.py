"""Versions of the engines that a lake makes, and when AWS takes them away. Read on the day that stands here; AWS moves these days.

A version that ends is upgraded by AWS, whatever `auto_minor_version_upgrade` says; Terraform looks at the version only when it makes an
instance (docs/decisions/0014-engine-versions.md), so that neither the upgrade nor its day breaks an apply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

READ_ON: Final = date(2026, 11, 25)
NOTICE: Final = timedelta(days=90)
"""How long before its end a version is warned of."""


@dataclass(frozen=True)
class EngineVersion:
    """A version, or a minor version with all its patches.

    Attributes:
        name: such as `3.6.1`, or `8.0.mysql_aurora.3.10`.
        creatable_until: the last day on which AWS makes something new of it.
        upgraded_after: the day after which AWS upgrades what runs on it.
    """

    name: str
    creatable_until: date
    upgraded_after: date


@dataclass(frozen=True)
class Engine:
    """The versions of an engine that were read.

    Attributes:
        default: the version that is used where a file says nothing; it has the latest end.
        versions: all that can still be made or still run.
        source: the page that states them.
    """

    default: str
    versions: Sequence[EngineVersion]
    source: str

    def find(self, version: str) -> EngineVersion | None:
        """What is known of a version."""
        return next((known for known in self.versions if f"{version}.".startswith(f"{known.name}.")), None)

    def warning(self, version: str, today: date) -> str | None:
        """What there is to know of a version on a day, as it follows its key; None for nothing.

        Args:
            version: as the lake file has it.
            today: the day.
        """
        known = self.find(version)
        if known is None:
            names = ", ".join(one.name for one in self.versions)
            return f"is {version}, which is none of those read on {READ_ON}: {names} (see at {self.source} that AWS still makes it)"
        if today <= known.creatable_until - NOTICE:
            return None
        other = "a later one of that page" if self.find(self.default) == known else self.default
        return (
            f"is {version}: AWS makes nothing new of it after {known.creatable_until} and upgrades what runs on it after"
            f" {known.upgraded_after} (for a new lake take {other}, for one that runs see docs/operations.md#engine-versions; read on"
            f" {READ_ON} at {self.source})"
        )


# Copies of the page differ, because AWS has moved these days more than once; of 3.6.1 the latest has none, and an earlier one's stand here.
DMS: Final = Engine(
    default="3.6.1",
    versions=(
        EngineVersion("3.6.1", date(2027, 4, 30), date(2027, 6, 30)),
        EngineVersion("3.5.4", date(2027, 1, 31), date(2027, 3, 31)),
        EngineVersion("3.6.0", date(2026, 4, 27), date(2026, 7, 27)),
        EngineVersion("3.5.3", date(2026, 2, 28), date(2026, 6, 30)),
    ),
    source="https://docs.aws.amazon.com/dms/latest/userguide/CHAP_ReleaseNotes.html",
)

# 3.04 and 3.10 are long-term support: at least three years, at most until Aurora MySQL 3 ends (2028-04-30). The others live the "typical 12
# months" of Aurora.VersionPolicy from their release on; their days are counted so, because no page with them was to be had.
AURORA_MYSQL: Final = Engine(
    default="8.0.mysql_aurora.3.10.4",
    versions=(
        EngineVersion("8.0.mysql_aurora.3.10", date(2028, 4, 30), date(2028, 4, 30)),
        EngineVersion("8.0.mysql_aurora.3.12", date(2027, 2, 17), date(2027, 2, 17)),
        EngineVersion("8.0.mysql_aurora.3.04", date(2026, 7, 31), date(2026, 7, 31)),
        EngineVersion("8.0.mysql_aurora.3.09", date(2026, 5, 14), date(2026, 5, 14)),
        EngineVersion("8.0.mysql_aurora.3.08", date(2025, 11, 18), date(2025, 11, 18)),
    ),
    source="https://docs.aws.amazon.com/AmazonRDS/latest/AuroraMySQLReleaseNotes/AuroraMySQL.release-calendars.html",
)
