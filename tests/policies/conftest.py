"""Templates to break: a copy of what an example lake became, with one thing changed."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.conftest import Templates


class MarkdownFiles(SingleFileSnapshotExtension):
    """One Markdown file per snapshot, called what the test calls it."""

    file_extension = "md"
    _write_mode = WriteMode.TEXT

    @classmethod
    def get_snapshot_name(cls, *, test_location: Any, index: Any = 0) -> str:
        return str(index)


Content = dict[str, Any]
Change = Callable[[Content], object]


@pytest.fixture
def template_of(synthesised: Mapping[str, Templates]) -> Callable[[str], Content]:
    """`lake/component` to a copy of that stack, to be broken: `retail/delivery`."""

    def copy_of(place: str) -> Content:
        lake, component = place.split("/")
        (name,) = (name for name in synthesised[lake] if name.endswith(f"-{component}"))
        return copy.deepcopy(dict(synthesised[lake][name]))

    return copy_of


def resource(template: Content, address: str) -> dict[str, Any]:
    kind, name = address.split(".")
    found: dict[str, Any] = template["resource"][kind][name]
    return found


def set_in(address: str, *path: Any) -> Change:
    """Sets an argument of a resource: the last word of the path is the value."""
    *names, last, value = path

    def change(template: Content) -> None:
        target: Any = resource(template, address)
        for name in names:
            target = target.setdefault(name, {}) if isinstance(target, dict) else target[name]
        target[last] = value

    return change


def drop(address: str, *path: Any) -> Change:
    """Removes an argument of a resource."""
    *names, last = path

    def change(template: Content) -> None:
        target: Any = resource(template, address)
        for name in names:
            target = target[name]
        del target[last]

    return change


def remove(address: str) -> Change:
    """Removes a resource."""
    kind, name = address.split(".")
    return lambda template: template["resource"][kind].pop(name)


def add(address: str, **arguments: Any) -> Change:
    """Adds a resource."""
    kind, name = address.split(".")
    return lambda template: template["resource"].setdefault(kind, {}).update({name: arguments})


def set_statement(address: str, argument: str = "policy", *, index: int = 0, without: Iterable[str] = (), **changes: Any) -> Change:
    """Changes one statement of the policy document that stands in an argument."""

    def change(template: Content) -> None:
        arguments = resource(template, address)
        document = json.loads(arguments[argument])
        statement = document["Statement"][index]
        for name in without:
            statement.pop(name, None)
        statement.update(changes)
        arguments[argument] = json.dumps(document)

    return change


def add_statement(address: str, argument: str = "policy", **statement: Any) -> Change:
    """Adds a statement to the policy document that stands in an argument."""

    def change(template: Content) -> None:
        arguments = resource(template, address)
        document = json.loads(arguments[argument])
        document["Statement"].append(statement)
        arguments[argument] = json.dumps(document)

    return change


def set_backend(backend: Mapping[str, Any] | None) -> Change:
    """Replaces where the state lies."""

    def change(template: Content) -> None:
        template["terraform"].pop("backend")
        if backend is not None:
            template["terraform"]["backend"] = backend

    return change
