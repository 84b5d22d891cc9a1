"""What terraform says about a stack: errors and warnings, with the resource they are about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

OVERRIDE_WARNING = "Provider development overrides are in effect"
"""Our own doing (provider.py), so no finding about a stack."""

DETAIL_LINES = 15


@dataclass(frozen=True)
class Diagnostic:
    """One error or warning.

    Attributes:
        severity: `error` or `warning`.
        summary: terraform's headline.
        detail: what follows it, cut after 15 lines.
        address: the resource, data source or output it is about, or the empty string when it is about the stack.
    """

    severity: str
    summary: str
    detail: str
    address: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.address, self.summary, self.detail) if part)


def read_plan_log(log: str, template_text: str) -> list[Diagnostic]:
    """The diagnostics of `terraform plan -json`, which writes one JSON document per line."""
    documents = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return read_diagnostics((entry["diagnostic"] for entry in documents if entry.get("type") == "diagnostic"), template_text)


def read_diagnostics(entries: Iterator[Mapping[str, Any]], template_text: str) -> list[Diagnostic]:
    """Terraform's diagnostics, each once, without the one about our way of providing the provider."""
    found = (
        Diagnostic(
            severity=entry["severity"],
            summary=entry["summary"],
            detail=_trimmed(entry.get("detail", "")),
            address=entry.get("address") or address_at(template_text, entry.get("range", {}).get("start", {}).get("line", 0)),
        )
        for entry in entries
        if entry["summary"] != OVERRIDE_WARNING
    )
    return list(dict.fromkeys(found))


def address_at(template_text: str, line: int) -> str:
    """What a line of a stack's JSON is about, from the keys around it; the JSON must be indented by two spaces.

    Terraform gives the address with errors of the provider, but only the line with errors of its own.
    """
    path: dict[int, str] = {}
    for text in template_text.splitlines()[:line]:
        key = re.match(r'( {2}| {4}| {6})"((?:[^"\\]|\\.)*)":', text)
        if key:
            depth = len(key[1]) // 2
            path = {level: name for level, name in path.items() if level < depth} | {depth: key[2]}
    section, *words = [path[depth] for depth in sorted(path)] or [""]
    if section == "resource":
        return ".".join(words)
    return ".".join([section, *(words[:1] if section == "output" else words)])


def _trimmed(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if line.strip()]
    return "\n".join([*lines[:DETAIL_LINES], "..."] if len(lines) > DETAIL_LINES else lines)
