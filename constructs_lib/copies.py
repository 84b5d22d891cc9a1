"""Many resources like one, without an object for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from constructs_lib.part import Part, child_address, claim_address
from constructs_lib.provider import TerraformElement, TerraformResource


class Copies(TerraformElement):
    """Resources that differ from one in a few arguments.

    The original is checked by the provider's class; of its copies only the arguments are written. An object for each costs a call between
    Python and Node and cdktf's work on it: for a thousand tables with three optimizers, as much as the rest of the synthesis.

    Args:
        scope: the construct that holds the original.
        id_: construct id.
        original: the resource that they are like, finished: nothing that is added to it afterwards reaches the copies.
        copies: name in the construct to the arguments that are other.

    Raises:
        ValueError: the stack already has a resource of this type under the address of a copy.
    """

    def __init__(self, scope: Part, id_: str, *, original: TerraformResource, copies: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(scope, id_)
        self._kind = original.terraform_resource_type
        (written,) = original.to_terraform()["resource"][self._kind].values()
        shared = {argument: value for argument, value in written.items() if argument != "//"}  # cdktf's note of where the original stands
        self._resources = {}
        for name, others in copies.items():
            claim_address(scope, type(original).__name__, name)
            self._resources[child_address(scope, name)] = {**shared, **others}

    def to_terraform(self) -> Any:
        """What cdktf writes for this element."""
        return {"resource": {self._kind: self._resources}}
