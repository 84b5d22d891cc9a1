"""Source against lake, table by table: the same keys, and for each key the same row."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import duckdb
import pyarrow as pa

from constructs_lib.config.source_table import source_label
from scripts.local.canonical import HASH
from scripts.source_checks.finding import Finding, Weight

Key = tuple[str | None, ...]
"""Canonical texts of a row's key columns."""
Texts = dict[str, str | None]
"""A row's canonical texts by lake column."""


@dataclass(frozen=True)
class ComparedColumn:
    """A column on both sides.

    Attributes:
        name: in the lake.
        source: in the source.
        type: Glue type.
        hashed: whether the lake holds a keyed hash of it.
    """

    name: str
    source: str
    type: str
    hashed: bool = False


@dataclass(frozen=True)
class ComparedTable:
    """A table on both sides.

    Attributes:
        schema: source schema.
        table: source table.
        database: lake database.
        target: lake table.
        view_sql: for a history, the query of its current state; None for a mirror.
        keys: lake columns that identify a row.
        columns: compared columns, in the lake's order.
        appends_load: whether loaded rows are appended (`load: insert`), so that one that is delivered twice is there twice.
    """

    schema: str
    table: str
    database: str
    target: str
    view_sql: str | None
    keys: tuple[str, ...]
    columns: tuple[ComparedColumn, ...]
    appends_load: bool = False

    @property
    def source(self) -> str:
        """`schema.table`."""
        return source_label(self.schema, self.table)

    @property
    def label(self) -> str:
        """`database.target`."""
        return f"{self.database}.{self.target}"


class Side(Protocol):
    """The source or the lake. Whoever can answer in canonical texts can be compared, wherever its rows are."""

    def fingerprints(self, table: ComparedTable) -> Iterator[pa.Table]:
        """Every row: its key columns `k0`, `k1`, ... as canonical texts, and its hash."""

    def rows(self, table: ComparedTable, keys: Sequence[Key]) -> dict[Key, Texts]:
        """The rows of some keys, as canonical texts."""


class Difference(StrEnum):
    """How a key differs. A key that repeats differs even where all its rows are equal: it does not identify a row."""

    MISSING = "missing in the lake"
    UNEXPECTED = "only in the lake"
    CHANGED = "different"
    REPEATED_IN_SOURCE = "more than once in the source: these keys are not the table's"
    REPEATED = "more than once in the lake"
    LOADED_TWICE = "more than once in the lake, with equal rows: load: insert keeps a loaded row that was delivered twice"


REPEATED = frozenset({Difference.REPEATED_IN_SOURCE, Difference.REPEATED, Difference.LOADED_TWICE})
"""Kinds that say how often a key is there."""


@dataclass(frozen=True)
class Example:
    """One key that differs.

    Attributes:
        difference: how.
        key: its canonical texts.
        source: the source's values of the columns that differ; all columns where the lake has no row.
        lake: the lake's.
        source_rows: rows of the source with that key.
        lake_rows: the lake's.
    """

    difference: Difference
    key: Key
    source: Texts
    lake: Texts
    source_rows: int
    lake_rows: int


