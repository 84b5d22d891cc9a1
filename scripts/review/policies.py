"""What a policy document allows that another did not: the question of every change of a policy, whatever service it belongs to.

A statement is taken apart into what it grants, one action on one resource to one principal. What is granted afterwards must be covered by a
statement of before: by the same names or wider wildcards, under no more conditions. Deny statements the other way round.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

MOST_GRANTS = 20_000
"""Actions x resources x principals of one document that are compared; documents of AWS's size hold fewer."""

MOST_COMPARISONS = 2_000_000
"""Those, times the names that they are compared with: some seconds."""


class UnreadableError(Exception):
    """A policy that cannot be judged; the message says why."""


@dataclass(frozen=True)
class Statement:
    """One statement, its single values made lists.

    Attributes:
        allows: whether it allows or denies.
        actions: what it names in `Action`, or `not <name>` out of `NotAction`.
        resources: likewise.
        principals: `<type> <value>`; empty in the policy of a role.
        conditions: `<operator> <key>` to values.
    """

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    conditions: Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Grant:
    """What is granted newly (or denied no longer): actions on resources to principals.

    Attributes:
        actions: the actions.
        resources: the resources.
        principals: to whom; empty in the policy of a role.
        conditions: the conditions it is under, `<operator> <key> = <values>`.
        freed: whether it was granted before under conditions that are gone or weaker.
        denied: whether this is a denial that is gone, in place of a grant.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    conditions: tuple[str, ...]
    freed: bool = False
    denied: bool = False

    def __str__(self) -> str:
        verb = "denies no longer" if self.denied else "allows without a condition that it had" if self.freed else "allows"
        who = f" to {_list(self.principals)}" if self.principals else ""
        what = f" on {_list(self.resources)}" if self.resources else ""
        when = f" if {' and '.join(self.conditions)}" if self.conditions else ""
        return f"{verb} {_list(self.actions)}{what}{who}{when}{_warnings(self)}"


def read_policy(text: Any) -> tuple[Statement, ...]:
    """The statements of a policy document; none of an absent one.

    Raises:
        UnreadableError: it is no policy document.
    """
    if text is None or text == "":
        return ()
    try:
        document = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        raise UnreadableError("it is not valid JSON") from None
    statements = document.get("Statement") if isinstance(document, Mapping) else None
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list) or not all(isinstance(item, Mapping) for item in statements):
        raise UnreadableError("it has no list of statements")
    return tuple(_statement(item) for item in statements)


def widened(before: Iterable[Statement], after: Iterable[Statement]) -> list[Grant]:
    """What a policy grants afterwards and did not before, and what it denies no longer.

    Raises:
        UnreadableError: there is too much to compare.
    """
    old, new = tuple(before), tuple(after)
    granted = _uncovered([s for s in new if s.allows], [s for s in old if s.allows], denied=False)
    return granted + _uncovered([s for s in old if not s.allows], [s for s in new if not s.allows], denied=True)


def _uncovered(wanted: list[Statement], having: list[Statement], *, denied: bool) -> list[Grant]:
    grants = sum(len(s.actions) * len(s.resources or (0,)) * len(s.principals or (0,)) for s in wanted)
    if grants > MOST_GRANTS or grants * sum(len(s.actions) + len(s.resources) + len(s.principals) for s in having) > MOST_COMPARISONS:
        raise UnreadableError("it names too much to be compared")
    found: list[Grant] = []
    for statement in wanted:
        missing: dict[tuple[bool, str, str], list[str]] = {}
        for action, resource, principal in product(statement.actions, statement.resources or ("",), statement.principals or ("",)):
            alike = [
                s
                for s in having
                if _names(_lower(s.actions), action.lower()) and _names(s.resources, resource) and _names(s.principals, principal)
            ]
            if not any(_narrower(statement.conditions, s.conditions) for s in alike):
                missing.setdefault((bool(alike), resource, principal), []).append(action)
        found += _grouped(missing, statement, denied=denied)
    return list(dict.fromkeys(found))


def _grouped(missing: Mapping[tuple[bool, str, str], list[str]], statement: Statement, *, denied: bool) -> Iterator[Grant]:
    """One grant for all resources and principals that get the same actions."""
    groups: dict[tuple[bool, tuple[str, ...], str], list[str]] = {}
    for (freed, resource, principal), actions in missing.items():
        groups.setdefault((freed, tuple(actions), principal), []).append(resource)
    merged: dict[tuple[bool, tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for (freed, actions_, principal), resources in groups.items():
        merged.setdefault((freed, actions_, tuple(resources)), []).append(principal)
    conditions = tuple(f"{key} = {_list(sorted(values))}" for key, values in sorted(statement.conditions.items()))
    for (freed, actions_, resources_), principals in merged.items():
        yield Grant(
            actions=actions_,
            resources=tuple(filter(None, resources_)),
            principals=tuple(filter(None, principals)),
            conditions=conditions,
            freed=freed and not denied,
            denied=denied,
        )


def _names(patterns: tuple[str, ...], name: str) -> bool:
    """Whether one of the patterns covers a name, which may be a pattern itself. Nothing covers nothing."""
    if not patterns:
        return name == ""
    return any(
        pattern == name or (not pattern.startswith("not ") and not name.startswith("not ") and covers(pattern, name))
        for pattern in patterns
    )


def _lower(names: tuple[str, ...]) -> tuple[str, ...]:
    """Services and actions mean the same in any case."""
    return tuple(name.lower() for name in names)


def covers(pattern: str, name: str) -> bool:
    """Whether all that a name with wildcards stands for, a pattern stands for too.

    `*` stands for anything, `?` for one character, which a `*` in the name is not. Only the last `*` is ever taken back, so that no pattern
    makes it slow, as it could a regular expression.
    """
    at = here = 0
    star, resume = -1, 0
    while here < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, here
            at += 1
        elif at < len(pattern) and (pattern[at] == name[here] or (pattern[at] == "?" and name[here] != "*")):
            at += 1
            here += 1
        elif star >= 0:
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return all(rest == "*" for rest in pattern[at:])


def _narrower(new: Mapping[str, frozenset[str]], old: Mapping[str, frozenset[str]]) -> bool:
    """Whether new conditions let through no more than old ones: every old one is still there, with no value more (negated: none fewer)."""
    return all(key in new and (new[key] == values or _subset(key, new[key], values)) for key, values in old.items())


def _subset(key: str, new: frozenset[str], old: frozenset[str]) -> bool:
    operator = key.split(" ")[0].lower()
    if operator.startswith("null"):
        return False
    if ":" in operator or operator.endswith("ifexists"):
        return False  # sets of keys and optional keys: only the same is the same
    return old <= new if "not" in operator else new <= old


def _statement(item: Mapping[str, Any]) -> Statement:
    effect = item.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise UnreadableError("a statement of it neither allows nor denies")
    actions = _either(item, "Action")
    if not actions:
        raise UnreadableError("a statement of it names no action")
    return Statement(
        allows=effect == "Allow",
        actions=actions,
        resources=_either(item, "Resource"),
        principals=tuple(_principals(item.get("Principal"))) + tuple(f"not {name}" for name in _principals(item.get("NotPrincipal"))),
        conditions={
            f"{operator} {str(key).lower()}": frozenset(_strings(values))
            for operator, keys in _mapping(item.get("Condition")).items()
            for key, values in _mapping(keys).items()
        },
    )


def _either(item: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return (*_strings(item.get(name)), *(f"not {value}" for value in _strings(item.get(f"Not{name}"))))


def _principals(principal: Any) -> Iterator[str]:
    if isinstance(principal, str):
        yield "EVERYBODY" if principal == "*" else principal
    for kind, values in _mapping(principal).items():
        for value in _strings(values):
            yield "EVERYBODY" if value == "*" and kind == "AWS" else f"{kind} {value}"


def _strings(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(item) for item in value) if isinstance(value, list) else (str(value),)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(values: Iterable[str]) -> str:
    return ", ".join(values)


def _warnings(grant: Grant) -> str:
    """What is wide about a grant, in words."""
    if grant.denied:
        return ""
    wide = [
        "EVERY ACTION" if "*" in grant.actions else "",
        "all but what is named" if any(part.startswith("not ") for part in grant.actions + grant.resources + grant.principals) else "",
        "EVERY RESOURCE" if "*" in grant.resources and not grant.principals else "",
        "wildcard in an action" if any("*" in action and action != "*" for action in grant.actions) else "",
    ]
    shown = ", ".join(filter(None, wide))
    return f" [{shown}]" if shown else ""
