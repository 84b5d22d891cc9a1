"""Secrets Manager: secrets that RDS manages rotate without a function of the caller's."""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import SecretsManagerBackend

MANAGED_BY_RDS = "rds!"


def mend() -> None:
    """AWS turns the rotation of a managed secret off when it is asked to; moto refuses, because no Lambda function is named."""
    cancel = SecretsManagerBackend.cancel_rotate_secret

    def cancel_managed(self: Any, secret_id: str) -> str:
        secret = self.secrets[secret_id] if self._is_valid_identifier(secret_id) else None
        if secret is None or not secret.name.startswith(MANAGED_BY_RDS):
            return str(cancel(self, secret_id))
        secret.rotation_enabled = False
        return str(secret.to_short_dict())

    SecretsManagerBackend.cancel_rotate_secret = cancel_managed