@dataclass(frozen=True)
class TableResult:
    """What comparing a table found.

    Attributes:
        table: the table.
        source_rows: rows in the source.
        lake_rows: rows in the lake (of a history: in its current state).
        counts: keys that differ, by how.
        examples: the first of them.
        missing: what the lake was made for and the source no longer has, such as `column total`. Never equal: a renamed column is empty in
            the lake, and so is one that is compared with nothing.
        findings: what the source's catalog says against the table: why rows may differ.
        causes: what happened to the source table without row events, such as `exchange-partition`: where rows differ, why they may.
    """

    table: ComparedTable
    source_rows: int
    lake_rows: int
    counts: dict[Difference, int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    missing: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    causes: tuple[str, ...] = ()

    @property
    def refused(self) -> tuple[Finding, ...]:
        """What makes rows come out wrong for certain, whether or not one did yet."""
        return tuple(finding for finding in self.findings if finding.weight is Weight.REFUSE)

    @property
    def equal(self) -> bool:
        """Whether nothing differs, the number of rows included, and nothing is refused."""
        return not self.counts and not self.missing and self.source_rows == self.lake_rows and not self.refused

    @property
    def differing(self) -> int:
        """Keys that differ; one that does so in two ways counts twice."""
        return sum(self.counts.values())


_SQL = {
    Difference.MISSING: "SELECT DISTINCT {keys} FROM source s WHERE NOT EXISTS (SELECT 1 FROM lake l WHERE {same})",
    Difference.UNEXPECTED: "SELECT DISTINCT {keys} FROM lake s WHERE NOT EXISTS (SELECT 1 FROM source l WHERE {same})",
    Difference.CHANGED: "SELECT DISTINCT {keys} FROM source s JOIN lake l ON {same} WHERE s.{hash} <> l.{hash}",
    Difference.REPEATED_IN_SOURCE: "SELECT {keys} FROM source s GROUP BY {keys} HAVING count(*) > 1",
    Difference.REPEATED: "SELECT {keys} FROM lake s GROUP BY {keys} HAVING count(*) > 1 AND NOT ({appended})",
    Difference.LOADED_TWICE: "SELECT {keys} FROM lake s GROUP BY {keys} HAVING count(*) > 1 AND {appended}",
}
_COUNTED = "SELECT (SELECT count(*) FROM source s WHERE {same}), (SELECT count(*) FROM lake s WHERE {same})"


def compare(
    table: ComparedTable, source: Side, lake: Side, *, examples: int = 10, engine: duckdb.DuckDBPyConnection | None = None
) -> TableResult:
    """Compares one table.

    Args:
        table: the table.
        source: where its rows come from.
        lake: where they should be.
        examples: how many differing keys to show with their values.
        engine: compares; one of its own by default.
    """
    names = [f"k{number}" for number in range(len(table.keys))]
    with contextlib.nullcontext(engine) if engine is not None else duckdb.connect() as connection:
        sizes = {name: _load(connection, name, names, side.fingerprints(table)) for name, side in (("source", source), ("lake", lake))}
        words = {
            "keys": ", ".join(f"s.{name}" for name in names),
            "same": " AND ".join(f"s.{name} IS NOT DISTINCT FROM l.{name}" for name in names),
            "hash": HASH,
            # An update takes the place of all rows of its key: only a loaded row can be there again as it is.
            "appended": f"count(DISTINCT s.{HASH}) = 1" if table.appends_load else "false",
        }
        counts: dict[Difference, int] = {}
        found: list[tuple[Difference, Key]] = []
        for difference, sql in _SQL.items():
            if difference is Difference.LOADED_TWICE and not table.appends_load:
                continue
            query = sql.format(**words)
            count = _count(connection, query)
            if count:
                counts[difference] = count
                rows = connection.execute(f"{query} ORDER BY ALL LIMIT {examples}").fetchall()
                found += [(difference, key) for key in rows]
        shown = [(difference, key, _counts(connection, names, key)) for difference, key in _in_turns(found)[:examples]]
    return TableResult(table, sizes["source"], sizes["lake"], counts, _examples(table, source, lake, shown))


def _load(connection: duckdb.DuckDBPyConnection, name: str, keys: Sequence[str], parts: Iterator[pa.Table]) -> int:
    columns = ", ".join(f"{key} VARCHAR" for key in keys)
    connection.execute(f"CREATE OR REPLACE TABLE {name} ({columns}, {HASH} BLOB)")
    rows = 0
    for part in parts:
        connection.register("part", part.select([*keys, HASH]))
        connection.execute(f"INSERT INTO {name} SELECT * FROM part")  # noqa: S608 - our own names
        connection.unregister("part")
        rows += len(part)
    return rows


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM ({query})").fetchone()  # noqa: S608 - our own names
    return int(row[0]) if row else 0


def _counts(connection: duckdb.DuckDBPyConnection, names: Sequence[str], key: Key) -> tuple[int, int]:
    """How many rows of source and lake have a key."""
    query = _COUNTED.format(same=" AND ".join(f"s.{name} IS NOT DISTINCT FROM ${name}" for name in names))
    in_source, in_lake = connection.execute(query, dict(zip(names, key, strict=True))).fetchall()[0]
    return int(in_source), int(in_lake)


def _in_turns(found: list[tuple[Difference, Key]]) -> list[tuple[Difference, Key]]:
    """A few of each kind, in turns, so that many of one kind do not hide another."""
    queues = [[one for one in found if one[0] is difference] for difference in Difference]
    ordered: list[tuple[Difference, Key]] = []
    while any(queues):
        ordered += [queue.pop(0) for queue in queues if queue]
    return ordered


def _examples(
    table: ComparedTable, source: Side, lake: Side, found: Sequence[tuple[Difference, Key, tuple[int, int]]]
) -> tuple[Example, ...]:
    if not found:
        return ()
    keys = [key for _, key, _ in found]
    source_rows, lake_rows = source.rows(table, keys), lake.rows(table, keys)
    examples = []
    for difference, key, rows in found:
        left, right = source_rows.get(key, {}), lake_rows.get(key, {})
        differing = [column.name for column in table.columns if not left or not right or left.get(column.name) != right.get(column.name)]
        examples.append(
            Example(
                difference,
                key,
                {name: left[name] for name in differing if name in left},
                {name: right[name] for name in differing if name in right},
                *rows,
            )
        )
    return tuple(examples)
