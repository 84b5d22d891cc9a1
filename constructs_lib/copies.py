"""Many resources like one, without an object for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from constructs_lib.part import Part, child_address, claim_address
from constructs_lib.provider import TerraformResource, TerraformStack


@dataclass(frozen=True)
class Copies:
    """Resources that differ from one in a few arguments.

    Attributes:
        original: the resource that they are like, finished: nothing that is added to it afterwards reaches the copies.
        others: name in the construct to the arguments that are other.
    """

    original: TerraformResource
    others: Mapping[str, Mapping[str, str]]


def add_copies(scope: Part, all_copies: Sequence[Copies]) -> None:
    """Adds copies of a construct's resources.

    An original is checked by the provider's class; of its copies only the arguments are written. An object for each costs a call between
    Python and Node and cdktf's work on it: for a thousand tables with three optimizers, as much as the rest of the synthesis. So all copies
    of a construct go to Node in one call.

    Args:
        scope: the construct that holds the originals.
        all_copies: the copies of each.

    Raises:
        ValueError: the stack already has a resource of this type under the address of a copy.
    """
    for copies in all_copies:
        kind = copies.original.terraform_resource_type
        (written,) = copies.original.to_terraform()["resource"][kind].values()
        shared = {argument: value for argument, value in written.items() if argument != "//"}  # cdktf's note of where the original stands
        for name, others in copies.others.items():
            claim_address(scope, type(copies.original).__name__, name)
            scope.copies.setdefault(kind, {})[child_address(scope, name)] = {**shared, **others}
    for kind in {copies.original.terraform_resource_type for copies in all_copies if copies.others}:
        TerraformStack.of(scope).add_override(f"resource.{kind}", scope.copies[kind])  # an override takes the place of the one before
