"""What DDL in the log means for the tables that are captured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_NAME = r"(`(?:[^`]|``)+`|[\w$]+)"
_TABLE = rf"{_NAME}(?:\s*\.\s*{_NAME})?"
_COMMENT = re.compile(r"/\*(?!!).*?\*/|^\s*(?:--\s|#).*?$", re.DOTALL | re.MULTILINE)
_CREATE = re.compile(rf"CREATE\s+(?:OR\s+REPLACE\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_TABLE}", re.IGNORECASE)
_TRUNCATE = re.compile(rf"TRUNCATE\s+(?:TABLE\s+)?{_TABLE}", re.IGNORECASE)
_DROP = re.compile(r"DROP\s+TABLES?\s+(?:IF\s+EXISTS\s+)?(.*)", re.IGNORECASE | re.DOTALL)
_RENAME = re.compile(r"RENAME\s+TABLES?\s+(?:IF\s+EXISTS\s+)?(.*)", re.IGNORECASE | re.DOTALL)
_ALTER = re.compile(rf"ALTER\s+(?:ONLINE\s+|OFFLINE\s+|IGNORE\s+)*TABLE\s+(?:IF\s+EXISTS\s+)?{_TABLE}\s*(.*)", re.IGNORECASE | re.DOTALL)
_RENAMES_TABLE = re.compile(r"(?:^|,)\s*RENAME\s+(?!COLUMN\b|INDEX\b|KEY\b)", re.IGNORECASE)
_LOSES_PARTITION = re.compile(r"\b(?:DROP|TRUNCATE)\s+PARTITION\b", re.IGNORECASE)
_ONE_TABLE = re.compile(_TABLE)

_ROW_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD"})


def is_row_change(verb: str) -> bool:
    """Whether a statement of this verb changes rows."""
    return verb in _ROW_CHANGES


@dataclass(frozen=True)
class TableChange:
    """What a statement does to one table.

    Attributes:
        operation: `create-table` or `alter-table`; or `truncate`, `drop-table`, `rename-table`, `drop-partition`, which DMS leaves out.
        schema: of the table.
        table: its name.
    """

    operation: str
    schema: str
    table: str


def table_changes(schema: str, statement: str) -> Iterator[TableChange]:
    """What a statement does to which tables.

    Args:
        schema: the database it ran in.
        statement: its text.
    """
    text = _COMMENT.sub(" ", statement).strip()
    if match := _CREATE.match(text):
        yield _change("create-table", schema, match)
    elif match := _TRUNCATE.match(text):
        yield _change("truncate", schema, match)
    elif match := _DROP.match(text):
        yield from (_change("drop-table", schema, found) for found in map(_ONE_TABLE.match, _listed(match[1])) if found)
    elif match := _RENAME.match(text):
        yield from (_change("rename-table", schema, found) for found in map(_ONE_TABLE.match, _listed(match[1])) if found)
    elif match := _ALTER.match(text):
        rest = match[3]
        operation = "rename-table" if _RENAMES_TABLE.search(rest) else "drop-partition" if _LOSES_PARTITION.search(rest) else "alter-table"
        yield _change(operation, schema, match)


def _listed(names: str) -> list[str]:
    return [name.strip() for name in re.split(r",(?=(?:[^`]*`[^`]*`)*[^`]*$)", names)]


def _change(operation: str, schema: str, match: re.Match[str]) -> TableChange:
    first, second = _plain(match[1]), _plain(match[2])
    return TableChange(operation, first if second else schema, second or first)


def _plain(name: str | None) -> str:
    if name is None:
        return ""
    return name[1:-1].replace("``", "`") if name.startswith("`") else name


def column_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """DMS's operations that lead from one table definition to another: one for each column that changed.

    Default values, character sets and whether a column may be NULL are not captured.
    """
    before, after = ({name: _without_null(kind) for name, kind in definition["columns"].items()} for definition in (old, new))
    gone = [name for name in before if name not in after]
    added = [name for name in after if name not in before]
    if len(gone) == len(added) == 1 and before[gone[0]] == after[added[0]]:
        yield "rename-column"
    else:
        yield from ("drop-column" for _ in gone)
        yield from ("add-column" for _ in added)
    yield from ("column-type-change" for name, kind in after.items() if name in before and before[name] != kind)
    if old["primary-key"] != new["primary-key"] and not gone and not added:
        yield "change-columns"


def _without_null(kind: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in kind.items() if key != "nullable"}
