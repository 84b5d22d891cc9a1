"""`aws ...` commands as a page shows them, held against AWS's own models of its services (botocore's, which the CLI is made of)."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import Any

import jmespath
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.session import get_session
from botocore.validate import validate_parameters

A_VALUE = "arn:aws:iam::123456789012:policy/of-a-command"
"""In place of what another command answers."""
GLOBAL = {"query", "output", "region", "profile", "cli-binary-format"}
_COMMAND = re.compile(r"(?:^|\$\()aws (?P<rest>[^\n]*)", re.MULTILINE)


def shell_blocks(page: str) -> Iterator[str]:
    """The shell of a page, with continued lines joined."""
    for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL):
        yield block.replace("\\\n", " ")


def commands(page: str) -> list[str]:
    """Every `aws` command in the shell of a page, without what takes its output."""
    found = []
    for block in shell_blocks(page):
        for match in _COMMAND.finditer(block):
            text = match["rest"]
            found.append(f"aws {text.removesuffix(')') if match[0].startswith('$(') else text}")
    return found


def problems(command: str) -> list[str]:
    """What the CLI would not take: an unknown service, operation, option or value, an option that is missing.

    Raises:
        ValueError: the query cannot be read.
    """
    words = shlex.split(re.sub(r"\$\([^)]*\)", A_VALUE, command), comments=True)
    for end in ("|", ">"):
        words = words[: words.index(end)] if end in words else words
    _, service, name, *rest = words
    shape = _input(service, name)
    if shape is None:
        return [f"there is no {service} {name}"]
    members = {xform_name(member, "-"): member for member in shape.members}
    given: dict[str, Any] = {}
    found = []
    for option, values in _options(rest):
        if option == "query":
            jmespath.compile(" ".join(values))
        elif option not in GLOBAL and option not in members:
            found.append(f"{service} {name} has no --{option}")
        elif option in members:
            given[members[option]] = _value(shape.members[members[option]], values)
    found += [f"{service} {name} needs --{xform_name(member, '-')}" for member in shape.required_members if member not in given]
    if not found:
        try:
            validate_parameters(given, shape)
        except Exception as error:
            found.append(f"{service} {name}: {error}")
    return found + [f"{service} {name}: {value} is not one of {', '.join(allowed)}" for value, allowed in _wrong_choices(shape, given)]


@cache
def _input(service: str, name: str) -> Any:
    try:
        model = get_session().get_service_model("s3" if service == "s3api" else service)
    except UnknownServiceError:
        return None
    operations = {xform_name(operation, "-"): operation for operation in model.operation_names}
    return model.operation_model(operations[name]).input_shape if name in operations else None


def _options(words: list[str]) -> Iterator[tuple[str, list[str]]]:
    values: list[str] = []
    option = ""
    for word in [*words, "--"]:
        if word.startswith("--"):
            if option:
                yield option, values
            option, values = word[2:], []
        else:
            values.append(word)


def _value(shape: Any, values: list[str]) -> Any:
    """A value as the CLI reads it: JSON, its shorthand (`a=b,c=d`), or a scalar."""
    if shape.type_name == "list" and not values[0].startswith("["):
        return [_value(shape.member, [value]) for value in values]
    (text,) = values or ["true"]
    if shape.type_name in ("structure", "list", "map"):
        if text[0] in "[{":
            return json.loads(text)
        pairs = dict(pair.split("=", 1) for pair in re.split(r",(?=\w+=)", text))
        return {
            key: _value(shape.members[key], value.split(",")) if key in shape.members else value for key, value in pairs.items()
        }  # an unknown key is botocore's to find
    if shape.type_name in ("integer", "long"):
        return int(text)
    return text == "true" if shape.type_name == "boolean" else text


def _wrong_choices(shape: Any, given: Any) -> Iterator[tuple[str, list[str]]]:
    if shape.type_name == "structure":
        for member, value in given.items():
            if member in shape.members:
                yield from _wrong_choices(shape.members[member], value)
            else:
                yield member, list(shape.members)
    elif shape.type_name == "list":
        for value in given:
            yield from _wrong_choices(shape.member, value)
    elif getattr(shape, "enum", None) and given not in shape.enum:
        yield given, shape.enum
