"""Which tables and columns reach the lake: what a plan takes out of capture, delivery or the catalog."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.review.change import Change
from scripts.review.finding import Area, Finding
from scripts.review.values import at, blocks, has_mark, words

MAPPED = ("aws_dms_replication_task", "aws_dms_replication_config")
_DESTINATIONS = "iceberg_configuration"


def check(change: Change) -> Iterator[Finding]:
    """Yields what happens to tables and columns in a resource that is changed or replaced."""
    if not change.stays:
        return
    if change.type in MAPPED and change.differs("table_mappings"):
        yield from _mappings(change)
    elif change.type == "aws_kinesis_firehose_delivery_stream" and change.differs(_DESTINATIONS):
        yield from _destinations(change)
    elif change.type == "terraform_data" and change.differs("input") and change.address.split("[")[0].endswith("columns"):
        yield from _record(change)
    elif change.type == "aws_glue_catalog_table" and change.differs("storage_descriptor"):
        yield from _columns(change, "", _glue_columns(change.before), _glue_columns(change.after))


def _mappings(change: Change) -> Iterator[Finding]:
    before, after = (_rules(side.get("table_mappings")) for side in (change.before, change.after))
    if before is None or after is None:
        yield Finding(Area.UNKNOWN, change.address, "its table mappings change and cannot be read: compare them by hand")
        return
    for rule in (rule for key, rule in before.items() if key not in after):
        yield _gone(change.address, rule)
    for rule in (rule for key, rule in after.items() if key not in before):
        yield _new(change.address, rule)


def _rules(mappings: Any) -> dict[str, Mapping[str, Any]] | None:
    """The rules of table mappings by what they say: numbers and names of rules say nothing."""
    try:
        document = json.loads(mappings) if isinstance(mappings, str) else None
    except (ValueError, RecursionError):
        return None
    rules = document.get("rules") if isinstance(document, dict) else None
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        return None
    told = ({key: value for key, value in rule.items() if key not in ("rule-id", "rule-name") and value != []} for rule in rules)
    return {json.dumps(rule, sort_keys=True): rule for rule in told}


def _gone(address: str, rule: Mapping[str, Any]) -> Finding:
    kind, action, what = rule.get("rule-type"), rule.get("rule-action"), _object(rule)
    if kind == "selection" and action in ("include", "explicit"):
        return Finding(Area.LOSS, address, f"selects {what} no longer{_filtered(rule)}: what is selected by no other rule is not captured")
    if kind == "selection" and action == "exclude":
        return Finding(Area.ACCESS, address, f"excludes {what} no longer: it is captured if another rule selects it")
    if action == "remove-column":
        return Finding(Area.ACCESS, address, f"drops the column {what} no longer: its values reach the stream")
    return Finding(Area.UNKNOWN, address, f"no longer has the {kind} rule {action} for {what}: look at what records look like without it")


def _new(address: str, rule: Mapping[str, Any]) -> Finding:
    kind, action, what = rule.get("rule-type"), rule.get("rule-action"), _object(rule)
    if kind == "selection" and action in ("include", "explicit"):
        return Finding(
            Area.NOTE, address, f"selects {what}{_filtered(rule)}, newly: the rows that are there already need a reload of the table"
        )
    if kind == "selection" and action == "exclude":
        return Finding(Area.LOSS, address, f"excludes {what}: it is captured no longer")
    if action == "remove-column":
        return Finding(Area.LOSS, address, f"drops the column {what}: its values reach the lake no longer")
    return Finding(Area.UNKNOWN, address, f"has a new {kind} rule {action} for {what}: look at what it does to records")


def _object(rule: Mapping[str, Any]) -> str:
    locator = rule.get("object-locator")
    names = [locator.get(f"{part}-name") for part in ("schema", "table", "column")] if isinstance(locator, Mapping) else []
    return ".".join(str(name) for name in names if name is not None) or "everything"


def _filtered(rule: Mapping[str, Any]) -> str:
    return ", with filters on its rows" if rule.get("filters") else ""


def _destinations(change: Change) -> Iterator[Finding]:
    path = f"{_DESTINATIONS}.destination_table_configuration"
    if has_mark(change.was(path)) or has_mark(change.becomes(path)):
        yield Finding(Area.UNKNOWN, change.address, "its tables cannot be compared: they are not known yet")
        return
    before, after = _tables(change.was(path)), _tables(change.becomes(path))
    for name, keys in before.items():
        if name not in after:
            yield Finding(Area.LOSS, change.address, f"delivers into {name} no longer: its records fail, or are dropped, from now on")
        elif after[name] != keys:
            keys_now = ", ".join(after[name]) or "none"
            yield Finding(
                Area.LOSS,
                change.address,
                f"unique keys of {name} become {keys_now} (were {', '.join(keys) or 'none'}): updates match other rows",
            )
    for name in (name for name in after if name not in before):
        yield Finding(Area.NOTE, change.address, f"delivers into {name}, newly")


def _tables(value: Any) -> dict[str, tuple[str, ...]]:
    return {f"{table.get('database_name')}.{table.get('table_name')}": words(table.get("unique_keys")) for table in blocks(value)}


def _record(change: Change) -> Iterator[Finding]:
    """The record of columns: a table's name to `name type, name type`."""
    before, after = change.before.get("input"), change.after.get("input")
    if not isinstance(before, Mapping) or not isinstance(after, Mapping):
        yield Finding(Area.UNKNOWN, change.address, "the record of columns changes and cannot be read: compare it by hand")
        return
    for table, columns in before.items():
        if table not in after:
            yield Finding(Area.LOSS, change.address, f"the table {table} is no longer in the lake file")
        elif isinstance(columns, str) and isinstance(after[table], str):
            yield from _columns(change, f"{table}.", _recorded(columns), _recorded(after[table]))
        elif columns != after[table]:
            yield Finding(Area.UNKNOWN, change.address, f"the columns of {table} change and cannot be read: compare them by hand")
    for table in (table for table in after if table not in before):
        yield Finding(Area.NOTE, change.address, f"the table {table} is new in the lake file")


def _recorded(text: str) -> dict[str, str]:
    """`id bigint, total decimal(12,2)`: a comma within parentheses parts no columns."""
    parts = (part.strip().partition(" ") for part in re.split(r",(?![^(]*\))", text))
    return {name: type_ for name, _, type_ in parts if name}


def _glue_columns(arguments: Mapping[str, Any]) -> dict[str, str]:
    return {str(column.get("name")): str(column.get("type")) for column in blocks(at(arguments, "storage_descriptor.columns"))}


def _columns(change: Change, prefix: str, before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Finding]:
    for name, type_ in before.items():
        if name not in after:
            yield Finding(Area.LOSS, change.address, f"the column {prefix}{name} goes")
        elif after[name] != type_:
            yield Finding(
                Area.LOSS, change.address, f"the column {prefix}{name} becomes {after[name]} (was {type_}): values that do not fit are lost"
            )
    for name in (name for name in after if name not in before):
        yield Finding(Area.NOTE, change.address, f"the column {prefix}{name} is new")
