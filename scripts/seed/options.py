"""What the command line asks for, checked before anything is touched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from scripts.seed.errors import UsageError
from scripts.seed.mix import Mix

DEFAULT_COUNT = 10
DEFAULT_BATCH = 1_000
DEFAULT_BULK_BATCH = 10_000
DEFAULT_SEED = 47


class Scenario(StrEnum):
    """Fixed changes in place of generated ones."""

    README = "readme"


@dataclass(frozen=True)
class SeedOptions:
    """The options of `moulin seed`; docs/seed.md says what each does."""

    max_count: int | None = None
    dry_run: bool = False
    create_table: bool = False
    drop_table: bool = False
    yes: bool = False
    user: str | None = None
    host: str | None = None
    port: int | None = None
    database: str | None = None
    tables: tuple[str, ...] = ()
    lake: Path | None = None
    rate: float | None = None
    batch_size: int | None = None
    mix: Mix | None = None
    random_seed: int = DEFAULT_SEED
    scenario: Scenario | None = None
    bulk: bool = False
    secret: str | None = None
    ssl_ca: Path | None = None
    no_tls: bool = False
    json: bool = False

    @property
    def count(self) -> int | None:
        """Changes per table; None for endless."""
        count = DEFAULT_COUNT if self.max_count is None else self.max_count
        return None if count < 0 else count

    @property
    def rows_per_transaction(self) -> int:
        """Most changes in one transaction."""
        if self.batch_size is not None:
            return self.batch_size
        return DEFAULT_BULK_BATCH if self.bulk else DEFAULT_BATCH

    @property
    def shares(self) -> Mix:
        """Shares of the operations: inserts only, unless the mix says otherwise."""
        return self.mix or Mix()

    @property
    def writes_rows(self) -> bool:
        """Whether rows are written at all: `--drop-table` alone only drops."""
        return not self.drop_table or self.create_table

    def check(self) -> None:
        """Refuses what makes no sense together.

        Raises:
            UsageError: says which option to leave out or to add.
        """
        if self.drop_table and not (self.yes or self.dry_run):
            raise UsageError(
                "--drop-table deletes the table with all its rows: add --yes if you mean it, or --dry-run to see the statement"
            )
        if self.scenario is not None:
            self._check_scenario()
        if self.lake is not None and self.database is not None:
            raise UsageError("--database is not used with --lake: each table of the lake file names its own (remove it)")
        if self.lake is None and len(self.tables) > 1:
            raise UsageError("--table can be given more than once only with --lake (give one table)")
        if self.dry_run and self.json and self.count is None:
            raise UsageError("--output json needs an end: give --max-count of 0 or more with --dry-run")
        if self.bulk and self.dry_run:
            raise UsageError("--bulk is not used with --dry-run, which prints INSERT statements (leave one of them out)")

    def _check_scenario(self) -> None:
        given = {
            "--max-count": self.max_count,
            "--rate": self.rate,
            "--batch-size": self.batch_size,
            "--mix": self.mix,
            "--bulk": self.bulk or None,
            "--create-table": self.create_table or None,
            "--drop-table": self.drop_table or None,
        }
        unused = [flag for flag, value in given.items() if value is not None]
        if unused:
            raise UsageError(f"{unused[0]} is not used with --scenario, whose changes are fixed (remove it)")
