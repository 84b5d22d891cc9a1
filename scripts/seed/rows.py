"""Rows of a table, and changes to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random

from scripts.seed.distinct import Held, distinct_columns, distinct_source
from scripts.seed.errors import SeedError
from scripts.seed.keys import KeySample
from scripts.seed.model import Column, ForeignKey, Row, Table, Value
from scripts.seed.retail import is_retail
from scripts.seed.values import NULL_SHARE, Batch, Source, column_source, nullable, retail_sources
from scripts.seed.vocabulary import Vocabulary

Parents = Callable[[ForeignKey], KeySample]
"""A reference to the keys that it may point at, in the order of its columns."""

_MOST_CHANGED_COLUMNS = 3


class Rows:
    """Makes a table's rows.

    Each column has random numbers of its own, so that inserted rows depend on the seed and on what the table holds already, and neither
    on the batch size nor on the updates between them.

    Args:
        table: the table.
        seed: the same seed gives the same rows.
        now: the top of the hour from which times count.
        vocabulary: texts to draw from.
        parents: where references may point.
        held: what the table holds, asked again after a collision.

    Raises:
        UsageError: a column has a type that cannot be filled.
    """

    def __init__(self, table: Table, *, seed: int, now: datetime, vocabulary: Vocabulary, parents: Parents, held: Held) -> None:
        self._table = table
        self._seed = seed
        self._now = now
        self._vocabulary = vocabulary
        self._parents = parents
        self._held = held
        self._course = ""
        self._distinct = {column.name for column in distinct_columns(table)}
        self._inserts = self._sources("insert", table.written)
        self._updates = self._sources("update", table.changeable)
        self._which = self._chance("which")
        self._references: dict[tuple[str, ...], Random] = {}

    def batch(self, count: int) -> list[Row]:
        """The next rows, with the table's written columns in order."""
        batch: Batch = {}
        for foreign_key in self._table.foreign_keys:
            self._refer(foreign_key, count, batch)
        for name, source in self._inserts.items():
            batch[name] = source(count, batch)
        columns = [batch[column.name] for column in self._table.written]
        return list(zip(*columns, strict=True)) if columns else [()] * count

    def changes(self, count: int) -> list[Mapping[str, Value]]:
        """What the next updates set: up to three columns each. Empty when the table has no column that may change."""
        names = list(self._updates)
        if not names:
            return []
        batch: Batch = {}
        for name, source in self._updates.items():
            batch[name] = source(count, batch)
        most = min(_MOST_CHANGED_COLUMNS, len(names))
        picked = [self._which.sample(names, self._which.randint(1, most)) for _ in range(count)]
        return [{name: batch[name][position] for name in chosen} for position, chosen in enumerate(picked)]

    def renew(self) -> None:
        """After a collision: numbers start again behind what the table holds, and random values take another course.

        A collision is what the same seed meets when it runs again. The number of rows leads each of its runs to a course of its own.
        """
        self._course += f"{self._held.count()}\0"
        self._inserts = self._sources("insert", self._table.written)

    def _sources(self, purpose: str, columns: tuple[Column, ...]) -> dict[str, Source]:
        referring = {name for foreign_key in self._table.foreign_keys for name in foreign_key.columns}
        rules: dict[str, Source] = {}
        if is_retail(self._table):
            rules = retail_sources(self._table, lambda name: self._chance(purpose, name), self._vocabulary, self._now)
        return {column.name: rules.get(column.name) or self._source(purpose, column) for column in columns if column.name not in referring}

    def _source(self, purpose: str, column: Column) -> Source:
        chance = self._chance(purpose, column.name)
        if column.name in self._distinct:
            return distinct_source(column, chance, self._vocabulary, self._now, self._held)
        source = column_source(column, chance, self._vocabulary, self._now, self._table.label)
        unique = any(column.name in names for names in (self._table.keys, *self._table.unique))
        return source if unique or not column.nullable else nullable(source, self._chance(purpose, column.name, "null"))

    def _refer(self, foreign_key: ForeignKey, count: int, batch: Batch) -> None:
        names = foreign_key.columns
        chance = self._references.setdefault(names, self._chance("reference", *names))
        sample = self._parents(foreign_key)
        optional = all(self._table.column(name).nullable for name in names)
        if not sample and not optional:
            raise SeedError(
                f"{self._table.label} refers to {foreign_key.parent}, which has no rows: seed that table first, or both with one --lake"
            )
        nothing = (None,) * len(names)
        drawn = sample.choices(chance, count) if sample else [nothing] * count
        if optional:
            drawn = [nothing if chance.random() < NULL_SHARE else key for key in drawn]
        for position, name in enumerate(names):
            batch[name] = [key[position] for key in drawn]

    def _chance(self, *purpose: str) -> Random:
        text = "\0".join((str(self._seed), self._course, self._table.label, *purpose))
        return Random(text)  # noqa: S311 - test data, not a secret
