"""What a lake file may override in DMS's task settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from constructs_lib.config.problems import Problem
from constructs_lib.config.text import nearest_in_any_case, shown
from constructs_lib.defaults import task_settings as settings
from constructs_lib.defaults.limits import Limit
from constructs_lib.defaults.task_setting_classes import CLASSES, Amount, Choice, SettingClass, Weight

_BEFORE_IMAGE = "BeforeImageSettings"
_SECTIONS = tuple(dict.fromkeys([*settings.STABLE, *settings.VERSION_DEPENDENT]))
_KIND_WORDS = {bool: "true or false", int: "a whole number", str: "text", list: "a list"}


def check_overrides(overrides: dict[str, Any]) -> Iterator[Problem]:
    """Yields what is wrong with the overrides; paths begin with the section."""
    for section, values in overrides.items():
        if section == _BEFORE_IMAGE:
            yield Problem((section,), "is set by Moulin, which tells a changed key by it (remove it)")
        elif section in settings.STABLE_VALUES:
            yield from _check_kind((section,), settings.STABLE_VALUES[section], values)
        elif section not in _SECTIONS:
            near = _nearest(section, [*_SECTIONS, *settings.STABLE_VALUES])
            yield Problem((section,), f"is not a section of DMS's task settings ({near})")
        elif not isinstance(values, dict):
            yield Problem((section,), f"must be a mapping of settings, got {shown(values)} (write {section}: {{Name: value}})")
        else:
            for key, value in values.items():
                yield from _check_value(section, key, value)


def _nearest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = nearest_in_any_case(name, names)
    return f"did you mean {near}?" if near else f"the known ones are {', '.join(names)}"


def _check_value(section: str, key: str, value: Any) -> Iterator[Problem]:
    here = (section, key)
    known = [*settings.STABLE.get(section, {}), *settings.VERSION_DEPENDENT.get(section, ())]
    if key in settings.READ_ONLY.get(section, ()):
        yield Problem(here, "is set by DMS and refused in a new task (remove it)")
    elif here in settings.OWNED:
        yield Problem(here, f"is set by another key of the lake file (use {settings.OWNED[here]})")
    elif known and key not in known:
        yield Problem(here, f"is not a setting of {section} ({_nearest(key, known)})")
    elif value is None:
        yield Problem(here, "is empty (give it a value, or remove it)")
    elif here == ("Logging", "LogComponents"):
        yield from _check_components(value)
    elif key in settings.STABLE.get(section, {}) and type(value) is not type(settings.STABLE[section][key]):
        yield from _check_kind(here, settings.STABLE[section][key], value)
    elif here in CLASSES:
        yield from _check_class(here, CLASSES[here], value)


def _check_class(path: tuple[str, str], setting: SettingClass, value: Any) -> Iterator[Problem]:
    """What DMS does not take, and what loses rows."""
    verdict = setting.judge(value)
    if isinstance(setting, Amount) and setting.limit is not None and type(value) is int:
        yield from _check_range(path, setting.limit, value)
    if verdict is None:
        yield Problem(path, f"must be {_allowed(setting)}, got {yaml_word(value)} (choose another, or remove it)")
    elif verdict.weight is Weight.REFUSED:
        yield Problem(path, f"must be {_allowed(setting)}, got {yaml_word(value)}: {verdict.reason} (remove it)")


def _allowed(setting: SettingClass) -> str:
    """What a setting may be, as it follows "must be"."""
    if isinstance(setting, Choice):
        good = [yaml_word(value) for value, verdict in setting.values.items() if verdict.weight is not Weight.REFUSED]
        return good[0] if len(good) == 1 else f"one of {', '.join(good)}"
    return "a whole number" if isinstance(setting, Amount) else "empty"


def _check_range(path: tuple[str, ...], limit: Limit, value: int) -> Iterator[Problem]:
    try:
        limit.check(value)
    except ValueError as error:
        yield Problem(path, str(error))


def yaml_word(value: Any) -> str:
    """A value as the lake file writes it."""
    return str(value).lower() if isinstance(value, bool) else shown(value)


def _check_kind(path: tuple[str, ...], default: Any, value: Any) -> Iterator[Problem]:
    if type(value) is not type(default):
        yield Problem(path, f"must be {_KIND_WORDS[type(default)]}, got {yaml_word(value)} (Moulin's own value is {yaml_word(default)})")


def _check_components(value: Any) -> Iterator[Problem]:
    here = ("Logging", "LogComponents")
    if not isinstance(value, list):
        yield Problem(here, f"must be a list of {{Id: ..., Severity: ...}}, got {shown(value)}")
        return
    known = [*settings.LOG_COMPONENTS, *settings.VERSION_DEPENDENT_LOG_COMPONENTS]
    for position, component in enumerate(value):
        path = (*here, position)
        if not isinstance(component, dict) or set(component) != {"Id", "Severity"}:
            yield Problem(path, f"must have an Id and a Severity, got {shown(component)}")
        elif component["Id"] not in known:
            near = _nearest(str(component["Id"]), known)
            yield Problem((*path, "Id"), f"is not a log component of DMS: {shown(component['Id'])} ({near})")
        elif component["Severity"] not in settings.SEVERITIES:
            message = f"must be one of {', '.join(settings.SEVERITIES)}, got {shown(component['Severity'])}"
            yield Problem((*path, "Severity"), message)
