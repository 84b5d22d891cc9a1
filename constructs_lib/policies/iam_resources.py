"""No policy allows an action on every resource, but for actions that know no narrower one, and then it says so."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.policies.template import Finding, Template

ACTIONS_WITHOUT_RESOURCE = {
    "lakeformation:GetDataAccess": "Lake Formation narrows it by its own grants",
    "xray:PutTraceSegments": "X-Ray's put calls know no resource",
    "xray:PutTelemetryRecords": "X-Ray's put calls know no resource",
}
"""From the service authorization reference: actions whose resource types column is empty."""


def check(template: Template) -> Iterator[Finding]:
    """Yields every allowing statement of an identity policy on `*`, or without its reason; a key's own policy says `*` for itself."""
    for statement in template.statements():
        if not statement.allows or "*" not in statement.resources or statement.kind == "aws_kms_key":
            continue
        narrower = [action for action in statement.actions if action not in ACTIONS_WITHOUT_RESOURCE]
        for action in narrower:
            yield Finding(statement.address, f"allows {action} on every resource: name the resources")
        if not narrower and not statement.reason:
            yield Finding(statement.address, "allows every resource without its reason: set the statement's why_any_resource")
