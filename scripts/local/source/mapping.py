"""DMS's table mappings, applied to real names: which tables are captured, without which columns.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.local.source.errors import CaptureError

_KEY_TYPES = ("primary-key", "schema-table")


@dataclass(frozen=True)
class Pattern:
    """A name with DMS's wildcards: `%` is any text, `_` any character, `[ab]` and `[a-d]` one of those, so that `[_]` is an underscore.

    Args:
        text: as the mapping has it.
        exact: takes the text literally, as `explicit` selections do.
    """

    text: str
    exact: bool = False

    def __post_init__(self) -> None:
        try:
            expression = re.escape(self.text) if self.exact else _expression(self.text)
            object.__setattr__(self, "_compiled", re.compile(expression, re.DOTALL))
        except re.error:
            raise CaptureError(
                f"{self.text!r} in the table mappings is no pattern: a range goes from a lower to a higher character"
            ) from None

    def matches(self, name: str) -> bool:
        """Whether the whole name fits. Case counts, as it does in MySQL on Linux."""
        compiled: re.Pattern[str] = getattr(self, "_compiled")  # noqa: B009 a frozen dataclass has no room to declare it
        return compiled.fullmatch(name) is not None


def _expression(text: str) -> str:
    parts = []
    position = 0
    while position < len(text):
        character = text[position]
        end = text.find("]", position + 2) if character == "[" else -1
        if end > 0:
            inner = text[position + 1 : end].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            parts.append(f"[{inner}]")
            position = end
        else:
            parts.append({"%": ".*", "_": "."}.get(character, re.escape(character)))
        position += 1
    return "".join(parts)


@dataclass(frozen=True)
class Selection:
    """What the mappings say of one table.

    Attributes:
        mapped: whether an object-mapping rule names the table; without one DMS makes records all the same, by its defaults.
        key_type: partition key that the rule asks for; None leaves it to DMS.
    """

    mapped: bool
    key_type: str | None


@dataclass(frozen=True)
class _Rule:
    schema: Pattern
    table: Pattern
    column: Pattern | None = None
    key_type: str | None = None

    def fits(self, schema: str, table: str) -> bool:
        return self.schema.matches(schema) and self.table.matches(table)


class TableMappings:
    """The rules of a task.

    Args:
        document: DMS's `{"rules": [...]}`.

    Raises:
        CaptureError: a rule asks for something that a local lake cannot do; leaving it out in silence would give other rows than DMS does.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._included: list[_Rule] = []
        self._excluded: list[_Rule] = []
        self._removed: list[_Rule] = []
        self._mapped: list[_Rule] = []
        for rule in document.get("rules", []):
            self._add(rule)

    def selection(self, schema: str, table: str) -> Selection | None:
        """What the rules say of a table; None when they do not select it. An exclusion wins, wherever it stands."""
        if not _any(self._included, schema, table) or _any(self._excluded, schema, table):
            return None
        rule = next((rule for rule in self._mapped if rule.fits(schema, table)), None)
        return Selection(mapped=rule is not None, key_type=None if rule is None else rule.key_type)

    def selects(self, schema: str, table: str) -> bool:
        """Whether a table is captured."""
        return self.selection(schema, table) is not None

    def selects_in(self, schema: str) -> bool:
        """Whether tables of a schema are captured, should there be any."""
        return any(rule.schema.matches(schema) for rule in self._included)

    def removes(self, schema: str, table: str, column: str) -> bool:
        """Whether a transformation leaves a column out."""
        return any(rule.column is not None and rule.fits(schema, table) and rule.column.matches(column) for rule in self._removed)

    def _add(self, rule: Mapping[str, Any]) -> None:
        kind, action, locator = rule.get("rule-type"), rule.get("rule-action"), rule.get("object-locator", {})
        exact = kind == "object-mapping" or action == "explicit"  # a mapping rule with a pattern finds no table (engine 3.5)
        known = _Rule(Pattern(locator.get("schema-name", "%"), exact), Pattern(locator.get("table-name", "%"), exact))
        if kind == "selection" and action in ("include", "explicit", "exclude"):
            if rule.get("filters"):
                raise _unsupported(rule, "filters of rows are not supported")
            (self._excluded if action == "exclude" else self._included).append(known)
        elif kind == "transformation" and action == "remove-column":
            self._removed.append(_Rule(known.schema, known.table, Pattern(locator.get("column-name", "%"))))
        elif kind == "object-mapping" and action == "map-record-to-record":
            parameters = rule.get("mapping-parameters", {})
            key_type = parameters.get("partition-key-type")
            if set(parameters) - {"partition-key-type"} or (key_type is not None and key_type not in _KEY_TYPES):
                raise _unsupported(rule, f"of mapping-parameters only partition-key-type {' or '.join(_KEY_TYPES)} is supported")
            self._mapped.append(_Rule(known.schema, known.table, key_type=key_type))
        else:
            raise _unsupported(rule, f"{kind} with {action} is not supported")


def _any(rules: list[_Rule], schema: str, table: str) -> bool:
    return any(rule.fits(schema, table) for rule in rules)


def _unsupported(rule: Mapping[str, Any], reason: str) -> CaptureError:
    return CaptureError(f"rule {rule.get('rule-name', rule.get('rule-id'))} of the table mappings cannot run in a local lake: {reason}")
