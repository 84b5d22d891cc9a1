"""What a task-settings document, whole or in part, does to the rows of a lake: `defaults/task_setting_classes.py`, applied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs_lib.config.problems import Path
from constructs_lib.defaults.task_setting_classes import CLASSES, Leaf, SettingClass, Verdict

LOG_COMPONENTS: Leaf = ("Logging", "LogComponents")


@dataclass(frozen=True)
class Judged:
    """A leaf of a document.

    Attributes:
        path: where it stands, from the document's top.
        name: its name, which does not change when a list is ordered otherwise: `Logging.LogComponents.SORTER`.
        value: its value.
        verdict: what is said of it; None where no class knows the setting or the value.
    """

    path: Path
    name: str
    value: Any
    verdict: Verdict | None


def judged(document: Mapping[str, Any]) -> Iterator[Judged]:
    """Yields every leaf of a document that has a value. What DMS gives back as null is none."""
    for section, values in document.items():
        if (section,) in CLASSES or not isinstance(values, Mapping):
            yield from _leaf((section,), values)
            continue
        for key, value in values.items():
            if (section, key) == LOG_COMPONENTS and isinstance(value, list | tuple):
                for position, component in enumerate(value):
                    if isinstance(component, Mapping):
                        severity = component.get("Severity")
                        name = f"{'.'.join(LOG_COMPONENTS)}.{component.get('Id')}"
                        yield Judged((*LOG_COMPONENTS, position, "Severity"), name, severity, CLASSES[LOG_COMPONENTS].judge(severity))
            else:
                yield from _leaf((section, str(key)), value)


def _leaf(leaf: Leaf, value: Any) -> Iterator[Judged]:
    setting: SettingClass | None = CLASSES.get(leaf)
    if value is not None:
        yield Judged(leaf, ".".join(leaf), value, None if setting is None else setting.judge(value))
