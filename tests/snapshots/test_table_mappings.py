"""DMS's table mappings of every example lake, as a document of their own: in the template they are one long string."""

from __future__ import annotations

import json

from syrupy.assertion import SnapshotAssertion

from tests.conftest import Templates
from tests.snapshots.conftest import find


def test_dms_table_mappings_are_as_reviewed(templates: Templates, lake_name: str, json_snapshot: SnapshotAssertion) -> None:
    (replication,) = find(templates, "aws_dms_replication_task", "aws_dms_replication_config")
    assert json.loads(replication["table_mappings"]) == json_snapshot(name=lake_name)
