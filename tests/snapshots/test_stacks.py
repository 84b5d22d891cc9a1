"""Every stack of every example lake, word for word. `make snapshots` accepts a change; CI never does."""

from __future__ import annotations

from syrupy.assertion import SnapshotAssertion

from tests.conftest import Templates
from tests.snapshots.conftest import masked


def test_every_stack_is_as_reviewed(templates: Templates, json_snapshot: SnapshotAssertion) -> None:
    for stack, template in templates.items():
        assert masked(template) == json_snapshot(name=stack)
