"""What a run counted, by delivery, table and operation; the sums must come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class TableCounts:
    """Records of one source table on their way through one delivery, by DMS operation (delivered: by sink operation).

    Attributes:
        captured: read from the source.
        duplicated: came once more, by a fault.
        skipped: an earlier run had dealt with them.
        delivered: rows in a committed table.
        dropped: left out by the function on purpose.
        failed: in the error path, by error code.
    """

    captured: Counter[str] = field(default_factory=Counter)
    duplicated: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    delivered: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def unaccounted(self) -> int:
        """Records that came in and are nowhere; negative when more went out than came in."""
        came = self.captured.total() + self.duplicated.total()
        return came - self.skipped.total() - self.delivered.total() - self.dropped.total() - self.failed.total()


@dataclass
class DeliveryCounts:
    """What one delivery counted.

    Attributes:
        tables: by source table, `schema.table`.
        commits: Iceberg commits.
        commit_seconds: time in them.
        conflicts: commits that were repeated because another writer came first.
        invocations: of the function.
        retries: of these, those that repeated one that had failed.
        function_seconds: time that the function's batches took, beside the rest.
        staging_seconds: time in checking rows and bringing them into memory.
        error_objects: commits that wrote to the error path.
        lag_ms: age of the newest record in the last commit, when it was committed.
        unknown: values of columns that the lake file does not list, by lake table, as the function counted them: left out, or with `evolve`
            passed on.
        refused: records that the function refused, by its reason.
    """

    tables: dict[str, TableCounts] = field(default_factory=dict)
    commits: int = 0
    commit_seconds: float = 0.0
    conflicts: int = 0
    invocations: int = 0
    retries: int = 0
    function_seconds: float = 0.0
    staging_seconds: float = 0.0
    error_objects: int = 0
    lag_ms: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def table(self, name: str) -> TableCounts:
        """The counts of a source table."""
        found = self.tables.get(name)
        if found is None:
            found = self.tables[name] = TableCounts()
        return found

    def total(self, what: str) -> int:
        """A count, summed over tables and operations."""
        return int(sum(getattr(counts, what).total() for counts in self.tables.values()))


@dataclass
class RunCounts:
    """What a run counted.

    Attributes:
        deliveries: by name of the Firehose stream.
        read: records that the source sent.
        reconnects: how often the connection to the source broke and was made again.
        seconds: how long the run took.
    """

    deliveries: dict[str, DeliveryCounts] = field(default_factory=dict)
    read: int = 0
    reconnects: int = 0
    seconds: float = 0.0

    def check(self) -> Iterator[str]:
        """Yields where records came in and went nowhere, or the reverse."""
        for name, delivery in self.deliveries.items():
            for table, counts in delivery.tables.items():
                if counts.unaccounted:
                    yield f"{name}: {table}: {counts.unaccounted:+,} of {counts.captured.total():,} records unaccounted for"

    def as_records(self) -> list[dict[str, object]]:
        """Plain data, one object per delivery and source table."""
        kinds = ("captured", "duplicated", "skipped", "delivered", "dropped", "failed")
        return [
            {"delivery": name, "table": table, **{kind: dict(sorted(getattr(counts, kind).items())) for kind in kinds}}
            for name, delivery in self.deliveries.items()
            for table, counts in delivery.tables.items()
        ]
