"""Every stack says where its state is; state in S3 is encrypted and locked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from constructs_lib.policies.template import Finding, Template


def check(template: Template) -> Iterator[Finding]:
    """Yields a stack without a backend, with an absolute local path, or with state in S3 that is not encrypted and locked."""
    backend = template.content.get("terraform", {}).get("backend", {})
    if not backend:
        yield Finding("terraform.backend", "must be set: cdktf's default is an absolute path on this machine")
    path = backend.get("local", {}).get("path")
    if "local" in backend and (path is None or PurePosixPath(path).is_absolute()):
        yield Finding("terraform.backend.local", "must have a relative path")
    for switch in ("encrypt", "use_lockfile") if "s3" in backend else ():
        if backend["s3"].get(switch) is not True:
            yield Finding("terraform.backend.s3", f"must set {switch}")
