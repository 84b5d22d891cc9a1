"""No policy allows an action on every resource, but for actions that know no narrower one."""

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
    """Yields every allowing statement of an identity policy on `*`; a key's own policy says `*` for itself."""
    for statement in template.statements():
        if not statement.allows or "*" not in statement.resources or statement.kind == "aws_kms_key":
            continue
        for action in statement.actions:
            if action not in ACTIONS_WITHOUT_RESOURCE:
                yield Finding(statement.address, f"allows {action} on every resource: name the resources")
