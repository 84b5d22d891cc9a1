"""What DDL in the log means for the tables that are captured.

Only rows are captured. So a statement that changes a table without them must be named, and it is, unless it is known to leave the rows of
before alone: the list here is of what is harmless, not of what was thought of as harmful.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.source.statement_text import TABLE, TABLE_PAIR, listed, plain_name, without_comments

_CREATE = re.compile(rf"CREATE\s+(OR\s+REPLACE\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{TABLE}", re.IGNORECASE)
_TRUNCATE = re.compile(rf"TRUNCATE\s+(?:TABLE\s+)?{TABLE}", re.IGNORECASE)
_DROP = re.compile(r"DROP\s+TABLES?\s+(?:IF\s+EXISTS\s+)?(.*)", re.IGNORECASE | re.DOTALL)
_DROP_DATABASE = re.compile(rf"DROP\s+(?:DATABASE|SCHEMA)\s+(?:IF\s+EXISTS\s+)?{TABLE}", re.IGNORECASE)
_RENAME = re.compile(r"RENAME\s+TABLES?\s+(?:IF\s+EXISTS\s+)?(.*)", re.IGNORECASE | re.DOTALL)
_ALTER = re.compile(
    rf"ALTER\s+(?:ONLINE\s+|OFFLINE\s+)*(IGNORE\s+)?TABLE\s+(?:IF\s+EXISTS\s+)?{TABLE}(?:\s+WAIT\s+\d+|\s+NOWAIT)?\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_ONE_TABLE = re.compile(TABLE)
_PAIR = re.compile(TABLE_PAIR, re.IGNORECASE)
_ANY_TABLE = re.compile(rf"(?<![\w$.`\"]){TABLE}")

_ROW_CHANGES = frozenset({"INSERT", "UPDATE", "DELETE", "REPLACE", "LOAD"})

_OTHER_OBJECTS = (
    r"VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|USER|ROLE|SERVER|SEQUENCE|PACKAGE|TABLESPACE|LOGFILE|DATABASE|SCHEMA|INDEX|UNIQUE|FULLTEXT|SPATIAL"
    r"|TEMPORARY|RESOURCE|INSTANCE|PREPARE"
)
_QUALIFIERS = (
    r"OR\s+REPLACE|AGGREGATE|DEFINER\s*=\s*\S+(?:\s*@\s*\S+)?|ALGORITHM\s*=\s*\w+|SQL\s+SECURITY\s+\w+|ONLINE|UNDO|IF\s+(?:NOT\s+)?EXISTS"
)
_HARMLESS = re.compile(
    rf"(?:CREATE|ALTER|DROP)\s+(?:(?:{_QUALIFIERS})\s+)*(?:{_OTHER_OBJECTS})\b"
    r"|(?:GRANT|REVOKE|SET|FLUSH|ANALYZE|OPTIMIZE|CHECK|INSTALL|UNINSTALL|RESET|USE|RENAME\s+USER)\b",
    re.IGNORECASE,
)
"""Statements on something other than a table's rows: indexes, views, programs, users, statistics."""

_LEAVES_ROWS_ALONE = re.compile(
    r"ADD\s+(?:CONSTRAINT|PRIMARY|UNIQUE|INDEX|KEY|FULLTEXT|SPATIAL|FOREIGN|CHECK)\b|DROP\s+(?!SYSTEM\b)|RENAME\s+(?:COLUMN|INDEX|KEY)\b"
    r"|ALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET|DROP)\s+(?:DEFAULT|VISIBLE|INVISIBLE)\b|ALTER\s+(?:INDEX|KEY|CONSTRAINT|CHECK)\b"
    r"|(?:ENABLE|DISABLE)\s+KEYS\b|ORDER\s+BY\b|FORCE\b|WITH(?:OUT)?\s+VALIDATION\b|(?:DEFAULT\s+)?(?:CHARACTER\s+SET|CHARSET|COLLATE)\b"
    r"|(?:ENGINE|ALGORITHM|LOCK|COMMENT|AUTO_INCREMENT|ROW_FORMAT|KEY_BLOCK_SIZE|MAX_ROWS|MIN_ROWS|AVG_ROW_LENGTH|CHECKSUM|PACK_KEYS|COMPRESSION"
    r"|ENCRYPTION|ENCRYPTED|PAGE_COMPRESSED|DELAY_KEY_WRITE|STATS_\w+|INSERT_METHOD|TRANSACTIONAL|PAGE_CHECKSUM|CONNECTION)\s*(?:=|\s)\s*\S",
    re.IGNORECASE,
)
"""Parts of an ALTER TABLE after which each row is what it was. A column that is dropped or renamed is one that the comparison names."""
_ADDS_COLUMNS = re.compile(r"ADD\b(?!\s+(?:PARTITION|SYSTEM|PERIOD)\b)", re.IGNORECASE)
_FILLS_ROWS = re.compile(r"\b(?:NOT\s+NULL|DEFAULT(?!\s+NULL\b)|AUTO_INCREMENT|GENERATED|AS\s*\()", re.IGNORECASE)
_PARTITIONS = re.compile(r"(?:(\w+)\s+)?PARTITION(?:S|ING)?\b", re.IGNORECASE)
_WITH_TABLE = re.compile(rf"\b(?:WITH|TO)\s+TABLE\s+{TABLE}", re.IGNORECASE)
_TO_TABLE = re.compile(rf"RENAME\s+(?!COLUMN\b|INDEX\b|KEY\b)(?:TO\s+|AS\s+|=\s*)?{TABLE}", re.IGNORECASE)


