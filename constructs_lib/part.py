"""What every construct of the library builds on: where it is deployed, and short Terraform addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from constructs_lib.provider import Construct, TerraformResourceLifecycle


@dataclass(frozen=True)
class AwsEnvironment:
    """Where a stack is deployed.

    Attributes:
        partition: `aws`, `aws-cn` or `aws-us-gov`.
        region: region code.
        account_id: twelve digits, or a token of the caller's account when the lake file has no account guard.
    """

    partition: str
    region: str
    account_id: str

    def arn(self, service: str, resource: str, *, region: bool = True) -> str:
        """An ARN in this account: `arn("kinesis", "stream/x")`; `region=False` for global services such as IAM."""
        return f"arn:{self.partition}:{service}:{self.region if region else ''}:{self.account_id}:{resource}"


class Scope(Protocol):
    """A stack or a construct of the library, in which constructs are made."""

    aws: AwsEnvironment
    address: str
    taken: set[tuple[str, str]]
    copies: dict[str, dict[str, Any]]
    protected: bool


class Part(Construct):
    """A construct whose resources get short addresses: `aws_kinesis_stream.stream`, `aws_kms_alias.stream_key_alias`.

    cdktf's own addresses end in a hash of the construct tree, so that moving a construct in the code replaces what is deployed, and a plan
    is harder to read. Here an address is the names of the constructs above it, joined by `_`; the primary resource is called `Resource` and
    has its construct's own. Two resources of one type and address in a stack are refused.
    """

    def __init__(self, scope: Scope, name: str) -> None:
        super().__init__(cast(Any, scope), name)
        self.label = name
        self.aws = scope.aws
        self.taken = scope.taken
        self.copies = scope.copies
        self.protected = scope.protected
        self.address = child_address(scope, name)

    @property
    def data_lifecycle(self) -> TerraformResourceLifecycle | None:
        """The lifecycle of what holds data: Terraform refuses to destroy it unless both keys were given (ProtectionConfig)."""
        return TerraformResourceLifecycle(prevent_destroy=True) if self.protected else None


def child_address(scope: Scope, name: str) -> str:
    """The address of a child: the scope's own for its primary `Resource`."""
    if name == "Resource":
        return scope.address
    return "_".join(filter(None, [scope.address, name])).replace("-", "_")


def claim_address(scope: object, kind: str, name: str) -> str:
    """Claims the address of a new element of a library scope; returns the construct id that makes Node give it (_bindings/addresses.js).

    Raises:
        ValueError: the stack already has an element of this kind under this address.
    """
    if not hasattr(scope, "taken"):
        return name
    library_scope = cast(Scope, scope)
    key = (kind, child_address(library_scope, name))
    if key in library_scope.taken:
        raise ValueError(f"two {kind} would share the address {key[1]}: give one of them another name")
    library_scope.taken.add(key)
    return name.replace("-", "_")


def to_json(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """A JSON document for a string argument: keys in the given order, so that a plan shows the document as it was written."""
    return json.dumps(value, ensure_ascii=False)
