"""KMS: a key may be created under a given id, because a lake file names existing keys by their ARN."""

from __future__ import annotations

from typing import Any

from moto.kms.models import Key, KmsBackend

from scripts.plan.mends import CUSTOM_ID


def mend() -> None:
    """AWS chooses a key's id; this is for what the harness puts there before a lake is planned or deployed."""
    create_key = KmsBackend.create_key

    def create_with_id(self: Any, policy: Any, usage: Any, spec: Any, description: Any, tags: Any, *more: Any, **named: Any) -> Key:
        key = create_key(self, policy, usage, spec, description, tags, *more, **named)
        chosen = next((tag["TagValue"] for tag in tags or [] if tag["TagKey"] == CUSTOM_ID), None)
        if chosen is not None:
            del self.keys[key.id]
            key.arn = key.arn.replace(key.id, chosen)
            key.id = chosen
            self.keys[chosen] = key
        return key

    KmsBackend.create_key = create_with_id
