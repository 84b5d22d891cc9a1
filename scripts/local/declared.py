"""What the source declares its columns to be: the types that a table grows by, should a column come that nobody configured."""

from __future__ import annotations

import json
from pathlib import Path

from functions.firehose_transform.plan import evolved_name
from scripts.local.source.columns import Column, Kind
from scripts.local.source.envelope import TableMessages
from scripts.local.storage import storing, write_whole

_MAX_DECIMAL = 38


class DeclaredTypes:
    """The columns of the captured tables, as the reader saw them last. Kept in a file, for runs and replays that do not see them.

    Args:
        path: the file; None keeps nothing.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._tables: dict[str, dict[str, str]] = {}
        if path is not None and path.is_file():
            self._tables = json.loads(path.read_text())

    def note(self, messages: TableMessages) -> None:
        """Takes a table as it is now. Columns that went stay known: rows that still have them may be on their way."""
        table = messages.table
        columns = {table.columns[place].name: declared_type(table.columns[place]) for place in messages.captured}
        known = self._tables.get(table.label, {})
        if not columns.items() <= known.items():
            self._tables[table.label] = known | columns
            self._write()

    def find(self, table: str, name: str) -> tuple[str, str] | None:
        """The source column that the lake calls so, and its type as a lake file writes it; None when it was never seen.

        Args:
            table: `schema.table`.
            name: of the column in the lake.
        """
        columns = self._tables.get(table, {})
        return next(((source, kind) for source, kind in columns.items() if evolved_name(source) == name), None)

    def _write(self) -> None:
        if self._path is not None:
            with storing("declared.json", self._path.parent):
                write_whole(self._path, json.dumps(self._tables))


def declared_type(column: Column) -> str:
    """The lake file's type for a MySQL column: the one that holds every value of it as DMS sends it."""
    match column.kind:
        case Kind.INTEGER:
            bits = column.length * 8 + (1 if column.unsigned else 0)
            return "int" if bits <= 32 else "long" if bits <= 64 else "decimal(20,0)"
        case Kind.YEAR:
            return "int"
        case Kind.DECIMAL:
            return f"decimal({column.precision},{column.scale})" if column.precision <= _MAX_DECIMAL else "string"
        case Kind.FLOAT:
            return "float"
        case Kind.DOUBLE:
            return "double"
        case Kind.DATE:
            return "date"
        case Kind.DATETIME | Kind.TIMESTAMP:
            return "timestamp"
        case Kind.BIT:
            return "boolean" if column.length == 1 else "string"
        case Kind.BYTES | Kind.TEXT | Kind.TIME | Kind.ENUM | Kind.SET | Kind.JSON:
            return "string"
