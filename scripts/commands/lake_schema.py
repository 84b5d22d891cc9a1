"""The JSON Schema of a lake file, by which editors complete it."""

from __future__ import annotations

from typing import Any

from constructs_lib.config.base import Model
from constructs_lib.config.column_types import allowed_types
from constructs_lib.config.field_docs import field_docs, model_doc
from constructs_lib.config.lake import Lake
from constructs_lib.config.source_table import SHORT_FORM
from scripts.commands.lake_models import models

_DECIMAL = r"decimal\(\s*\d+\s*,\s*\d+\s*\)"
_COLUMN_TYPE = {
    "type": "string",
    "pattern": f"^(?:{'|'.join(name for name in allowed_types() if '(' not in name)}|{_DECIMAL})$",
    "description": f"Iceberg type: {', '.join(allowed_types())}.",
}


def lake_schema() -> dict[str, Any]:
    """The schema: pydantic's, with descriptions, with the short form of a column, without noise."""
    schema = Lake.model_json_schema()
    definitions: dict[str, Any] = schema.pop("$defs")
    by_name = {model.__name__: model for model in models()}
    for name, definition in definitions.items():
        if name in by_name:
            _describe(definition, by_name[name])
    _describe(schema, Lake)
    column = definitions["ColumnConfig"]
    column["properties"]["type"] = {"anyOf": [_COLUMN_TYPE, {"type": "null"}], "description": column["properties"]["type"]["description"]}
    definitions["ColumnConfig"] = {
        "description": "A column: its type, or a mapping.",
        "anyOf": [_COLUMN_TYPE, column],
    }
    definitions["SourceTable"] = {
        "description": definitions["SourceTable"]["description"],
        "anyOf": [{"type": "string", "pattern": f"^(?:{SHORT_FORM})$"}, definitions["SourceTable"]],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **_without_noise(schema),
        "title": "Moulin lake file",
        "$defs": {name: _without_noise(definition) for name, definition in sorted(definitions.items())},
    }


def _describe(definition: dict[str, Any], model: type[Model]) -> None:
    definition["description"] = model_doc(model)
    for name, text in field_docs(model).items():
        definition["properties"][name]["description"] = text


def _without_noise(node: Any, *, is_name_map: bool = False) -> Any:
    """A schema without generated titles, and without defaults that are null or whole mappings."""
    if isinstance(node, list):
        return [_without_noise(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_noise(value, is_name_map=key == "properties")
        for key, value in node.items()
        if is_name_map or not (key == "title" or (key == "default" and (value is None or (isinstance(value, (dict, list)) and value))))
    }
