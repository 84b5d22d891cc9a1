"""LOAD DATA LOCAL INFILE: several times faster than INSERT, where the server allows it.

The server asks the client for the file, so the connection must be to a server that is trusted: verified by TLS, or on this machine.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from scripts.quoting import mysql_name
from scripts.seed.errors import SeedError
from scripts.seed.model import BYTES_TYPES, POINT_TYPES, Column, Row, Table, Value
from scripts.seed.sql import VALUE, Statement, quoted_table
from scripts.seed.target import Result, Server

_ESCAPED = re.compile(r"[\\\t\n\r\0]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"}


class BulkLoader:
    """Writes rows by LOAD DATA LOCAL, through a file that only this user can read.

    Args:
        server: a server that allows it.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def load(self, table: Table, rows: Sequence[Row]) -> Result:
        """Loads rows; one whose key exists already is left out, which shows in the result.

        Raises:
            SeedError: the server would have changed a value to make it fit.
        """
        with tempfile.TemporaryDirectory(prefix="moulin-seed-") as folder:
            path = Path(folder) / "rows.tsv"
            path.write_text(rows_as_text(rows), encoding="utf-8", newline="")
            result = self._server.execute(load_statement(table, str(path)))
        warning = self._server.first_warning()
        if warning is not None:
            raise SeedError(f"{table.label}: LOAD DATA LOCAL changed a value: {warning[1]} [{warning[0]}] (run without --bulk)")
        return result


def load_statement(table: Table, path: str) -> Statement:
    """The LOAD DATA statement for a file of rows."""
    fields, assignments = [], []
    for position, column in enumerate(table.written):
        conversion = _conversion(column)
        fields.append(f"@v{position}" if conversion else mysql_name(column.name))
        if conversion:
            assignments.append(f"{mysql_name(column.name)} = {conversion.format(f'@v{position}')}")
    text = (
        f"LOAD DATA LOCAL INFILE {VALUE} INTO TABLE {quoted_table(table)} CHARACTER SET utf8mb4"
        f" FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ({', '.join(fields)})"
    )
    return Statement(text + (f" SET {', '.join(assignments)}" if assignments else ""), (path,))


def rows_as_text(rows: Sequence[Row]) -> str:
    """Rows as LOAD DATA reads them: tabs between, `\\N` for NULL, bytes as hexadecimal digits."""
    fields = [_column_fields(values) for values in zip(*rows, strict=True)]  # a column at a time: its type is looked at once
    return "".join(["\t".join(row) + "\n" for row in zip(*fields, strict=True)])


def _column_fields(values: tuple[Value, ...]) -> Sequence[str]:
    types = set(map(type, values))
    if types == {str} and not _ESCAPED.search("".join(cast("tuple[str, ...]", values))):
        return cast("tuple[str, ...]", values)
    if len(types) == 1:
        return list(map(_FIELDS[types.pop()], values))
    return [_FIELDS[type(value)](value) for value in values]


def _text(value: str) -> str:
    return _ESCAPED.sub(lambda match: _ESCAPES[match[0]], value)


_FIELDS: dict[type, Callable[[Any], str]] = {
    type(None): lambda _: "\\N",
    int: repr,
    float: repr,
    Decimal: str,
    str: _text,
    bytes: bytes.hex,
    datetime: lambda value: value.isoformat(" "),
    date: date.isoformat,
}
"""Type of a value to what LOAD DATA reads as it."""


def _conversion(column: Column) -> str | None:
    """What the server makes of a field that cannot be read as it is: text would go through a character set."""
    if column.data_type in BYTES_TYPES or column.data_type in POINT_TYPES:
        return "UNHEX({})"
    return "CAST({} AS UNSIGNED)" if column.data_type == "bit" else None
