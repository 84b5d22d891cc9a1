"""Reads a plan in the form of `terraform show -json`, with what is sensitive masked before anything else sees it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scripts.review.change import Action, Change, action_of
from scripts.review.errors import PlanError
from scripts.review.finding import plain
from scripts.review.values import at, blocks, is_unset, masked

FORMAT = "1"
"""The major version of the format; Terraform adds keys within it, and changes none (https://developer.hashicorp.com/terraform/internals/json-format)."""

HOW = "terraform show -json {name} > {name}.json"

REASONS = {
    "replace_because_cannot_update": "the provider cannot change it in place",
    "replace_because_tainted": "it is tainted: its creation failed half-way, or someone marked it",
    "replace_by_request": "asked for with -replace",
    "replace_by_triggers": "by replace_triggered_by",
    "delete_because_no_resource_config": "it stands no longer in the configuration",
    "delete_because_wrong_repetition": "its count or for_each was added or removed",
    "delete_because_count_index": "its index is beyond count",
    "delete_because_each_key": "its key is no longer in for_each",
    "delete_because_no_module": "its module stands no longer in the configuration",
    "delete_because_no_move_target": "it was moved to what is not in the configuration",
}


class _Raw(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _RawChange(_Raw):
    actions: list[str]
    before: Any = None
    after: Any = None
    before_sensitive: Any = None
    after_sensitive: Any = None
    after_unknown: Any = None
    replace_paths: list[Any] | None = None
    importing: Any = None


class _RawResource(_Raw):
    address: str
    type: str
    change: _RawChange
    mode: str = "managed"
    action_reason: str = ""
    previous_address: str = ""
    deposed: str = ""


class _RawDeferred(_Raw):
    reason: str = "unknown"
    resource_change: _RawResource


class _RawPlan(_Raw):
    format_version: str
    terraform_version: str = "unknown"
    resource_changes: list[_RawResource] = Field(default_factory=list)
    resource_drift: list[_RawResource] = Field(default_factory=list)
    deferred_changes: list[_RawDeferred] = Field(default_factory=list)
    output_changes: dict[str, _RawChange] = Field(default_factory=dict)
    configuration: Any = None
    errored: bool = False
    complete: bool = True


@dataclass(frozen=True)
class Plan:
    """A plan.

    Attributes:
        name: what it is called in the report: its stack, or its file.
        terraform_version: of the Terraform that made it.
        changes: every managed resource of it, those that stay as they are included.
        drift: what was changed outside of Terraform since it last looked.
        deferred: what Terraform puts off to a later plan, with its reason.
        outputs: names of the outputs that change.
        errored: whether planning broke off.
        complete: whether applying it brings everything to what the configuration says.
    """

    name: str
    terraform_version: str
    changes: tuple[Change, ...]
    drift: tuple[Change, ...]
    deferred: tuple[tuple[Change, str], ...]
    outputs: tuple[str, ...]
    errored: bool
    complete: bool


def parse_plan(content: bytes, *, name: str, file: str) -> Plan:
    """Reads a plan.

    Args:
        content: what the file holds.
        name: what to call the plan.
        file: what to call the file in errors.

    Raises:
        PlanError: it is something else.
    """
    try:
        raw = _RawPlan.model_validate(_document(content, file))
        configured = dict(_configured(at(raw.configuration, "root_module"), ""))
        return Plan(
            name=plain(name),
            terraform_version=plain(raw.terraform_version),
            changes=_managed(raw.resource_changes, configured),
            drift=_managed(raw.resource_drift, {}),
            deferred=tuple((_read(item.resource_change, {}), plain(item.reason)) for item in raw.deferred_changes),
            outputs=tuple(plain(key) for key, value in raw.output_changes.items() if value.actions != ["no-op"]),
            errored=raw.errored,
            complete=raw.complete,
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]  # never the input: it may be a secret
        where = plain(".".join(str(part) for part in first["loc"]) or "the document")
        raise PlanError(f"{file}: is no plan: {where}: {first['msg'].lower()} (make it with terraform show -json)") from None
    except RecursionError:
        raise PlanError(f"{file}: is no plan: it is nested too deep (make it with terraform show -json)") from None


def _document(content: bytes, file: str) -> Mapping[str, Any]:
    """The JSON document, if it is a plan of a format that we know."""
    if content.startswith(b"PK"):
        raise PlanError(f"{file}: is a plan in Terraform's binary form (convert it, in its stack's folder: {HOW.format(name='plan')})")
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise PlanError(f"{file}: is not valid JSON{line} (make it with {HOW.format(name='plan')})") from None
    if not isinstance(document, dict) or not isinstance(document.get("format_version"), str):
        raise PlanError(f"{file}: is no plan: it has no format_version (make it with {HOW.format(name='plan')})")
    version = document["format_version"]
    if version.split(".")[0] != FORMAT:
        raise PlanError(
            f"{file}: has format version {plain(version)[:20]}, and only {FORMAT}.x is known (use the Terraform of docs/deploy.md)"
        )
    if "values" in document and "resource_changes" not in document:
        raise PlanError(f"{file}: is a state, not a plan (terraform show -json needs the plan's file: {HOW.format(name='plan')})")
    if "resource_changes" not in document and "planned_values" not in document and "output_changes" not in document:
        raise PlanError(f"{file}: is no plan: it has no resource_changes (make it with {HOW.format(name='plan')})")
    return {key: value for key, value in document.items() if value is not None}


def _configured(module: Any, prefix: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Address of every resource of the configuration, without its index, to the arguments that it sets."""
    for resource in blocks(at(module, "resources") if isinstance(module, Mapping) else None):
        expressions = resource.get("expressions")
        if isinstance(expressions, Mapping):
            yield f"{prefix}{resource.get('address')}", frozenset(expressions)
    calls = module.get("module_calls") if isinstance(module, Mapping) else None
    for name, call in calls.items() if isinstance(calls, Mapping) else ():
        if isinstance(call, Mapping):
            yield from _configured(call.get("module"), f"{prefix}module.{name}.")


def _managed(resources: list[_RawResource], configured: Mapping[str, frozenset[str]]) -> tuple[Change, ...]:
    return tuple(_read(resource, configured) for resource in resources if resource.mode == "managed")


def _read(resource: _RawResource, configured: Mapping[str, frozenset[str]]) -> Change:
    change = resource.change
    before = change.before if isinstance(change.before, Mapping) else {}
    after = change.after if isinstance(change.after, Mapping) else {}
    unknown = change.after_unknown if isinstance(change.after_unknown, Mapping) else {}
    action = action_of(tuple(change.actions))
    return Change(
        address=plain(resource.address),
        type=plain(resource.type),
        action=action,
        before=_arguments(before, change.before_sensitive),
        after={} if action is Action.DELETE else _arguments(after, change.after_sensitive, unknown),
        changed=frozenset(
            name for name in {**before, **after, **unknown} if _any(unknown.get(name)) or _differ(before.get(name), after.get(name))
        ),
        causes=tuple(_path(path) for path in change.replace_paths or []),
        reason=REASONS.get(resource.action_reason, plain(resource.action_reason).replace("_", " ")),
        moved_from=plain(resource.previous_address),
        imported=isinstance(change.importing, Mapping),
        deposed=bool(resource.deposed),
        configured=configured.get(re.sub(r"\[[^\]]*\]", "", resource.address)),
    )


def _arguments(value: Mapping[str, Any], sensitive: Any, unknown: Any = None) -> Mapping[str, Any]:
    """The arguments, masked one by one: also where all of the resource is sensitive its arguments keep their names."""
    hidden = dict.fromkeys(value, True) if sensitive is True else sensitive
    result: Mapping[str, Any] = masked(value, hidden, unknown)
    return result


def _differ(before: Any, after: Any) -> bool:
    """Whether two values differ; a provider reads back an empty list for what was never set."""
    return before != after and not (is_unset(before) and is_unset(after))


def _any(unknown: Any) -> bool:
    """Whether anything below is unknown: Terraform gives empty shadows of blocks too."""
    inner = unknown.values() if isinstance(unknown, Mapping) else unknown if isinstance(unknown, list) else ()
    return unknown is True or any(_any(item) for item in inner)


def _path(path: Any) -> str:
    """`["iceberg_configuration", 0, "role_arn"]` as `iceberg_configuration[0].role_arn`."""
    parts = path if isinstance(path, list) else [path]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts if isinstance(part, int | str))
    return plain(text.lstrip("."))
