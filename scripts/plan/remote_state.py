"""Stands in for the states of stacks that were never applied: one local state file per stack, with the outputs its plan promises."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.plan.placeholders import Place, PlannedValues

_KEEPS = ("path", "bucket", "key", "region")
"""What says where a state is kept; the rest of a backend's settings says how."""


def state_location(backend: str, config: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a state is kept, equal for the stack that writes it and for those that read it."""
    return (backend, *(f"{key}={config[key]}" for key in _KEEPS if key in config))


def own_location(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Where a stack keeps its own state."""
    ((backend, config),) = template["terraform"]["backend"].items()
    return state_location(backend, config)


def states_read(template: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The states a stack reads: name of the data source to where that state is kept."""
    sources = template.get("data", {}).get("terraform_remote_state", {})
    return {name: state_location(source["backend"], source["config"]) for name, source in sources.items()}


def promised_outputs(stack: str, plan: Mapping[str, Any], template: Mapping[str, Any], place: Place) -> dict[str, dict[str, Any]]:
    """A stack's outputs as its state would hold them: the planned values, and placeholders for those that only an apply knows.

    Args:
        stack: its name.
        plan: its plan, as `terraform show -json` gives it.
        template: the stack, for the expressions of its outputs.
        place: partition, region and account, for ARNs.
    """
    planned = plan["planned_values"]
    resources = {resource["address"]: resource.get("values", {}) for resource in planned.get("root_module", {}).get("resources", [])}
    values = PlannedValues(stack=stack, resources=resources, place=place)
    outputs = {}
    for name, output in planned.get("outputs", {}).items():
        value = output["value"] if "value" in output else values.fill(template["output"][name]["value"], output=name)
        outputs[name] = {"value": value, "type": output.get("type") or type_of(value), "sensitive": output["sensitive"]}
    return outputs


def write_state(path: Path, outputs: Mapping[str, Any]) -> None:
    """Writes a state file that holds nothing but outputs."""
    state = {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": path.stem, "outputs": outputs, "resources": []}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(state))


def type_of(value: Any) -> Any:
    """Terraform's type of a value, as a state file spells it."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, list):
        return ["tuple", [type_of(item) for item in value]]
    if isinstance(value, Mapping):
        return ["object", {key: type_of(item) for key, item in value.items()}]
    return "string"
