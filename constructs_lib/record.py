"""Values kept in Terraform's state for a plan to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from constructs_lib.part import Part, Scope
from constructs_lib.provider import TerraformResource


class Record(Part):
    """A `terraform_data` resource: keeps a value, so that a plan shows when it changes, and may run a command when it is made.

    cdktf's own class for it runs `terraform version` at every synthesis, which needs Terraform on the machine and takes longer than all the
    rest of a stack.

    Args:
        scope: stack or construct.
        id_: construct id.
        value: what is kept.
        command: shell command to run once it is made.
        depends_on: what must exist before.
    """

    def __init__(
        self, scope: Scope, id_: str, *, value: Mapping[str, str], command: str | None = None, depends_on: Sequence[Any] = ()
    ) -> None:
        super().__init__(scope, id_)
        self.resource = TerraformResource(self, "Resource", terraform_resource_type="terraform_data", depends_on=list(depends_on))
        self.resource.add_override("input", value)
        if command is not None:
            self.resource.add_override("provisioner", [{"local-exec": {"command": command}}])
