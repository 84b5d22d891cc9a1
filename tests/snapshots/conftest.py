"""Snapshots as one JSON file each, named for what it holds: `test_stacks/retail-dev-delivery.json`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tests.conftest import Templates

_HEX_HASH = re.compile(r"\b[0-9A-Fa-f]{64}\b")
_HASH_ARGUMENTS = ("source_code_hash", "source_hash")


class NamedFiles(JSONSnapshotExtension):
    """One file per snapshot, called what the test calls it."""

    @classmethod
    def get_snapshot_name(cls, *, test_location: Any, index: Any = 0) -> str:
        return str(index)


@pytest.fixture
def json_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(NamedFiles)


def masked(value: Any) -> Any:
    """A template without what follows from the bytes of a zip, and without cdktf's own notes; those of constructs_lib/notes.py stay."""
    if isinstance(value, dict):
        kept = {name: _without_metadata(inner) if name == "//" else inner for name, inner in value.items()}
        kept = {name: inner for name, inner in kept.items() if name != "//" or inner}
        return {name: "<hash>" if name in _HASH_ARGUMENTS else masked(inner) for name, inner in kept.items()}
    if isinstance(value, list):
        return [masked(inner) for inner in value]
    return _HEX_HASH.sub("<hash>", value) if isinstance(value, str) else value


def _without_metadata(notes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: note for name, note in notes.items() if name in ("checkov", "why", "why_anywhere")}


def find(templates: Templates, *kinds: str) -> list[dict[str, Any]]:
    """Every resource of these types in any stack of the lake."""
    return [resource for template in templates.values() for kind in kinds for resource in template["resource"].get(kind, {}).values()]
