"""S3 buckets: encrypted with a key of the lake, versioned, private, TLS only, with a lifecycle."""

from __future__ import annotations

from collections.abc import Sequence

from constructs_lib.encryption import EncryptionKey
from constructs_lib.iam import ServiceRole, Statement, policy_document
from constructs_lib.notes import accept
from constructs_lib.part import Part, Scope
from constructs_lib.provider import (
    S3Bucket,
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
    S3BucketPolicy,
    S3BucketPublicAccessBlock,
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)

ACCEPTED = {
    "CKV_AWS_18": "who reads objects is recorded by CloudTrail's data events, which one trail of the account sets for all buckets; S3's own"
    " access log is best effort and cannot go to a bucket under a customer's key",
    "CKV_AWS_144": "a copy in a second region doubles the cost and may break where the data must stay; versions keep what was deleted",
    "CKV2_AWS_62": "nothing consumes notifications: alarms watch the deliveries and their error path",
}
"""What checkov says of every bucket, and why it stays so."""

_LIST = ("s3:GetBucketLocation", "s3:ListBucket")


class PrivateBucket(Part):
    """A bucket for rows: nothing public, nothing in clear, nothing gone at once.

    Args:
        scope: stack or construct.
        id_: construct id.
        name: 3 to 63 characters, unique in all of AWS.
        key: encrypts the objects.
        noncurrent_days: deleted and overwritten objects stay recoverable for so many days.
        expiration_days: objects are deleted after so many days; None keeps them.
    """

    def __init__(
        self, scope: Scope, id_: str, *, name: str, key: EncryptionKey, noncurrent_days: int, expiration_days: int | None = None
    ) -> None:
        super().__init__(scope, id_)
        self.key = key
        self.resource = S3Bucket(self, "Resource", bucket=name, force_destroy=not self.protected, lifecycle=self.data_lifecycle)
        accept(self.resource, ACCEPTED)
        self.name: str = self.resource.bucket
        self.arn: str = self.resource.arn
        block = S3BucketPublicAccessBlock(
            self,
            "public-access",
            bucket=self.name,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketOwnershipControls(
            self, "ownership", bucket=self.name, rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced")
        )
        self._encrypt()
        S3BucketVersioningA(
            self, "versioning", bucket=self.name, versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled")
        )
        self._expire(noncurrent_days, expiration_days)
        S3BucketPolicy(self, "policy", bucket=self.name, policy=policy_document([self._tls_only()]), depends_on=[block])

    def grant_read_write(self, role: ServiceRole, *, prefixes: Sequence[str] = ("",)) -> None:
        """Lets a role read, write and delete objects below the prefixes, and list the bucket."""
        actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        self._grant(role, f"write-{self.label}", actions, prefixes, [*_LIST, "s3:ListBucketMultipartUploads"])

    def grant_read(self, role: ServiceRole, *, prefixes: Sequence[str] = ("",)) -> None:
        """Lets a role read objects below the prefixes, and list the bucket."""
        self._grant(role, f"read-{self.label}", ["s3:GetObject"], prefixes, _LIST)

    def reading(self, *, prefixes: Sequence[str]) -> list[Statement]:
        """What a role that is not made here must be allowed to read objects below the prefixes, under their key."""
        return [*self._statements(["s3:GetObject"], prefixes, _LIST), self.key.use(["kms:Decrypt"], via=["s3"])]

    def _grant(
        self, role: ServiceRole, purpose: str, actions: Sequence[str], prefixes: Sequence[str], bucket_actions: Sequence[str]
    ) -> None:
        role.allow(purpose, *self._statements(actions, prefixes, bucket_actions))
        self.key.grant_use(role, via=["s3"])

    def _statements(self, actions: Sequence[str], prefixes: Sequence[str], bucket_actions: Sequence[str]) -> list[Statement]:
        objects = [f"{self.arn}/{prefix}*" for prefix in prefixes]
        return [Statement("Objects", actions, objects), Statement("Bucket", bucket_actions, [self.arn])]

    def _encrypt(self) -> None:
        by_default = S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
            sse_algorithm="aws:kms", kms_master_key_id=self.key.arn
        )
        rule = S3BucketServerSideEncryptionConfigurationRuleA(apply_server_side_encryption_by_default=by_default, bucket_key_enabled=True)
        S3BucketServerSideEncryptionConfigurationA(self, "encryption", bucket=self.name, rule=[rule])

    def _expire(self, noncurrent_days: int, expiration_days: int | None) -> None:
        """Old versions go, and delete markers with the last of them: S3 removes those unasked only where a rule deletes current objects."""
        expiration = S3BucketLifecycleConfigurationRuleExpiration(
            days=expiration_days, expired_object_delete_marker=True if expiration_days is None else None
        )
        rule = S3BucketLifecycleConfigurationRule(
            id="expire",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            abort_incomplete_multipart_upload=[S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)],
            noncurrent_version_expiration=[S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(noncurrent_days=noncurrent_days)],
            expiration=[expiration],
        )
        S3BucketLifecycleConfiguration(self, "lifecycle", bucket=self.name, rule=[rule])

    def _tls_only(self) -> Statement:
        return Statement(
            "DenyPlainHttp",
            ["s3:*"],
            [self.arn, f"{self.arn}/*"],
            principals={"*": "*"},
            conditions={"Bool": {"aws:SecureTransport": "false"}},
            effect="Deny",
        )
