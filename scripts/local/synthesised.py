"""The stacks of an output folder as one whole: their resources, and what the expressions in them stand for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_EXPRESSION = re.compile(r"\$\$\{|\$\{([^}]*)\}")
_OUTPUT = re.compile(r"data\.terraform_remote_state\.([^.]+)\.outputs\.([^.]+)")
_ARGUMENT = re.compile(r"(aws_[a-z0-9_]+)\.([A-Za-z0-9_-]+)\.([a-z0-9_]+)")
_REMOTE_STATE = "cross-stack-reference-input-"


class TemplateError(Exception):
    """What was synthesised is missing or not what a local lake can run; the text says what to do."""


@dataclass(frozen=True)
class Stack:
    """One synthesised stack.

    Attributes:
        name: such as `retail-dev-capture`.
        folder: where its assets lie.
        content: its Terraform JSON.
    """

    name: str
    folder: Path
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """One resource of a stack.

    Attributes:
        stack: the stack it is in.
        type: Terraform's type.
        id: its name in the stack.
        arguments: as synthesised, expressions and all.
    """

    stack: Stack
    type: str
    id: str
    arguments: Mapping[str, Any]

    @property
    def address(self) -> str:
        """How messages name it."""
        return f"{self.type}.{self.id} of {self.stack.name}"

    @property
    def path(self) -> str:
        """Where it stands among the constructs, such as `retail-dev-lake/iceberg/Resource`."""
        return str(self.arguments.get("//", {}).get("metadata", {}).get("path", self.id))


class Synthesised:
    """Everything in an output folder.

    Args:
        out: what CDKTF wrote: `manifest.json` and a folder for each stack.

    Raises:
        TemplateError: there is nothing, or it cannot be read.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        try:
            manifest = json.loads((out / "manifest.json").read_text())
            paths = {name: out / entry["synthesizedStackPath"] for name, entry in manifest["stacks"].items()}
            self.stacks = {name: Stack(name, path.parent, json.loads(path.read_text())) for name, path in paths.items()}
        except FileNotFoundError as error:
            raise TemplateError(f"{out} holds no synthesised lake: {error.filename} is missing (run `make synth` first)") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise TemplateError(f"{out} cannot be read as what `make synth` writes: {error!r} (run `make synth` again)") from None

    def resources(self, type_: str) -> list[Resource]:
        """All resources of a type, by stack and id."""
        return [
            Resource(stack, type_, id_, arguments)
            for _, stack in sorted(self.stacks.items())
            for id_, arguments in sorted(stack.content.get("resource", {}).get(type_, {}).items())
        ]

    def one(self, *types: str) -> Resource:
        """The only resource that is of one of these types.

        Raises:
            TemplateError: none, or several.
        """
        found = [resource for type_ in types for resource in self.resources(type_)]
        if len(found) != 1:
            names = ", ".join(resource.address for resource in found) or "none"
            raise TemplateError(f"{self.out} must hold exactly one {' or '.join(types)}, and holds {names} (synthesise one lake into it)")
        return found[0]

    def referred(self, stack: Stack, value: Any, type_: str) -> Resource | None:
        """The resource of a type that a value is an expression of, followed across stacks; None for anything else."""
        expression = self._single(value)
        if expression is None:
            return None
        if output := _OUTPUT.fullmatch(expression):
            source = self._source(stack, output[1])
            return self.referred(source, self._output(source, output[2]), type_)
        match = _ARGUMENT.match(expression)
        if match is None or match[1] != type_:
            return None
        return next((found for found in self.resources(type_) if found.stack.name == stack.name and found.id == match[2]), None)

    def value(self, stack: Stack, value: Any) -> Any:
        """A value with its expressions replaced by what they stand for.

        Only what is known before an apply can be: arguments of resources, followed across stacks. What AWS makes up, such as an ARN, stays
        an expression.
        """
        if isinstance(value, str):
            expression = self._single(value)
            if expression is not None:
                return self._expression(stack, expression)
            return _EXPRESSION.sub(lambda match: "${" if match[1] is None else str(self._expression(stack, match[1])), value)
        if isinstance(value, Mapping):
            return {key: self.value(stack, item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(stack, item) for item in value]
        return value

    def _expression(self, stack: Stack, expression: str) -> Any:
        if output := _OUTPUT.fullmatch(expression):
            source = self._source(stack, output[1])
            return self.value(source, self._output(source, output[2]))
        if argument := _ARGUMENT.fullmatch(expression):
            type_, id_, name = argument.groups()
            arguments = stack.content.get("resource", {}).get(type_, {}).get(id_, {})
            if name in arguments:
                return self.value(stack, arguments[name])
        return f"${{{expression}}}"

    def _single(self, value: Any) -> str | None:
        """The expression that a value consists of, without `${}`."""
        match = _EXPRESSION.fullmatch(value) if isinstance(value, str) else None
        return match[1] if match else None

    def _source(self, stack: Stack, data_source: str) -> Stack:
        name = data_source.removeprefix(_REMOTE_STATE)
        if name not in self.stacks:
            raise TemplateError(f"{stack.name} reads the outputs of {name}, which {self.out} does not hold (run `make synth` again)")
        return self.stacks[name]

    def _output(self, stack: Stack, name: str) -> Any:
        outputs = stack.content.get("output", {})
        if name not in outputs:
            raise TemplateError(f"{stack.name} has no output {name}, which another stack reads (run `make synth` again)")
        return outputs[name]["value"]


def pairs(items: list[Mapping[str, Any]], key: str, value: str) -> Iterator[tuple[str, str]]:
    """A list of `{key: ..., value: ...}` as pairs."""
    return ((str(item[key]), str(item[value])) for item in items)
