"""Notes for a security reviewer, written on the resource that they speak of.

Terraform ignores what stands under `//` in a JSON resource, so that a reason travels with the template: scripts/security and the snapshots
read it there, and there is no list elsewhere to fall behind.
"""

from __future__ import annotations

from collections.abc import Mapping

from constructs_lib.provider import TerraformDataSource, TerraformElement, TerraformStack

NOTES = "//"


def accept(resource: TerraformElement, findings: Mapping[str, str]) -> None:
    """Accepts findings of checkov on a resource, each with its reason; `make security` fails on one that checkov does not make.

    They are written as checkov reads them in CloudFormation. In Terraform JSON it reads none, so scripts/security does.

    Args:
        resource: a resource or a data source.
        findings: check id, such as `CKV_AWS_116`, to the reason.
    """
    if findings:
        skips = [{"id": check, "comment": reason} for check, reason in sorted(findings.items())]
        _note(resource, "checkov", {"skip": skips})


def note_why(holder: TerraformElement, reasons: Mapping[str, str]) -> None:
    """Notes on what holds a policy why statements of it are as wide as they are: their Sid (`Trust` for a role's trust) to the reason."""
    if reasons:
        _note(holder, "why", dict(reasons))


def note_anywhere(rule: TerraformElement, reason: str) -> None:
    """Notes on a security group rule why its other side cannot be narrower than every address."""
    _note(rule, "why_anywhere", reason)


def _note(element: TerraformElement, name: str, value: object) -> None:
    if isinstance(element, TerraformDataSource):  # cdktf 0.21 writes its own notes of a data source over ours
        address = f"data.{element.terraform_resource_type}.{element.friendly_unique_id}"
        TerraformStack.of(element).add_override(f"{address}.{NOTES}.{name}", value)
    else:
        element.add_override(f"{NOTES}.{name}", value)
