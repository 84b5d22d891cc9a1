"""Puts pydantic's findings into the words of this project: what is wrong, what was given, what is allowed, what to do."""

from __future__ import annotations

import difflib
import re
import typing
from collections.abc import Callable, Iterator
from typing import Any

from pydantic_core import ErrorDetails

from constructs_lib.config.base import Model
from constructs_lib.config.field_docs import field_docs, keys_of
from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import Path
from constructs_lib.config.text import shown
from constructs_lib.config.yaml_text import Document

_KNOWN_KEYS_SHOWN = 12


def message_of(error: ErrorDetails, path: Path, document: Document, root: type[Model] = Lake) -> str:
    """The message for an error that validation found at a path of a file whose whole is the model `root`."""
    kind = error["type"]
    if path[-1:] == ("bastion",):
        return f"must be settings, {{}} for the defaults, or false, got {_given(error['input'], path, document)}"
    if path == ("state", "backend"):
        return f"must be s3 or local, got {_given(error['input'], path, document)}"
    if kind == "missing":
        return _missing(path, root)
    if kind == "extra_forbidden":
        return _unknown_key(path, document, root)
    if error["input"] is None:
        return "is empty (give it a value, or remove the key)"
    write = _WRITERS.get(kind, _as_pydantic_says)
    return write(error, _given(error["input"], path, document), path)


def nearest_key(path: Path, document: Document, root: type[Model] = Lake) -> str | None:
    """The known key that an unknown one was probably meant to be."""
    known = _keys_at(path[:-1], document, root)
    near = difflib.get_close_matches(str(path[-1]).lower().replace("-", "_"), known, n=1, cutoff=0.7)
    return near[0] if near else None


def _unknown_key(path: Path, document: Document, root: type[Model]) -> str:
    near = nearest_key(path, document, root)
    if near:
        return f"is not a known key (did you mean {near}?)"
    known = _keys_at(path[:-1], document, root)
    more = f" and {len(known) - _KNOWN_KEYS_SHOWN} more" if len(known) > _KNOWN_KEYS_SHOWN else ""
    return f"is not a known key (the known keys are {', '.join(known[:_KNOWN_KEYS_SHOWN])}{more})"


def _missing(path: Path, root: type[Model]) -> str:
    name = str(path[-1])
    for model in _models_at(path[:-1], root):
        text = field_docs(model).get(name, "")
        if text:
            return f"is missing: {_as_part_of_sentence(text)}"
    return "is missing"


def _as_part_of_sentence(text: str) -> str:
    """The first sentence of a docstring, in lower case and without its full stop."""
    sentence = re.split(r"(?<=[^. ])\.(?:\s|$)", text, maxsplit=1)[0]
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def _models_at(path: Path, root: type[Model]) -> list[type[Model]]:
    """The models that may stand at a path of the file."""
    models: list[type[Model]] = [root]
    for part in path:
        if isinstance(part, int):
            continue  # the item of a list: its model is already found
        annotations = [model.model_fields[part].annotation for model in models if part in model.model_fields]
        if annotations:
            models = [found for annotation in annotations for found in _models_in(annotation)]
    return models


def _models_in(annotation: Any) -> Iterator[type[Model]]:
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)


def _keys_at(path: Path, document: Document, root: type[Model]) -> list[str]:
    """The keys that may stand at a path; of several models, those of the one that the file chose by its backend."""
    models = _models_at(path, root)
    backend = document.text_of((*path, "backend"))
    chosen = [model for model in models if backend and backend in typing.get_args(model.model_fields["backend"].annotation)] or models
    return list(dict.fromkeys(name for model in chosen[:1] for name in keys_of(model)))


def _given(value: Any, path: Path, document: Document) -> str:
    """The refused value as the file has it, with its kind where that is the point."""
    text = document.text_of(path)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {text or value}"
    if isinstance(value, str):
        return shown(value)
    return "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else shown(value)


def _text(error: ErrorDetails, given: str, path: Path) -> str:
    del path
    scalar = given.removeprefix("the number ")
    quote = f' (quote it: "{scalar}")' if isinstance(error["input"], (bool, int, float)) else ""
    return f"must be text, got {given}{quote}"


def _whole_number(error: ErrorDetails, given: str, path: Path) -> str:
    del path
    value = error["input"]
    quoted = isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value)
    hint = " (remove the quotes)" if quoted else " (round it)" if isinstance(value, float) else ""
    return f"must be a whole number, got {'the text ' if isinstance(value, str) else ''}{given}{hint}"


def _number(error: ErrorDetails, given: str, path: Path) -> str:
    del path
    return f"must be a number, got {'the text ' if isinstance(error['input'], str) else ''}{given}"


def _true_or_false(error: ErrorDetails, given: str, path: Path) -> str:
    del path
    hint = " (remove the quotes)" if error["input"] in ("true", "false") else ""
    return f"must be true or false, got {'the text ' if hint else ''}{given}{hint}"


def _choice(error: ErrorDetails, given: str, path: Path) -> str:
    del path
    choices = re.findall(r"'([^']*)'", str(error["ctx"]["expected"]))
    near = difflib.get_close_matches(str(error["input"]).lower().replace("_", "-"), choices, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return f"must be {'one of ' if len(choices) > 1 else ''}{', '.join(choices)}, got {given}{hint}"


def _too_few(error: ErrorDetails, given: str, path: Path) -> str:
    del given, path
    least, actual = error["ctx"]["min_length"], error["ctx"]["actual_length"]
    return f"must have at least {least} {'entry' if least == 1 else 'entries'}, got {actual or 'none'}"


def _text_length(error: ErrorDetails, given: str, path: Path) -> str:
    del path
    bound = f"at least {error['ctx']['min_length']}" if "min_length" in error["ctx"] else f"at most {error['ctx']['max_length']}"
    return f"must have {bound} characters, got {given}"


def _mapping(error: ErrorDetails, given: str, path: Path) -> str:
    if path[-1:] == ("columns",):
        return f"must be a mapping of column name to type, got {given} (write amount: int)"
    if path[:1] == ("tables",) and path[2:] == ("source",):
        return _text(error, given, path)
    if path[-2:-1] == ("columns",):
        return f"must be a type such as long, or a mapping such as {{type: long, source: Id}}, got {given}"
    return f"must be a mapping of keys, got {given} (write key: value below it)"


def _list(error: ErrorDetails, given: str, path: Path) -> str:
    del path
    hint = f" (write [{given}])" if isinstance(error["input"], str) else ""
    return f"must be a list, got {given}{hint}"


def _own_words(error: ErrorDetails, given: str, path: Path) -> str:
    del given, path
    return str(error["ctx"]["error"])


def _as_pydantic_says(error: ErrorDetails, given: str, path: Path) -> str:
    del path
    message = error["msg"].rstrip(".")
    return f"cannot be used: {message[:1].lower()}{message[1:]}, got {given}"


_WRITERS: dict[str, Callable[[ErrorDetails, str, Path], str]] = {
    "string_type": _text,
    "int_type": _whole_number,
    "int_from_float": _whole_number,
    "int_parsing_size": _whole_number,
    "float_type": _number,
    "bool_type": _true_or_false,
    "literal_error": _choice,
    "enum": _choice,
    "too_short": _too_few,
    "string_too_short": _text_length,
    "string_too_long": _text_length,
    "model_type": _mapping,
    "model_attributes_type": _mapping,
    "dict_type": _mapping,
    "tuple_type": _list,
    "list_type": _list,
    "value_error": _own_words,
}
