"""Customer-managed keys."""

from __future__ import annotations

from collections.abc import Sequence

from constructs_lib.iam import ServiceRole, Statement, policy_document, reasons
from constructs_lib.notes import note_why
from constructs_lib.part import Part, Scope
from constructs_lib.provider import DataAwsKmsKey, KmsAlias, KmsKey

_USE = ("kms:Decrypt", "kms:GenerateDataKey")
LOGS_USE = (
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateDataKeyPair",
    "kms:GenerateDataKeyPairWithoutPlaintext",
    "kms:DescribeKey",
)
"""What the wildcards of CloudWatch Logs' own example stand for (encrypt-log-data-kms.html)."""


class EncryptionKey(Part):
    """A KMS key with yearly rotation, administered by the account and used by whom it is granted to.

    Args:
        scope: stack or construct.
        id_: construct id.
        alias: name without `alias/`.
        description: what it encrypts.
        log_groups: name prefixes of CloudWatch log groups that it may encrypt. Beside an existing key they get a key of the lake's own:
            CloudWatch Logs uses only a key whose own policy names it, which no grant to a role can replace.
        services: service principals that use it in the account's name, such as `sns.amazonaws.com`'s publishers.
        existing_arn: a key that exists; none is made then. Its policy must let the account's IAM policies say who uses it, as KMS's own
            default does.

    Attributes:
        arn: the key.
        logs_arn: the key of log groups.
    """

    def __init__(
        self,
        scope: Scope,
        id_: str,
        *,
        alias: str,
        description: str,
        log_groups: Sequence[str] = (),
        services: Sequence[str] = (),
        existing_arn: str | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self.description = description
        if existing_arn is not None:
            self.arn: str = DataAwsKmsKey(self, "Resource", key_id=existing_arn).arn  # read, so that a wrong ARN fails the plan
            self.logs_arn: str = self.arn
            if log_groups:
                self.logs_arn = EncryptionKey(
                    self, "logs", alias=f"{alias}-logs", description=f"Logs: {description}", log_groups=log_groups
                ).arn
            return
        statements = self._policy(log_groups, services)
        key = KmsKey(
            self,
            "Resource",
            description=description,
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=policy_document(statements),
            lifecycle=self.data_lifecycle,
        )
        note_why(key, reasons(statements))
        KmsAlias(self, "alias", name=f"alias/{alias}", target_key_id=key.key_id)
        self.arn = key.arn
        self.logs_arn = key.arn

    def grant_use(self, role: ServiceRole, *, via: Sequence[str]) -> None:
        """Lets a role encrypt and decrypt, only through the services named, such as `s3`."""
        role.allow(f"use-{self.label}-{'-'.join(via)}", self.use(_USE, via=via))

    def use(self, actions: Sequence[str], *, via: Sequence[str]) -> Statement:
        """The statement of who uses the key, only through the services named."""
        hosts = [f"{service}.{self.aws.region}.amazonaws.com" for service in via]
        return Statement("UseKey", actions, [self.arn], conditions={"StringEquals": {"kms:ViaService": hosts}})

    def _policy(self, log_groups: Sequence[str], services: Sequence[str]) -> list[Statement]:
        account_root = self.aws.arn("iam", "root", region=False)
        administer = Statement(
            "AccountAdministersByIam",
            ["kms:*"],
            ["*"],
            principals={"AWS": account_root},
            why_any_action="the account says by IAM who administers the key; without it nobody could ever change its policy",
        )
        statements = [administer]
        if log_groups:
            statements.append(
                Statement(
                    "CloudWatchLogs",
                    LOGS_USE,
                    ["*"],
                    principals={"Service": f"logs.{self.aws.region}.amazonaws.com"},
                    conditions={
                        "ArnLike": {
                            "kms:EncryptionContext:aws:logs:arn": [self.aws.arn("logs", f"log-group:{group}*") for group in log_groups]
                        }
                    },
                )
            )
        if services:
            statements.append(self.must_allow(services))
        return statements

    def must_allow(self, services: Sequence[str]) -> Statement:
        """What the key's policy must say for services that use it in the account's name."""
        return Statement(
            "Services",
            _USE,
            ["*"],
            principals={"Service": list(services)},
            conditions={"StringEquals": {"aws:SourceAccount": self.aws.account_id}},
        )
