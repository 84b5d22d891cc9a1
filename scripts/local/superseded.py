"""Keys of a mirror that changed while an older change of the same table waits in the error path.

A mirror keeps no position in its rows, so a replayed change cannot see that its row has moved on, and would put the older values back. From
the first failure of a table on, the keys and positions of what is delivered to it are kept, and a replay leaves out what is older.
"""

from __future__ import annotations

import secrets
import shutil
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from scripts.local.iceberg_sink import IcebergTable, Staged
from scripts.local.records import SourcePosition
from scripts.local.row_table import OPERATION, SEQUENCE
from scripts.local.storage import storing

POSITION = "__position"


class SupersededKeys:
    """The keys of one delivery's tables.

    Args:
        folder: keeps them between runs.
        open_tables: tables, by database and name, with records in the error path.
    """

    def __init__(self, folder: Path, open_tables: set[tuple[str, str]]) -> None:
        self._folder = folder
        self._open = set(open_tables)
        self._pending: dict[tuple[str, str], list[pa.Table]] = defaultdict(list)

    def open(self, table: tuple[str, str]) -> None:
        """A record of the table failed."""
        self._open.add(table)

    def note(self, table: IcebergTable, staged: Staged, positions: Sequence[SourcePosition], *, first: int) -> None:
        """Takes the keys of rows, should the table have failures.

        Args:
            table: that they go to.
            staged: the rows.
            positions: of all rows that were staged, the rejected ones included.
            first: place of the first of them.
        """
        definition = table.definition
        name = (definition.database, definition.name)
        if name not in self._open or not definition.unique_keys:
            return
        rows = staged.rows.filter(pc.not_equal(staged.rows[OPERATION], 0))
        texts = [sortable(positions[place - first]) for place in rows[SEQUENCE].to_pylist()]
        self._pending[name].append(rows.select(list(definition.unique_keys)).append_column(POSITION, pa.array(texts, pa.string())))

    def write(self) -> None:
        """Keeps what was taken. Comes before the rows are committed: a key too many only names its own change."""
        for name, parts in self._pending.items():
            folder = self._of(name)
            with storing("the list of changed keys", folder):
                folder.mkdir(parents=True, exist_ok=True)
                path = folder / f"{secrets.token_hex(8)}.parquet"
                temporary = path.with_suffix(".tmp")
                pq.write_table(pa.concat_tables(parts), temporary)
                temporary.replace(path)
        self._pending.clear()

    def latest(self, table: IcebergTable) -> pa.Table | None:
        """The latest position per key, as text that sorts; None where nothing was kept."""
        definition = table.definition
        files = sorted(self._of((definition.database, definition.name)).glob("*.parquet"))
        if not files:
            return None
        keys = list(definition.unique_keys)
        held = pa.concat_tables([pq.read_table(path) for path in files])
        return held.group_by(keys).aggregate([(POSITION, "max")]).rename_columns([*keys, "__latest"])

    def forget(self, table: tuple[str, str]) -> None:
        """Nothing of the table waits any more."""
        self._open.discard(table)
        shutil.rmtree(self._of(table), ignore_errors=True)

    def _of(self, table: tuple[str, str]) -> Path:
        return self._folder / ".".join(table)


def sortable(position: SourcePosition) -> str:
    """A position as text that sorts like it."""
    return f"{position.file:010d}-{position.offset:020d}-{position.index:010d}"
