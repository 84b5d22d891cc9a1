"""The bucket that holds the state of all other stacks; its own state is local."""

from __future__ import annotations

from typing import Any

from constructs_lib.bucket import PrivateBucket
from constructs_lib.config.lake import Lake
from constructs_lib.config.state import S3StateConfig
from constructs_lib.encryption import EncryptionKey
from constructs_lib.lake_stack import LakeStack

NONCURRENT_DAYS = 90


class BootstrapStack(LakeStack):
    """Makes the state bucket: deployed first, once, by hand (docs/deploy.md)."""

    def __init__(self, app: Any, *, lake: Lake, state: S3StateConfig) -> None:
        super().__init__(app, lake=lake, component="bootstrap", local_state=True)
        key = EncryptionKey(
            self, "key", alias=self.name("state"), description=f"Terraform state of {lake.name}", existing_arn=state.kms_key_arn
        )
        bucket = PrivateBucket(self, "state", name=state.bucket, key=key, noncurrent_days=NONCURRENT_DAYS)
        self.export("StateBucketName", bucket.name, "Bucket of the other stacks' state")
        self.export("StateKeyArn", key.arn, "Key of the state bucket")
