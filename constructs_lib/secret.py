"""Secrets whose value never enters Terraform's state."""

from __future__ import annotations

from collections.abc import Mapping

from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole, Statement
from constructs_lib.notes import accept
from constructs_lib.part import Part, Scope, to_json
from constructs_lib.provider import SecretsmanagerSecret, SecretsmanagerSecretVersion, TerraformStack

PASSWORD_CHARACTERS = 32


class DatabaseSecret(Part):
    """The credentials of one database user, in the form that DMS reads: `username`, `password`, `host`, `port`.

    The password is drawn by Secrets Manager while Terraform applies and written through a write-only argument: neither the plan nor the
    state holds it. Raising `version` draws another.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: name of the secret.
        description: whose credentials.
        key: encrypts it.
        username: the database user.
        connection: host, port and so on, by their keys in the secret.
        version: raise it to replace the password.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        name: str,
        description: str,
        key: EncryptionKey,
        username: str,
        connection: Mapping[str, str | int],
        version: int,
    ) -> None:
        super().__init__(scope, id_)
        self.key = key
        self.resource = SecretsmanagerSecret(
            self, "Resource", name=name, description=description, kms_key_id=key.arn, recovery_window_in_days=7 if self.protected else 0
        )
        accept(
            self.resource,
            {"CKV2_AWS_57": "a rotation that does not tell the database and DMS stops capture: replication_password_version draws one"},
        )
        self.arn: str = self.resource.arn
        password = f"{self.address}_password"
        TerraformStack.of(self).add_override(  # cdktf 0.21 knows no ephemeral resources
            f"ephemeral.aws_secretsmanager_random_password.{password}",
            {"password_length": PASSWORD_CHARACTERS, "exclude_punctuation": True},
        )
        reference = f"${{ephemeral.aws_secretsmanager_random_password.{password}.random_password}}"
        SecretsmanagerSecretVersion(
            self,
            "value",
            secret_id=self.arn,
            secret_string_wo=to_json({"username": username, "password": reference, **connection}),
            secret_string_wo_version=version,
        )


def grant_read_secret(role: ServiceRole, *, purpose: str, secret_arn: str, key_arn: str | None) -> None:
    """Lets a role read one secret, and use its key for that; None for a secret under AWS's own key."""
    role.allow(purpose, Statement("ReadSecret", ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"], [secret_arn]))
    if key_arn is not None:
        via = {"StringEquals": {"kms:ViaService": [f"secretsmanager.{role.aws.region}.amazonaws.com"]}}
        role.allow("decrypt-secrets", Statement("Decrypt", ["kms:Decrypt", "kms:DescribeKey"], [key_arn], conditions=via))
