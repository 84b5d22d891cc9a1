"""YAML text as a tree of nodes with lines, and what its plain scalars mean.

The tree is built from the parser's events in a loop, because the library's own composer recurses, and ends the process on text that is
nested deep enough. Of plain scalars, only what means the same to every YAML reader is taken: text, decimal numbers, true, false and null.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final, TypeAlias

import yaml

from constructs_lib.config.problems import Problem, Problems
from constructs_lib.config.text import shown

DEEPEST: Final = 40

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_VALUES: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TRUE_TO_SOME = frozenset({"yes", "Yes", "YES", "on", "On", "ON"})
_FALSE_TO_SOME = frozenset({"no", "No", "NO", "off", "Off", "OFF"})
_WORDS = frozenset(_VALUES) | _TRUE_TO_SOME | _FALSE_TO_SOME
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,300})")
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\.[0-9]+")
_ODD_NUMBER = re.compile(
    r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0o[0-7]+|0[0-9_]+|[1-9][0-9_]*(?::[0-5]?[0-9])*"  # binary, hexadecimal, octal, 1_000, 12:30
    r"|[0-9][0-9_]*(?::[0-5]?[0-9])*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+"
    r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)"
)
_DATE = re.compile(r"[0-9]{4}-[0-9][0-9]?-[0-9][0-9]?(?:(?:[Tt]|[ \t]+)[0-9][0-9]?:.*)?")
_SYNTAX_HINTS = {
    "mapping values are not allowed": "check the indentation, and quote a value that contains a colon and a blank",
    "could not find expected ':'": "a key needs a colon and a blank after it",
    "cannot start any token": "quote the value; indent with blanks, not with tabs",
    "did not find expected": "check the indentation, and that every bracket and quote is closed",
}


class Kind(Enum):
    """What a scalar means."""

    TEXT = auto()
    VALUE = auto()
    ODD = auto()


@dataclass(slots=True, eq=False)
class Scalar:
    """Text, or a value that text stands for; `problem` says why an odd one stands for nothing."""

    text: str
    line: int
    kind: Kind = Kind.TEXT
    value: bool | int | float | str | None = None
    problem: str = ""
    is_merge: bool = False


@dataclass(slots=True, eq=False)
class Sequence:
    """A list."""

    line: int
    tag: str = ""
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping, with its entries as they stand in the text."""

    line: int
    tag: str = ""
    entries: list[tuple[Node, Node]] = field(default_factory=list)


Node: TypeAlias = Scalar | Sequence | Mapping


def compose(text: str) -> Node | None:
    """The node that a text is; None for text without one.

    Raises:
        Problems: the text is not YAML, or not one document.
    """
    unprintable = _UNPRINTABLE.search(text)
    if unprintable:
        line = text.count("\n", 0, unprintable.start()) + 1
        raise Problems([Problem((), f"contains the control character U+{ord(unprintable[0]):04X} (remove it)", line)])
    composer = _Composer()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        raise Problems([_syntax_problem(error)]) from None
    except yaml.YAMLError as error:
        raise Problems([Problem((), f"is not valid YAML: {shown(str(error))}")]) from None
    return composer.root


class _Composer:
    """Puts the parser's events together; everything that refers to something unfinished ends it."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Sequence | Mapping] = []
        self._keys: list[Node | None] = []  # of each open mapping, the key that waits for its value
        self._anchors: dict[str, Node] = {}

    def take(self, event: Any) -> None:
        """Takes the next event."""
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._add(_scalar(event, line), event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._aliased(str(event.anchor), line), None)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            is_mapping = isinstance(event, yaml.MappingStartEvent)
            tag = _foreign_tag(event.tag, "map" if is_mapping else "seq")
            node: Mapping | Sequence = Mapping(line, tag) if is_mapping else Sequence(line, tag)
            self._add(node, event.anchor)
            if len(self._open) == DEEPEST:
                raise Problems([Problem((), f"is nested more than {DEEPEST} deep (flatten it)", line)])
            self._open.append(node)
            self._keys.append(None)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise Problems([Problem((), "holds a second document (keep one lake to a file: remove the second ---)", line)])

    def _add(self, node: Node, anchor: str | None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1], self._keys[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
        elif key is None:
            self._keys[-1] = node
        else:
            parent.entries.append((key, node))
            self._keys[-1] = None

    def _aliased(self, anchor: str, line: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            raise Problems([Problem((), f"refers to an anchor that is not there: *{shown(anchor)} (put &{shown(anchor)} above it)", line)])
        if any(node is one for one in self._open):
            raise Problems([Problem((), f"contains itself through the anchor {shown(anchor)} (write it out)", line)])
        return node


def _scalar(event: Any, line: int) -> Scalar:
    text: str = event.value
    tag = _foreign_tag(event.tag, "str")
    if tag:
        return Scalar(text, line, Kind.ODD, problem=f"has a tag, which is not supported: {tag} (remove it)")
    if event.tag is not None or not event.implicit[0]:  # quoted, a block, or !!str
        return Scalar(text, line, value=text)
    if text == "<<":
        return Scalar(text, line, value=text, is_merge=True)
    return _plain(text, line)


def _plain(text: str, line: int) -> Scalar:
    if text not in _WORDS and text[0] not in "0123456789+-.":
        return Scalar(text, line, value=text)
    if text in _VALUES:
        return Scalar(text, line, Kind.VALUE, _VALUES[text])
    if _INTEGER.fullmatch(text):
        return Scalar(text, line, Kind.VALUE, int(text))
    if _DECIMAL.fullmatch(text):
        return Scalar(text, line, Kind.VALUE, float(text))
    quoted = f'quote it: "{shown(text)}"'
    if text in _TRUE_TO_SOME or text in _FALSE_TO_SOME:
        meant = "true" if text in _TRUE_TO_SOME else "false"
        problem = f"is {meant} to some YAML readers and text to others, got {text} ({quoted}, or write {meant})"
    elif _DATE.fullmatch(text):
        problem = f"is a date to YAML, got {shown(text)} ({quoted})"
    elif _ODD_NUMBER.fullmatch(text):
        problem = f"is a number that YAML readers read differently, got {shown(text)} ({quoted}, or write a plain decimal number)"
    else:
        return Scalar(text, line, value=text)
    return Scalar(text, line, Kind.ODD, problem=problem)


def _foreign_tag(tag: str | None, own: str) -> str:
    """A tag as it stands in the text, unless it says what the node is anyway."""
    return "" if tag in (None, "!", f"{_TAG}{own}") else shown(str(tag).replace(_TAG, "!!"))


def _syntax_problem(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    what = " ".join(part for part in (error.context, error.problem) if part)
    hint = next((hint for words, hint in _SYNTAX_HINTS.items() if words in what), "")
    place = f" in column {mark.column + 1}" if mark else ""
    return Problem((), f"is not valid YAML{place}: {what}" + (f" ({hint})" if hint else ""), mark.line + 1 if mark else None)
