"""Where Terraform keeps what it made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Tag

from constructs_lib.config.base import KmsKeyArn, Model, Region
from constructs_lib.config.text import Text, with_hyphens
from constructs_lib.defaults import limits

BucketName = Annotated[
    str,
    Text(
        "lower-case letters, digits, dots and hyphens, beginning and ending with a letter or digit",
        r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*(?:-s3alias|--ol-s3|--x-s3|\.mrap)$)(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]*[a-z0-9]",
        limits.BUCKET_NAME_CHARACTERS,
        with_hyphens,
    ),
]


class S3StateConfig(Model):
    """Remote state in S3, with S3's own lock file; one object per stack."""

    backend: Literal["s3"] = "s3"
    """Where the state lies."""
    bucket: BucketName
    """The state bucket. The `bootstrap` stack of the same lake creates it, with `create_bucket: true`."""
    key_prefix: Annotated[str, Text("folders without a slash at either end", r"[A-Za-z0-9!_.*'()-]+(?:/[A-Za-z0-9!_.*'()-]+)*")] | None = (
        None
    )
    """Folder of the state objects; default: the lake's name prefix."""
    region: Region | None = None
    """Region of the bucket; default: the lake's region."""
    kms_key_arn: KmsKeyArn | None = None
    """A key of your own for the state objects. Default: the bucket's own default encryption, which is the key that bootstrap makes where it
    makes the bucket."""
    create_bucket: bool = False
    """Adds the `bootstrap` stack, which keeps its own state locally and creates the bucket, its key and its policy."""


class LocalStateConfig(Model):
    """State in a file per stack below the working directory: for trying things out alone, not for a team."""

    backend: Literal["local"]
    """Where the state lies."""
    directory: Annotated[str, Text("a folder below the one in which the output folder lies, without a leading /", r"[^\0/][^\0]*")] = (
        "state"
    )
    """Folder of the state files, beside the output folder: Terraform runs in `cdktf.out/stacks/<stack>`, three levels below it."""


def _backend(value: Any) -> str:
    """The branch that a value takes: S3 unless it says otherwise."""
    backend = value.get("backend", "s3") if isinstance(value, dict) else getattr(value, "backend", "s3")
    return "local" if backend == "local" else "s3"


StateConfig = Annotated[
    Annotated[S3StateConfig, Tag("s3")] | Annotated[LocalStateConfig, Tag("local")],
    Discriminator(_backend),
]