def is_row_change(verb: str) -> bool:
    """Whether a statement of this verb changes rows."""
    return verb in _ROW_CHANGES


@dataclass(frozen=True)
class TableChange:
    """What a statement does to one table.

    Attributes:
        operation: `create-table`, `alter-table` (rows stay as they are), or what changes a table's rows without row events, in the words of
            the statement: `truncate`, `drop-table`, `rename-table`, `exchange-partition`, `modify-column` and so on.
        schema: of the table.
        table: its name; "" for every table of the schema.
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
    text = without_comments(statement)
    if match := _CREATE.match(text):
        if match[1]:
            yield _change("replace-table", schema, match[2], match[3])
        yield _change("create-table", schema, match[2], match[3])
    elif match := _TRUNCATE.match(text):
        yield _change("truncate", schema, match[1], match[2])
    elif match := _DROP.match(text):
        yield from (_change("drop-table", schema, found[1], found[2]) for found in map(_ONE_TABLE.match, listed(match[1])) if found)
    elif match := _DROP_DATABASE.match(text):
        yield TableChange("drop-database", plain_name(match[1]), "")
    elif match := _RENAME.match(text):
        yield from _renamed(schema, listed(match[1]))
    elif match := _ALTER.match(text):
        yield from _altered(schema, match)
    elif not _HARMLESS.match(text):
        found = {_change(_words(text), schema, one[1], one[2]) for one in _ANY_TABLE.finditer(text)}
        yield from sorted(found, key=lambda change: (change.schema, change.table))


def _renamed(schema: str, pairs: list[str]) -> Iterator[TableChange]:
    """Both names of each pair: the table that is called so from now on has other rows than the one before."""
    matches = [match for match in map(_PAIR.match, pairs) if match]
    names = [name for match in matches for name in ((match[1], match[2]), (match[3], match[4]))]
    yield from dict.fromkeys(_change("rename-table", schema, *name) for name in names)


def _altered(schema: str, match: re.Match[str]) -> Iterator[TableChange]:
    table = _change("alter-table", schema, match[2], match[3])
    operations: dict[str, None] = {"alter-ignore": None} if match[1] else {}
    before = ""
    for part in listed(match[4]):
        operation = before if before.endswith("-partition") and re.fullmatch(r"[\w$`]+", part) else _operation(part)  # `p0, p1`
        operations[operation] = None
        other = _TO_TABLE.match(part) if operation == "rename-table" else _WITH_TABLE.search(part)
        if other:
            yield _change(operation, schema, other[1], other[2])
        before = operation
    harmful = [operation for operation in operations if operation != "alter-table"]
    yield from (TableChange(operation, table.schema, table.table) for operation in harmful or ["alter-table"])


def _operation(part: str) -> str:
    """What one part of an ALTER TABLE does; `alter-table` for what leaves the rows alone."""
    if partitions := _PARTITIONS.match(part):
        verb = (partitions[1] or "").lower()
        return "remove-partitioning" if verb == "remove" else f"{verb}-partition" if verb else "partition-by"
    if _TO_TABLE.match(part):
        return "rename-table"
    if not part or _LEAVES_ROWS_ALONE.match(part):
        return "alter-table"
    if _ADDS_COLUMNS.match(part):
        return "add-column-with-values" if _FILLS_ROWS.search(part) else "alter-table"
    kinds = {"modify": "modify-column", "change": "change-column", "convert": "convert-character-set"}
    words = _words(part)
    return kinds.get(words.partition("-")[0], words)


def _words(text: str) -> str:
    """The first two words of a statement, as a name for it."""
    return "-".join(re.findall(r"[A-Za-z_]+", text)[:2]).lower() or "unknown-statement"


def _change(operation: str, schema: str, first: str, second: str | None) -> TableChange:
    """Of one name or two: the first is then the schema."""
    return TableChange(operation, plain_name(first) if second else schema, plain_name(second or first))


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
