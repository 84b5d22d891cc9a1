"""S3: a statement that denies plain HTTP denies plain HTTP, not everything; and delete markers can be deleted."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker

SECURE_TRANSPORT = "aws:SecureTransport"


def mend() -> None:
    """AWS looks at a statement's condition; moto ignores it and refuses everyone. The emulator's plain HTTP stands for TLS here."""

    def get_permission(self: Any, action: str, resource: str) -> PermissionResult:
        policy = json.loads(self.policy) if self.policy is not None else {"Statement": []}
        statements = [
            statement for statement in policy["Statement"] if SECURE_TRANSPORT not in statement.get("Condition", {}).get("Bool", {})
        ]
        if not statements:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps({**policy, "Statement": statements})).is_action_permitted(action, resource)

    FakeBucket.get_permission = get_permission
    FakeDeleteMarker.dispose = lambda _: None  # moto forgot it, and so a bucket that holds one cannot be emptied
