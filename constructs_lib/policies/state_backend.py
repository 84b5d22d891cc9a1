"""Every stack says where its state is; state in S3 is locked, and encrypted under the key that was meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from constructs_lib.policies.template import Finding, Template


def check(template: Template) -> Iterator[Finding]:
    """Yields a stack without a backend, with an absolute local path, or with state in S3 that is not locked, or not under the right key.

    Terraform's `encrypt` without a key asks S3 for its own key, and that wins over the bucket's default.
    """
    backend = template.content.get("terraform", {}).get("backend", {})
    if not backend:
        yield Finding("terraform.backend", "must be set: cdktf's default is an absolute path on this machine")
    path = backend.get("local", {}).get("path")
    if "local" in backend and (path is None or PurePosixPath(path).is_absolute()):
        yield Finding("terraform.backend.local", "must have a relative path")
    if "s3" not in backend:
        return
    s3 = backend["s3"]
    if s3.get("use_lockfile") is not True:
        yield Finding("terraform.backend.s3", "must set use_lockfile")
    if s3.get("kms_key_id") is not None and s3.get("encrypt") is not True:
        yield Finding("terraform.backend.s3", "must set encrypt: without it the key in kms_key_id is not used")
    elif s3.get("kms_key_id") is None and s3.get("encrypt") is not None:
        yield Finding("terraform.backend.s3", "must not set encrypt without a key: S3's own key would take the place of the bucket's")
