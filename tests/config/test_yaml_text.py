# ruff: noqa: E501 - a message stands in one piece
"""Reading YAML: what is taken, what is refused, and where it stands."""

from __future__ import annotations

import pytest

from constructs_lib.config.problems import Problems
from constructs_lib.config.yaml_text import parse


def refusals(text: str) -> list[tuple[str, str, int | None]]:
    try:
        document = parse(text)
    except Problems as error:
        return [(problem.where, problem.message, problem.line) for problem in error.problems]
    return [(problem.where, problem.message, problem.line) for problem in document.problems]


def test_reads_what_every_yaml_reader_agrees_on() -> None:
    document = parse("a: text\nb: 5\nc: -1.5\nd: true\ne: False\nf:\ng: ~\nh: [1, x]\ni: {j: 'no'}\nk: \"2024-01-01\"\n")
    assert document.problems == []
    assert document.value == {
        "a": "text", "b": 5, "c": -1.5, "d": True, "e": False, "f": None, "g": None, "h": [1, "x"], "i": {"j": "no"}, "k": "2024-01-01",
    }  # fmt: skip


def test_resolves_anchors_and_merge_keys() -> None:
    document = parse("a: &a {x: 1, y: 2}\nb: &b {y: 3}\nc: {<<: *a, x: 9}\nd: {<<: [*b, *a]}\n")
    assert document.problems == []
    assert document.value["c"] == {"x": 9, "y": 2}
    assert document.value["d"] == {"y": 3, "x": 1}


def test_knows_the_line_of_everything() -> None:
    document = parse("a:\n  b:\n    - c: 1\n    - d:\n        e: 2\n")
    assert document.line_of(("a", "b", 1, "d", "e")) == 5
    assert document.line_of(("a", "b", 0)) == 3
    assert document.line_of(("a", "b", 1, "gone", "deeper")) == 4
    assert document.line_of(("gone",)) == 1
    assert document.text_of(("a", "b", 0, "c")) == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: no", 'is false to some YAML readers and text to others, got no (quote it: "no", or write false)'),
        ("a: Yes", 'is true to some YAML readers and text to others, got Yes (quote it: "Yes", or write true)'),
        ("a: on", 'is true to some YAML readers and text to others, got on (quote it: "on", or write true)'),
        ("a: 2024-01-01", 'is a date to YAML, got 2024-01-01 (quote it: "2024-01-01")'),
        ("a: 2024-13-45", 'is a date to YAML, got 2024-13-45 (quote it: "2024-13-45")'),
        ("a: 012345670123", 'is a number that YAML readers read differently, got 012345670123 (quote it: "012345670123", or write a plain decimal number)'),
        ("a: 0x1F", 'is a number that YAML readers read differently, got 0x1F (quote it: "0x1F", or write a plain decimal number)'),
        ("a: 1_000", 'is a number that YAML readers read differently, got 1_000 (quote it: "1_000", or write a plain decimal number)'),
        ("a: 12:30", 'is a number that YAML readers read differently, got 12:30 (quote it: "12:30", or write a plain decimal number)'),
        ("a: .inf", 'is a number that YAML readers read differently, got .inf (quote it: ".inf", or write a plain decimal number)'),
        ("a: !!binary aGk=", "has a tag, which is not supported: !!binary (remove it)"),
        ("a: !mine x", "has a tag, which is not supported: !mine (remove it)"),
        ("a: !!python/object:os.system {}", "has a tag, which is not supported: !!python/object:os.system (remove it)"),
        ("a: !!set {x}", "has a tag, which is not supported: !!set (remove it)"),
        ("a: {<<: 5}", "must name a mapping (write <<: *anchor)"),
        ("a: &a [*a]", "contains itself through the anchor a (write it out)"),
        ("a: &a {<<: *a, b: 1}", "contains itself through the anchor a (write it out)"),
        ("a: 089", 'is a number that YAML readers read differently, got 089 (quote it: "089", or write a plain decimal number)'),
        ("a: 1e5", 'is a number that YAML readers read differently, got 1e5 (quote it: "1e5", or write a plain decimal number)'),
    ],
)  # fmt: skip
def test_fails_when_a_value_means_different_things(text: str, message: str) -> None:
    assert [(found[1], found[2]) for found in refusals(text)] == [(message, 1)]


@pytest.mark.parametrize(
    ("text", "where", "message", "line"),
    [
        ("a: 1\nb: 2\na: 3\n", "a", "is given twice, first in line 1 (remove one)", 3),
        ("x:\n  a: 1\n  a: 1\n", "x.a", "is given twice, first in line 2 (remove one)", 3),
        ("x: {no: long}", "x.no", 'is a key that YAML does not read as text: no (quote it: "no")', 1),
        ("1: x", "1", 'is a key that YAML does not read as text: 1 (quote it: "1")', 1),
        ("? [a]\n: b", "", "has a key that is not text (write key: value)", 1),
    ],
)
def test_fails_when_a_key_is_not_one(text: str, where: str, message: str, line: int) -> None:
    assert refusals(text) == [(where, message, line)]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "is empty (begin with name, region, state and tables: see docs/lake-file.md)", None),
        ("# only a comment\n", "is empty (begin with name, region, state and tables: see docs/lake-file.md)", None),
        ("a: \x00", "contains the control character U+0000 (remove it)", 1),
        ("a: 1\nb: \x1b[31m", "contains the control character U+001B (remove it)", 2),
        (
            "a: b: c",
            "is not valid YAML in column 5: mapping values are not allowed in this context"
            " (check the indentation, and quote a value that contains a colon and a blank)",
            1,
        ),
        (
            "a:\n\t- b",
            "is not valid YAML in column 1: while scanning for the next token found character that cannot start any token"
            " (quote the value; indent with blanks, not with tabs)",
            2,
        ),
        ("a: *b", "refers to an anchor that is not there: *b (put &b above it)", 1),
        ("a: 1\n---\nb: 2", "holds a second document (keep one lake to a file: remove the second ---)", 2),
        ('a: "\\ud800"', "is not valid YAML in column 7: while parsing a quoted scalar found invalid Unicode character escape code", 1),
    ],
)
def test_fails_when_it_is_not_yaml(text: str, message: str, line: int | None) -> None:
    assert refusals(text) == [("", message, line)]


def test_fails_when_anchors_multiply() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert refusals("\n".join(lines)) == [("", "expands to more than 1,000,000 values through its anchors (write it without them)", None)]
    merges = ["a0: &a0 {x: 1}"] + [f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}" for n in range(1, 12)]
    assert refusals("\n".join(merges)) == []  # merging does not multiply


def test_fails_when_it_is_nested_beyond_reason() -> None:
    assert [found[1] for found in refusals("[" * 500 + "]" * 500)] == ["is nested more than 40 deep (flatten it)"]
    assert [found[1] for found in refusals("[" * 200_000)] == ["is nested more than 40 deep (flatten it)"]
    assert [found[1] for found in refusals("- " * 200_000)] == ["is nested more than 40 deep (flatten it)"]
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 2000))
    assert [found[1] for found in refusals(chain)] == ["is nested more than 40 deep through its anchors (flatten it)"]
