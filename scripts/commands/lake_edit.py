"""Adds columns to the text of a lake file and leaves everything else as it stands: comments, layout, order, quotes.

The text is not written anew from data; the new lines are put behind the last column of their table. The result must be the same lake with
exactly the new columns in it, else it is refused with what to write by hand: a table may have its columns from an anchor that others share.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import parse_lake
from constructs_lib.config.problems import LakeFileError, Problem
from constructs_lib.config.table import ColumnConfig, TableConfig
from scripts.local.evolution import GrownColumn

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REST_OF_LINE = re.compile(r"[^\r\n]*")
_LINE_END = re.compile(r"\r?\n")

Added = Mapping[int, Sequence[GrownColumn]]
"""New columns by their table's place in the file."""


def add_columns(text: str, file: str, added: Added) -> str:
    """The text of a lake file with more columns.

    Args:
        text: of a lake file that is right.
        file: what error messages call it.
        added: what is added.

    Raises:
        LakeFileError: it cannot be done without touching more than these tables; or the lake would be wrong with such columns.
    """
    before = parse_lake(text, file)
    root = yaml.compose(text, Loader=_LOADER)
    edits = {_edit(text, _columns(root, place), columns) for place, columns in added.items()} - {None}  # an anchor's twice is once
    changed = text
    for at, more in sorted(filter(None, edits), reverse=True):
        changed = changed[:at] + more + changed[at:]
    wanted = _with_columns(before, added).model_dump()
    try:
        is_right = parse_lake(changed, file).model_dump() == wanted
    except LakeFileError:
        is_right = False
    if not is_right:
        raise LakeFileError(file, [_by_hand(place, columns) for place, columns in sorted(added.items())])
    return changed


def _by_hand(place: int, columns: Sequence[GrownColumn]) -> Problem:
    lines = ", ".join(f"{key}: {value}" for key, value in (_entry(column, in_braces=True) for column in columns))
    return Problem(
        ("tables", place, "columns"), f"cannot be extended by this command, because of an anchor or a name (write by hand: {lines})"
    )


def _columns(root: yaml.Node | None, place: int) -> yaml.MappingNode | None:
    """The columns of a table as the file writes them; None where they come from elsewhere."""
    tables = _member(root, "tables")
    table = tables.value[place] if isinstance(tables, yaml.SequenceNode) else None
    columns = _member(table, "columns")
    return columns if isinstance(columns, yaml.MappingNode) else None


def _member(node: yaml.Node | None, name: str) -> yaml.Node | None:
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for key, value in pairs if key.value == name), None)


def _edit(text: str, columns: yaml.MappingNode | None, added: Sequence[GrownColumn]) -> tuple[int, str] | None:
    """Where to put what: behind the last column, on lines of their own in a block, within the braces of `{...}`."""
    if columns is None:
        return None
    end = _end(columns.value[-1][1])
    if columns.flow_style:
        return end, "".join(f", {key}: {value}" for key, value in (_entry(column, in_braces=True) for column in added))
    rest = _REST_OF_LINE.match(text, end)
    found = _LINE_END.search(text)
    start = (found[0] if found else "\n") + " " * columns.value[0][0].start_mark.column
    lines = "".join(f"{start}{key}: {value}" for key, value in (_entry(column, in_braces=False) for column in added))
    return (end if rest is None else rest.end()), lines


def _end(node: yaml.Node) -> int:
    """Where the text of a node ends; a block's own mark lies behind the comments that follow it."""
    if isinstance(node, yaml.MappingNode) and not node.flow_style:
        return _end(node.value[-1][1])
    return int(node.end_mark.index)


def _entry(column: GrownColumn, *, in_braces: bool) -> tuple[str, str]:
    """Key and value of a column as a lake file writes them; inside braces a comma would end a value."""
    if column.source == column.name:
        return _scalar(column.name), json.dumps(column.type) if in_braces and "," in column.type else column.type
    kind = json.dumps(column.type) if "," in column.type else column.type
    return _scalar(column.name), f"{{source: {_scalar(column.source)}, type: {kind}}}"


def _scalar(text: str) -> str:
    """Text as YAML reads it back as text: quoted where it might be a number or a word such as `on`."""
    resolver: Any = yaml.resolver.Resolver()
    meaning = resolver.resolve(yaml.ScalarNode, text, (True, False))
    is_plain = _WORD.fullmatch(text) and meaning == "tag:yaml.org,2002:str" and text.lower() not in ("y", "n")
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _with_columns(lake: Lake, added: Added) -> Lake:
    def extended(table: TableConfig, columns: Sequence[GrownColumn]) -> TableConfig:
        more = {one.name: ColumnConfig(type=one.type, source=None if one.source == one.name else one.source) for one in columns}
        return table.model_copy(update={"columns": table.columns | more})

    return lake.model_copy(update={"tables": tuple(extended(table, added.get(place, ())) for place, table in enumerate(lake.tables))})
