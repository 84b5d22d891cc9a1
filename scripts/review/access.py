"""What a plan opens: policies statement by statement, trust, security groups, grants of Lake Formation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.review import kinds
from scripts.review.change import Action, Change
from scripts.review.doors import opened
from scripts.review.finding import Area, Finding
from scripts.review.policies import UnreadableError, read_policy, widened
from scripts.review.settings import KEYS
from scripts.review.values import Mark, blocks, has_mark, is_unset, words

POLICIES: Final[Mapping[str, str]] = {
    "policy": "policy",
    "assume_role_policy": "trust policy",
    "access_policies": "access policy",
    "resource_policy": "resource policy",
    "policy_document": "policy",
}
"""Arguments that hold a policy document, whatever the type."""

NO_POLICIES: Final = frozenset(
    {"aws_lb_ssl_negotiation_policy", "aws_appautoscaling_policy", "aws_autoscaling_policy", "aws_dlm_lifecycle_policy"}
)
"""Types with an argument of such a name that is something else."""

MEMBERSHIPS: Final[Mapping[str, tuple[str, str]]] = {
    "aws_iam_role_policy_attachment": ("policy_arn", "attaches the policy"),
    "aws_iam_user_policy_attachment": ("policy_arn", "attaches the policy"),
    "aws_iam_group_policy_attachment": ("policy_arn", "attaches the policy"),
    "aws_iam_policy_attachment": ("policy_arn", "attaches the policy"),
    "aws_iam_instance_profile": ("role", "gives an instance the role"),
    "aws_kms_grant": ("grantee_principal", "lets the key be used by"),
    "aws_ram_principal_association": ("principal", "shares with"),
    "aws_sns_topic_subscription": ("endpoint", "sends messages to"),
    "aws_cloudwatch_log_subscription_filter": ("destination_arn", "sends log lines to"),
    "aws_lakeformation_data_lake_settings": ("admins", "makes administrators of Lake Formation"),
    "aws_route": ("gateway_id", "routes to the gateway"),
}
"""Type to the argument that names who or what is let in, and how to say so."""

_FULL: Final = "a VPC endpoint without a policy lets everything through"


def check(change: Change) -> Iterator[Finding]:
    """Yields what a resource opens that was closed."""
    for name, kind in POLICIES.items():
        if change.type not in NO_POLICIES and name in {**change.before, **change.after}:
            after = change.after.get(name)
            if after is not Mark.UNKNOWN or change.sets(name):
                yield from _policy(change, kind, change.before.get(name), after)
    yield from _inline_policies(change)
    if change.deposed:
        return
    yield from _doors(change)
    yield from _membership(change)
    yield from _lists(change)
    yield from _lambda_permission(change)
    yield from _lake_formation(change)
    yield from _locks(change)


def _policy(change: Change, kind: str, before: Any, after: Any) -> Iterator[Finding]:
    if before == after and not isinstance(before, Mark):
        return
    if change.action is Action.DELETE and change.type in kinds.DATA:
        return  # what the policy guarded goes with it
    if change.type == "aws_vpc_endpoint" and is_unset(after):
        if change.stays:
            yield Finding(Area.ACCESS, change.address, f"its policy goes: {_FULL}")
        return
    if isinstance(after, Mark) or (isinstance(before, Mark) and not is_unset(after)):
        if change.stays or change.comes:
            yield Finding(Area.UNKNOWN, change.address, f"its {kind} is {_why(before, after)}, and cannot be judged: look at it")
        return
    try:
        old = read_policy(before)
        new = read_policy(after)
        for grant in widened(old, new):
            yield Finding(Area.ACCESS, change.address, f"its {kind} {grant}")
    except UnreadableError as error:
        yield Finding(Area.UNKNOWN, change.address, f"its {kind} cannot be judged: {error}; look at it")


def _why(before: Any, after: Any) -> str:
    return "sensitive" if Mark.SENSITIVE in (before, after) else "known after apply"


def _inline_policies(change: Change) -> Iterator[Finding]:
    if change.type not in ("aws_iam_role", "aws_iam_user", "aws_iam_group") or not change.differs("inline_policy"):
        return
    old = {block.get("name"): block.get("policy") for block in blocks(change.before.get("inline_policy"))}
    for block in blocks(change.after.get("inline_policy")):
        if not is_unset(block.get("policy")):
            yield from _policy(change, f"inline policy {block.get('name')}", old.get(block.get("name")), block.get("policy"))


def _doors(change: Change) -> Iterator[Finding]:
    for door in opened(change.type, change.before, change.after):
        yield Finding(Area.ACCESS, change.address, str(door))


def _membership(change: Change) -> Iterator[Finding]:
    name, verb = MEMBERSHIPS.get(change.type, ("", ""))
    if not name or not (change.comes or (change.stays and change.differs(name))):
        return
    value = change.after.get(name)
    if is_unset(value) or (change.type == "aws_route" and not str(value).startswith("igw-") and not isinstance(value, Mark)):
        return
    if change.type == "aws_route" and isinstance(value, Mark) and change.after.get("destination_cidr_block") is None:
        return
    for word in words(value):
        yield Finding(Area.ACCESS, change.address, f"{verb} {word}")


def _lists(change: Change) -> Iterator[Finding]:
    """Arguments of a role that give or take at once."""
    if change.type != "aws_iam_role":
        return
    old = words(change.before.get("managed_policy_arns"))
    for arn in words(change.after.get("managed_policy_arns")):
        if arn not in old and arn != str(Mark.UNKNOWN):
            yield Finding(Area.ACCESS, change.address, f"attaches the policy {arn}")
    if change.stays and not is_unset(change.before.get("permissions_boundary")) and change.differs("permissions_boundary"):
        yield Finding(Area.ACCESS, change.address, "its permissions boundary changes or goes")


def _lambda_permission(change: Change) -> Iterator[Finding]:
    if change.type != "aws_lambda_permission" or not (change.comes or change.stays):
        return
    names = ("action", "principal", "source_arn", "source_account", "principal_org_id", "function_name")
    if change.stays and not any(change.differs(name) for name in names):
        return
    source = change.after.get("source_arn")
    limit = "" if is_unset(source) else f" if asked by {source}"
    anyone = " [EVERYBODY]" if change.after.get("principal") == "*" else " [no source named]" if is_unset(source) else ""
    who = change.after.get("principal")
    yield Finding(
        Area.ACCESS, change.address, f"lets {who} do {change.after.get('action')} on {change.after.get('function_name')}{limit}{anyone}"
    )


def _lake_formation(change: Change) -> Iterator[Finding]:
    if change.type != "aws_lakeformation_permissions" or not (change.comes or change.stays):
        return
    for name, with_grant in (("permissions", ""), ("permissions_with_grant_option", ", and to hand it on")):
        old = words(change.before.get(name))
        same = not change.stays or not any(change.differs(key) for key in ("principal", *_RESOURCES))
        value = change.after.get(name)
        new = [word for word in words(value) if word not in old or not same] if value is not Mark.UNKNOWN or change.sets(name) else []
        if new:
            target = _target(change.after)
            yield Finding(
                Area.ACCESS, change.address, f"grants {', '.join(new)} on {target} to {change.after.get('principal')}{with_grant}"
            )


_RESOURCES: Final = (
    "database",
    "table",
    "table_with_columns",
    "data_location",
    "lf_tag",
    "lf_tag_policy",
    "data_cells_filter",
    "catalog_resource",
)


def _target(arguments: Mapping[str, Any]) -> str:
    for name in _RESOURCES:
        for block in blocks(arguments.get(name)):
            parts = [
                str(block[key]) for key in ("database_name", "name", "arn", "key") if isinstance(block.get(key), str) and block.get(key)
            ]
            return f"{name.replace('_', ' ')} {'.'.join(parts)}{' (all its tables)' if block.get('wildcard') is True else ''}"
    return "a resource that is known after apply" if has_mark(arguments) else "the catalog"


def _locks(change: Change) -> Iterator[Finding]:
    """What is a lock by being there."""
    if change.goes and not change.stays and change.type in ("aws_s3_bucket_public_access_block", "aws_s3_account_public_access_block"):
        yield Finding(Area.ACCESS, change.address, "the locks against public access go")
    if change.goes and not change.stays and change.type == "aws_s3_bucket_server_side_encryption_configuration":
        yield Finding(Area.ACCESS, change.address, "new objects are encrypted by S3's own key, no longer by one of yours")
    key = KEYS.get(change.type)
    if key and change.stays and not is_unset(change.before.get(key)) and is_unset(change.after.get(key)):
        yield Finding(Area.ACCESS, change.address, f"its key ({key}) goes: it is encrypted by AWS's key or not at all")
