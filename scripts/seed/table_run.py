"""Writing one table: inserts that survive collisions, updates and deletes that hit rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pymysql

from scripts.seed import sql
from scripts.seed.bulk import BulkLoader
from scripts.seed.errors import DUPLICATE, PARENT_MISSING, STILL_REFERENCED, code_of
from scripts.seed.keys import KeySample
from scripts.seed.mix import Mix, Schedule
from scripts.seed.model import Key, Row, Table, Value
from scripts.seed.rows import Rows
from scripts.seed.target import Result, Target

_VALUES_PER_STATEMENT = 20_000  # about 2 MB: far below any server's max_allowed_packet
_COURSES = 3
"""How often a batch is drawn, before its rows go one by one."""
_REDRAWS = 20
"""How often a row is drawn, before it is left out."""
_HOPELESS = 10
"""Rows in a row that found no place: the table is full."""
_SAME_VALUES = 5
"""How often an update draws again when the row had the drawn values already, before the row counts as gone."""


@dataclass
class Tally:
    """Counted rows."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    skipped: int = 0
    """Changes for which there was no row, or no value that the table did not hold already."""

    @property
    def changed(self) -> int:
        """Rows that were written."""
        return self.inserted + self.updated + self.deleted

    def add(self, other: Tally) -> None:
        """Adds what another one counted."""
        self.inserted += other.inserted
        self.updated += other.updated
        self.deleted += other.deleted
        self.skipped += other.skipped


class TableRun:
    """One table of a run.

    Args:
        table: the table.
        rows: makes its rows.
        target: runs statements.
        mix: shares of the operations.
        keys: known rows.
        remember: whether inserted rows become known: for updates, deletes or references to them.
        max_count: changes to make; None for endless.
        loader: writes inserts faster; None for INSERT statements.
    """

    def __init__(
        self,
        table: Table,
        rows: Rows,
        target: Target,
        *,
        mix: Mix,
        keys: KeySample,
        remember: bool,
        max_count: int | None,
        loader: BulkLoader | None = None,
    ) -> None:
        self.table = table
        self.total = Tally()
        self._rows = rows
        self._target = target
        self._mix = mix
        self._keys = keys
        self._remember = remember
        self._schedule = Schedule(mix)
        self._left = max_count
        self._loader = loader if table.written else None
        self._pending = Tally()

    @property
    def finished(self) -> bool:
        """Whether all its changes are made."""
        return self._left == 0

    @property
    def exhausted(self) -> bool:
        """Whether nothing can be done any more: no row is left to change, and none is inserted."""
        if self._mix.insert:
            return False
        return not self._keys or (self._mix.delete == 0 and not self.table.changeable)

    def take(self, most: int) -> tuple[int, int, int]:
        """The next inserts, updates and deletes: no more than `most` in all."""
        count = most if self._left is None else min(most, self._left)
        if self._left is not None:
            self._left -= count
        return self._schedule.take(count)

    def settle(self) -> Tally:
        """Counts what the transaction wrote, once it is committed."""
        settled, self._pending = self._pending, Tally()
        self.total.add(settled)
        return settled

    def insert(self, count: int) -> None:
        """Inserts rows; those that collide with what is there are drawn again, together and at last one by one."""
        most = count if self._loader is not None else max(1, _VALUES_PER_STATEMENT // max(1, len(self.table.written)))
        while count > 0:
            missing = size = min(most, count)
            count -= size
            for _ in range(_COURSES):
                missing -= self._insert(self._rows.batch(missing), self._loader)
                if missing == 0:
                    break
                self._rows.renew()
            self._pending.skipped += self._insert_one_by_one(missing)

    def _insert_one_by_one(self, count: int) -> int:
        """Returns how many rows found no place: all the rest, once several in a row did not."""
        skipped = in_a_row = 0
        for position in range(count):
            if any(self._insert(self._rows.batch(1), None) for _ in range(_REDRAWS)):
                in_a_row = 0
                continue
            skipped += 1
            in_a_row += 1
            if in_a_row == _HOPELESS:
                return skipped + count - position - 1
        return skipped

    def _insert(self, rows: Sequence[Row], loader: BulkLoader | None) -> int:
        """Inserts rows and returns how many: none when one of them collides or lost its parent, but by LOAD DATA those that do not."""
        try:
            result = loader.load(self.table, rows) if loader is not None else self._target.execute(sql.insert(self.table, rows))
        except pymysql.MySQLError as error:
            if code_of(error) in (*DUPLICATE, *PARENT_MISSING):
                return 0
            raise
        self._pending.inserted += result.affected
        if self._remember:
            self._keys.add(self._keys_of(rows, result))
        return result.affected

    def _keys_of(self, rows: Sequence[Row], result: Result) -> list[Key]:
        """Keys of inserted rows; none when the server computes one that it does not tell."""
        numbered = self.table.auto_increment
        columns: list[Sequence[Value]] = []
        written = [column.name for column in self.table.written]
        for name in self.table.keys:
            if numbered is not None and name == numbered.name:
                columns.append([result.first_id + position * self._target.id_step for position in range(len(rows))])
            elif name in written:
                position = written.index(name)
                columns.append([row[position] for row in rows])
            else:
                return []
        return list(zip(*columns, strict=True))

    def update(self, count: int) -> None:
        """Updates known rows, each at most once as long as there are enough."""
        while count > 0:
            keys = self._keys.take(count)
            changes = self._rows.changes(len(keys))
            if not changes:
                self._keys.add(keys)
                self._pending.skipped += count
                return
            hit = [key for key, change in zip(keys, changes, strict=True) if self._update_one(key, change)]
            self._keys.add(hit)
            self._pending.updated += len(hit)
            count -= len(hit)

    def _update_one(self, key: Key, change: Mapping[str, Value]) -> bool:
        for _ in range(_SAME_VALUES):
            if self._target.execute(sql.update(self.table, key, change)).affected:
                return True
            change = self._rows.changes(1)[0]
        return False

    def delete(self, count: int) -> None:
        """Deletes known rows; one that another table still refers to stays."""
        referred: list[Key] = []
        while count > 0 and len(referred) <= 3 * count:
            keys = self._keys.take(count)
            if not keys:
                break
            for key in keys:
                try:
                    affected = self._target.execute(sql.delete(self.table, key)).affected
                except pymysql.MySQLError as error:
                    if code_of(error) not in STILL_REFERENCED:
                        raise
                    referred.append(key)
                    continue
                self._pending.deleted += affected
                count -= affected
        self._keys.add(referred)
        self._pending.skipped += count
