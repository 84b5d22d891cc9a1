"""Reads YAML text into plain data that still knows the line of everything in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from constructs_lib.config.problems import Path, Problem, Problems
from constructs_lib.config.text import shown
from constructs_lib.config.yaml_nodes import DEEPEST, Kind, Mapping, Node, Scalar, Sequence, compose

Data: TypeAlias = Any
"""None, bool, int, float, str, list[Data] or dict[str, Data]."""

_MOST_VALUES = 1_000_000
_ONE = (1, 1)


def parse(text: str) -> Document:
    """Parses YAML text.

    Raises:
        Problems: the text is not YAML, or holds nothing.
    """
    root = compose(text)
    if root is None:
        raise Problems([Problem((), "is empty (begin with name, region, state and tables: see docs/lake-file.md)")])
    return Document(root)


class Document:
    """YAML text as data.

    Attributes:
        value: the data, without what `problems` names.
        problems: what could not be taken, with lines.
        dropped: where the data lacks something for it.
    """

    def __init__(self, root: Node) -> None:
        self._root = root
        self._shapes: dict[Node, tuple[int, int]] = {}  # values in it and levels below it, all anchors written out
        self._values: dict[Node, Data] = {}
        self._resolved: dict[Node, dict[str, tuple[Scalar, Node]]] = {}
        self._path: list[str | int] = []
        self.problems: list[Problem] = []
        self.dropped: set[Path] = set()
        self.value: Data = self._convert(root)
        size, depth = self._shapes.get(root, _ONE)
        if depth > DEEPEST:
            raise Problems([Problem((), f"is nested more than {DEEPEST} deep through its anchors (flatten it)")])
        if size > _MOST_VALUES:
            raise Problems([Problem((), f"expands to more than {_MOST_VALUES:,} values through its anchors (write it without them)")])

    def line_of(self, path: Path) -> int:
        """Line of the key or list item that a path leads to, or of the last part of it that exists."""
        return self._find(path)[1]

    def text_of(self, path: Path) -> str | None:
        """The text of a plain or quoted value as it stands in the file; None for what is not one, or not there."""
        node, _, is_whole = self._find(path)
        return node.text if is_whole and isinstance(node, Scalar) else None

    def _find(self, path: Path) -> tuple[Node, int, bool]:
        node, line = self._root, self._root.line
        for part in path:
            if isinstance(node, Mapping) and part in (entries := self._entries(node)):
                key, node = entries[str(part)]
                line = key.line
            elif isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                line = node.line
            else:
                return node, line, False
        return node, line, True

    def _entries(self, node: Mapping) -> dict[str, tuple[Scalar, Node]]:
        """The entries of a mapping with merge keys resolved; the first of a duplicate key."""
        if node not in self._resolved:
            own: dict[str, tuple[Scalar, Node]] = {}
            merged: dict[str, tuple[Scalar, Node]] = {}
            for key, value in node.entries:
                if isinstance(key, Scalar):
                    if not key.is_merge:
                        own.setdefault(key.text, (key, value))
                        continue
                    for source in _merge_sources(value):
                        merged = {**self._entries(source), **merged} if isinstance(source, Mapping) else merged
            self._resolved[node] = {**merged, **own} if merged else own
        return self._resolved[node]

    def _convert(self, node: Node) -> Data:
        """The data of a node; a node that anchors share is converted once."""
        if isinstance(node, Scalar):
            if node.kind is Kind.ODD:
                self._drop(node.line, node.problem)
            return node.value
        if node not in self._values:
            if node.tag:
                self._refuse(node.line, f"has a tag, which is not supported: {node.tag} (remove it)")
            self._values[node] = self._convert_sequence(node) if isinstance(node, Sequence) else self._convert_mapping(node)
        return self._values[node]

    def _convert_sequence(self, node: Sequence) -> list[Data]:
        items = []
        for position, child in enumerate(node.items):
            self._path.append(position)
            items.append(self._convert(child))
            self._path.pop()
        self._shapes[node] = self._shape_of(node.items)
        return items

    def _convert_mapping(self, node: Mapping) -> dict[str, Data]:
        self._check_keys(node)
        data: dict[str, Data] = {}
        entries = self._entries(node)
        for name, (key, value) in entries.items():
            if key.kind is Kind.TEXT:
                self._path.append(name)
                data[name] = self._convert(value)
                if self.dropped and tuple(self._path) in self.dropped:
                    del data[name]
                self._path.pop()
        self._shapes[node] = self._shape_of([value for _, value in entries.values()])
        return data

    def _shape_of(self, children: list[Node]) -> tuple[int, int]:
        shapes = [self._shapes.get(child, _ONE) for child in children]
        return 1 + sum(size for size, _ in shapes), 1 + max((depth for _, depth in shapes), default=0)

    def _check_keys(self, node: Mapping) -> None:
        lines: dict[str, int] = {}
        for key, value in node.entries:
            if not isinstance(key, Scalar):
                self._refuse(key.line, "has a key that is not text (write key: value)")
            elif key.is_merge:
                for source in _merge_sources(value):
                    if not isinstance(source, Mapping):
                        self._refuse(source.line, "must name a mapping (write <<: *anchor)", "<<")
            elif key.kind is not Kind.TEXT:
                quoted = json.dumps(key.text, ensure_ascii=False)
                self._drop(key.line, f"is a key that YAML does not read as text: {shown(key.text)} (quote it: {quoted})", key.text)
            elif key.text in lines:
                self._refuse(key.line, f"is given twice, first in line {lines[key.text]} (remove one)", key.text)
            if isinstance(key, Scalar):
                lines.setdefault(key.text, key.line)

    def _drop(self, line: int, message: str, *below: str) -> None:
        self._refuse(line, message, *below)
        self.dropped.add((*self._path, *below))

    def _refuse(self, line: int, message: str, *below: str) -> None:
        self.problems.append(Problem((*self._path, *below), message, line))


def _merge_sources(value: Node) -> Iterator[Node]:
    """What a merge key names, the most important first."""
    yield from value.items if isinstance(value, Sequence) else [value]
