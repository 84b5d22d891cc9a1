"""Reads YAML text into plain data that still knows the line of everything in it.

Only what means the same to every YAML reader is taken: text, decimal numbers, true, false and null. What YAML 1.1 and 1.2 read differently
(`no`, dates, octal numbers) is refused with the advice to quote it, and so are duplicate keys and tags.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

import yaml

from constructs_lib.config.problems import Path, Problem, Problems
from constructs_lib.config.text import shown

Data: TypeAlias = Any
"""None, bool, int, float, str, list[Data] or dict[str, Data]."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,300})")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]*(?:[eE][-+][0-9]+)?")
_DEEPEST = 40
_MOST_VALUES = 1_000_000
_SYNTAX_HINTS = {
    "mapping values are not allowed": "check the indentation, and quote a value that contains a colon and a blank",
    "could not find expected ':'": "a key needs a colon and a blank after it",
    "cannot start any token": "quote the value; indent with blanks, not with tabs",
    "expected a single document": "keep one lake to a file: remove the second ---",
    "undefined alias": "define the anchor above its first use",
    "did not find expected": "check the indentation, and that every bracket and quote is closed",
}


class Document:
    """YAML text as data.

    Attributes:
        value: the data, without what `problems` names.
        problems: what could not be taken, with lines.
        dropped: where the data lacks something for it.
    """

    def __init__(self, root: yaml.Node) -> None:
        self._root = root
        self._sizes: dict[int, int] = {}
        self._values: dict[int, Data] = {}
        self._resolved: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}
        self._open: set[int] = set()
        self.problems: list[Problem] = []
        self.dropped: set[Path] = set()
        self.value: Data = self._convert(root, ())
        if self._sizes.get(id(root), 1) > _MOST_VALUES:
            raise Problems([Problem((), f"expands to more than {_MOST_VALUES:,} values through its anchors (write it without them)")])

    def line_of(self, path: Path) -> int:
        """Line of the key or list item that a path leads to, or of the last part of it that exists."""
        return self._find(path)[1]

    def text_of(self, path: Path) -> str | None:
        """The text of a plain or quoted value as it stands in the file; None for what is not one, or not there."""
        node, _, whole = self._find(path)
        return node.value if whole and isinstance(node, yaml.ScalarNode) else None

    def _find(self, path: Path) -> tuple[yaml.Node, int, bool]:
        node, line = self._root, _line(self._root)
        for part in path:
            if isinstance(node, yaml.MappingNode):
                entry = self._entries(node).get(part) if isinstance(part, str) else None
                if entry is None:
                    return node, line, False
                line, node = _line(entry[0]), entry[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = _line(node)
            else:
                return node, line, False
        return node, line, True

    def _entries(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """The entries of a mapping with merge keys resolved; the first of a duplicate key."""
        if id(node) not in self._resolved:
            self._resolved[id(node)] = {}  # what a mapping that merges itself finds
            self._resolved[id(node)] = self._resolve(node)
        return self._resolved[id(node)]

    def _resolve(self, node: yaml.MappingNode) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        merged: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                for source in _merge_sources(value):
                    merged = {**self._entries(source), **merged}
            elif isinstance(key, yaml.ScalarNode):
                own.setdefault(key.value, (key, value))
        return {**merged, **own}

    def _convert(self, node: yaml.Node, path: Path) -> Data:
        """The data of a node; a node that anchors share is converted once."""
        if id(node) in self._open:
            return self._drop(path, node, "contains itself through an anchor (write it out)")
        if len(path) > _DEEPEST:
            return self._drop(path, node, f"is nested more than {_DEEPEST} deep (flatten it)")
        if id(node) not in self._values:
            self._open.add(id(node))
            self._values[id(node)] = self._convert_new(node, path)
            self._open.discard(id(node))
        return self._values[id(node)]

    def _convert_new(self, node: yaml.Node, path: Path) -> Data:
        if isinstance(node, yaml.MappingNode):
            return self._convert_mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            if node.tag != f"{_TAG}seq":
                self._refuse(path, node, f"has a tag, which is not supported: {_tag_name(node)} (remove it)")
            items = [self._convert(child, (*path, position)) for position, child in enumerate(node.value)]
            self._sizes[id(node)] = 1 + sum(self._sizes.get(id(child), 1) for child in node.value)
            return items
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 - YAML has no other kind
        return self._convert_scalar(node, path)

    def _convert_mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Data]:
        if node.tag != f"{_TAG}map":
            self._refuse(path, node, f"has a tag, which is not supported: {_tag_name(node)} (remove it)")
        lines: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                for source in _merge_sources(value, self, path):
                    self._convert(source, path)
            elif not isinstance(key, yaml.ScalarNode):
                self._refuse(path, key, "has a key that is not text (write key: value)")
            elif key.tag != f"{_TAG}str" and key.tag != f"{_TAG}value":
                message = f"is a key that YAML does not read as text: {shown(key.value)} (quote it: {_quote(key.value)})"
                self._drop((*path, key.value), key, message)
            elif key.value in lines:
                self._refuse((*path, key.value), key, f"is given twice, first in line {lines[key.value]} (remove one)")
            lines.setdefault(key.value if isinstance(key, yaml.ScalarNode) else "", _line(key))
        data: dict[str, Data] = {}
        size = 1
        for name, (key, value) in self._entries(node).items():
            if key.tag in (f"{_TAG}str", f"{_TAG}value"):
                data[name] = self._convert(value, (*path, name))
                if (*path, name) in self.dropped:
                    del data[name]
            size += self._sizes.get(id(value), 1)
        self._sizes[id(node)] = size
        return data

    def _convert_scalar(self, node: yaml.ScalarNode, path: Path) -> Data:
        text, kind = node.value, node.tag.removeprefix(_TAG)
        if kind in ("str", "value", "merge"):
            return text
        if kind == "null":
            return None
        if kind == "bool" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "int" and _INTEGER.fullmatch(text):
            return int(text)
        if kind == "float" and _FLOAT.fullmatch(text):
            return float(text)
        return self._drop(path, node, _ambiguity(kind, node))

    def _drop(self, path: Path, node: yaml.Node, message: str) -> None:
        self._refuse(path, node, message)
        self.dropped.add(path)

    def _refuse(self, path: Path, node: yaml.Node, message: str) -> None:
        self.problems.append(Problem(path, message, _line(node)))


def parse(text: str) -> Document:
    """Parses YAML text.

    Raises:
        Problems: the text is not YAML, or holds nothing.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        raise Problems([Problem((), f"contains the control character U+{ord(unprintable[0]):04X} (remove it)", line)])
    try:
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        raise Problems([_syntax_problem(error)]) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise Problems([Problem((), f"is not valid YAML: {shown(str(error))}")]) from None
    if root is None:
        raise Problems([Problem((), "is empty (begin with name, region, state and tables: see docs/lake-file.md)")])
    return Document(root)


def _syntax_problem(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = " ".join(part for part in (error.context, error.problem) if part)
    hint = next((hint for words, hint in _SYNTAX_HINTS.items() if words in what), "")
    place = f" in column {mark.column + 1}" if mark else ""
    return Problem((), f"is not valid YAML{place}: {what}" + (f" ({hint})" if hint else ""), mark.line + 1 if mark else None)


def _merge_sources(value: yaml.Node, document: Document | None = None, path: Path = ()) -> Iterator[yaml.MappingNode]:
    """The mappings that a merge key names, the most important first."""
    for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
        if isinstance(source, yaml.MappingNode):
            yield source
        elif document is not None:
            document._refuse((*path, "<<"), source, "must name a mapping (write <<: *anchor)")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _tag_name(node: yaml.Node) -> str:
    return shown(node.tag.replace(_TAG, "!!"))


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _ambiguity(kind: str, node: yaml.ScalarNode) -> str:
    text = node.value
    if kind == "bool":
        meant = "true" if text.lower() in ("yes", "on", "y") else "false"
        return f"is {meant} to some YAML readers and text to others, got {text} (quote it: {_quote(text)}, or write {meant})"
    if kind == "timestamp":
        return f"is a date to YAML, got {shown(text)} (quote it: {_quote(text)})"
    if kind in ("int", "float"):
        return (
            f"is a number that YAML readers read differently, got {shown(text)} (quote it if it is text: {_quote(shown(text))}, or write it"
            " in decimal)"
        )
    return f"has a tag, which is not supported: {_tag_name(node)} (remove it)"
