"""The base of every stack: provider, state and tags."""

from __future__ import annotations

import os
from typing import Any

from constructs_lib.config.lake import Lake
from constructs_lib.config.state import S3StateConfig
from constructs_lib.part import AwsEnvironment
from constructs_lib.provider import (
    AwsProvider,
    AwsProviderDefaultTags,
    DataAwsCallerIdentity,
    LocalBackend,
    S3Backend,
    TerraformOutput,
    TerraformStack,
)

DESTROY_DATA = "MOULIN_DESTROY_DATA"
"""The second key that destroying data needs, beside `protection.allow_data_destruction` in the file: this, set to the lake's name."""

TERRAFORM_VERSION = ">= 1.11"
"""1.10 brought S3's own lock file, 1.11 write-only arguments; an older one would call them unsupported, and not say why."""


class LakeStack(TerraformStack):
    """One stack of a lake, called `<lake name prefix>-<component>`, with its own state.

    Args:
        app: the cdktf app.
        lake: the whole lake file.
        component: what the stack holds, such as `delivery`.
        local_state: keeps the state locally whatever the file says: for the stack that makes the state bucket.
    """

    def __init__(self, app: Any, *, lake: Lake, component: str, local_state: bool = False) -> None:
        self.stack_name = f"{lake.prefix}-{component}"
        super().__init__(app, self.stack_name)
        self.lake = lake
        self.component = component
        self.address = ""
        self.taken: set[tuple[str, str]] = set()
        self.copies: dict[str, dict[str, Any]] = {}
        self.protected = not (lake.protection.allow_data_destruction and os.environ.get(DESTROY_DATA) == lake.name)
        AwsProvider(
            self,
            "aws",
            region=lake.region,
            allowed_account_ids=None if lake.account is None else [lake.account],
            default_tags=[AwsProviderDefaultTags(tags=self._tags())],
        )
        self.add_override("terraform.required_version", TERRAFORM_VERSION)
        self.aws = AwsEnvironment(partition=lake.partition, region=lake.region, account_id="")
        self.aws = AwsEnvironment(partition=lake.partition, region=lake.region, account_id=lake.account or self._caller_account())
        self._set_backend(local_state)

    def name(self, suffix: str) -> str:
        """The name of something this lake makes: `<name prefix>-<suffix>`."""
        return f"{self.lake.prefix}-{suffix}"

    def export(self, name: str, value: Any, description: str) -> None:
        """Adds a Terraform output under exactly this name."""
        TerraformOutput(self, name, value=value, description=description, static_id=True)

    def _tags(self) -> dict[str, str]:
        own = {"moulin:lake": self.lake.name, "moulin:environment": self.lake.environment, "moulin:stack": self.component}
        return {**self.lake.tags, **own}

    def _caller_account(self) -> str:
        return str(DataAwsCallerIdentity(self, "caller").account_id)

    def _set_backend(self, local_state: bool) -> None:
        state = self.lake.state
        if local_state or not isinstance(state, S3StateConfig):
            directory = "state" if isinstance(state, S3StateConfig) else state.directory
            LocalBackend(self, path=f"../../../{directory}/{self.stack_name}.tfstate")
            return
        S3Backend(
            self,
            bucket=state.bucket,
            key=f"{state.key_prefix or self.lake.prefix}/{self.component}.tfstate",
            region=state.region or self.lake.region,
            encrypt=None if state.kms_key_arn is None else True,  # true without a key asks for S3's own, whatever the bucket's default is
            kms_key_id=state.kms_key_arn,
        )
        self.add_override("terraform.backend.s3.use_lockfile", True)  # cdktf 0.21's S3Backend does not know S3's own lock file
