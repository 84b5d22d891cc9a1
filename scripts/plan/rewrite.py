"""What is changed in a stack's Terraform JSON before it is planned or deployed without an AWS account. Nothing else is.

1. The required provider version becomes the version in reach.
2. Arguments that this version does not have yet are dropped, from the list `ABSENT` and from nowhere else: any other argument that the
   provider does not know fails the plan.
3. The provider talks to the emulator, with made-up credentials. `allowed_account_ids` and everything else stays.
4. For a plan, the state is a local file of the work folder, and the state of another stack is read from a local file that stands in for it
   (remote_state.py). A deployment keeps its backend and reads the real states.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.plan.provider_mirror import version_key
from scripts.plan.results import DroppedArgument

Template = Mapping[str, Any]


@dataclass(frozen=True)
class AbsentArgument:
    """An argument that the stacks may use and an older provider does not have.

    Attributes:
        type: resource type.
        argument: dotted path of the argument in the resource; list items are passed through.
        since: first version of the provider that has it.
        reason: what the plan does not check without it.
    """

    type: str
    argument: str
    since: str
    reason: str


ABSENT: Sequence[AbsentArgument] = (
    AbsentArgument(
        "aws_dms_endpoint", "mysql_settings", "6.0.0", "came with provider 6; only the source server's time zone goes unchecked without it"
    ),
    AbsentArgument(
        "aws_kinesis_firehose_delivery_stream",
        "iceberg_configuration.append_only",
        "6.8.0",
        "came with provider 6.8; that rows are only inserted is not checked without it",
    ),
)

EMULATED = {
    "access_key": "emulated",
    "secret_key": "emulated",
    "skip_credentials_validation": True,
    "skip_metadata_api_check": True,
    "s3_use_path_style": True,
    "max_retries": 2,
}
"""Provider settings for an emulator. The default of 25 retries makes one missing call a wait of five minutes."""


@dataclass(frozen=True)
class Rewritten:
    """A stack that can be planned on this machine, and what was taken out of it."""

    template: dict[str, Any]
    dropped: tuple[DroppedArgument, ...]


def rewrite(
    template: Template, *, provider_version: str, states: Mapping[str, Path] | None = None, absent: Sequence[AbsentArgument] = ABSENT
) -> Rewritten:
    """Makes a copy of a stack for the emulator.

    Args:
        template: the synthesised stack.
        provider_version: version of the AWS provider in reach.
        states: by name of a `terraform_remote_state` data source, the file that stands in for it; None keeps every backend as it is.
        absent: arguments that older providers lack.
    """
    result = copy.deepcopy(dict(template))
    result["terraform"]["required_providers"]["aws"]["version"] = provider_version
    for provider in result["provider"]["aws"]:
        provider.update(EMULATED)
    if states is not None:
        result["terraform"].pop("backend", None)
        for name, source in result.get("data", {}).get("terraform_remote_state", {}).items():
            source.update(backend="local", config={"path": str(states[name])})
    return Rewritten(template=result, dropped=tuple(_drop_absent(result, provider_version, absent)))


def _drop_absent(template: dict[str, Any], provider_version: str, absent: Sequence[AbsentArgument]) -> list[DroppedArgument]:
    missing = [entry for entry in absent if version_key(provider_version) < version_key(entry.since)]
    return [
        DroppedArgument(address=f"{entry.type}.{name}", argument=entry.argument, reason=entry.reason)
        for entry in missing
        for name, resource in template.get("resource", {}).get(entry.type, {}).items()
        if _drop(resource, entry.argument.split("."))
    ]


def _drop(value: Any, path: Sequence[str]) -> bool:
    """Removes an argument wherever the path leads; says whether there was one."""
    if isinstance(value, list):
        return sum(_drop(item, path) for item in value) > 0  # unlike any(), visits every item
    if not isinstance(value, dict) or path[0] not in value:
        return False
    if len(path) > 1:
        return _drop(value[path[0]], path[1:])
    del value[path[0]]
    return True
