"""What the models say about their fields, read from their source.

Pydantic can attach the docstring below a field to it at run time, which costs 40 ms in every process. Only error messages, the JSON Schema
and the reference need them, so they are read from the source when they are asked for.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys

from constructs_lib.config.base import Model


@functools.cache
def _module_docs(module: str) -> dict[str, dict[str, str]]:
    """The docstrings of the fields of every class in a module, by class and field."""
    docs: dict[str, dict[str, str]] = {}
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for field, text in zip(cls.body, cls.body[1:], strict=False):
            is_text = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_text:
                docs.setdefault(cls.name, {})[field.target.id] = " ".join(text.value.value.split())  # type: ignore[attr-defined]
    return docs


def field_docs(model: type[Model]) -> dict[str, str]:
    """The docstring below each field of a model, on one line, by its key in the file; a field without one is left out."""
    docs = _module_docs(model.__module__).get(model.__name__, {})
    return {key: docs[name] for key, name in keys_of(model).items() if name in docs}


def keys_of(model: type[Model]) -> dict[str, str]:
    """The keys that a model has in the file, and the names of its fields: they differ where Python keeps a name to itself."""
    return {field.alias or name: name for name, field in model.model_fields.items()}


def model_doc(model: type[Model]) -> str:
    """The docstring of a model, on one line."""
    return " ".join((model.__doc__ or "").split())
