"""Every rule over a plan, in the order in which a reviewer reads."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.review import access, capture, cost, expiry, kinds, tables
from scripts.review.change import Action, Change
from scripts.review.finding import Area, Finding
from scripts.review.plan_file import Plan
from scripts.review.settings import PARAMETERS, RETENTIONS, SWITCHES, Retention
from scripts.review.values import blocks, is_unset, number

_ORDER = tuple(Area)


def findings(plan: Plan) -> tuple[Finding, ...]:
    """All that a reviewer must know of a plan, losses first."""
    found = dict.fromkeys([*_about_the_plan(plan), *_about_resources(plan)])
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.area)))


def _about_the_plan(plan: Plan) -> Iterator[Finding]:
    if plan.errored:
        yield Finding(Area.UNKNOWN, "", "planning broke off with an error: the rest of the plan is not known")
    elif not plan.complete:
        yield Finding(Area.UNKNOWN, "", "the plan is not complete (targeted, or deferred): another plan must follow, and be reviewed")
    for change, reason in plan.deferred:
        yield Finding(Area.UNKNOWN, change.address, f"deferred to a later plan ({reason.replace('_', ' ')}): that one must be reviewed")
    for change in plan.drift:
        yield from _drift(change)


def _drift(change: Change) -> Iterator[Finding]:
    if change.action is Action.DELETE:
        area = Area.LOSS if change.type in kinds.DATA or change.type in kinds.POSITIONS else Area.UNKNOWN
        yield Finding(area, change.address, "was deleted outside of Terraform: find out by whom, before this plan makes a new one")
    elif change.changed:
        yield Finding(Area.NOTE, change.address, f"was changed outside of Terraform: {', '.join(sorted(change.changed))}")


def _about_resources(plan: Plan) -> Iterator[Finding]:
    new_buckets = frozenset(
        str(change.after.get("bucket"))
        for change in plan.changes
        if change.type == "aws_s3_bucket"
        and (change.comes or change.action is Action.REPLACE)
        and isinstance(change.after.get("bucket"), str)
    )
    for change in plan.changes:
        if change.action is Action.UNCLEAR:
            yield Finding(Area.UNKNOWN, change.address, "what Terraform does with it is in words that are not known here: look at the plan")
        yield from _goes(change)
        yield from _moves(change)
        if change.action in (Action.NOTHING, Action.FORGET):
            continue
        yield from _retentions(change)
        yield from _switches(change)
        yield from _parameters(change)
        yield from expiry.check(change, new_buckets=new_buckets)
        yield from tables.check(change)
        yield from capture.check(change)
        yield from access.check(change)
        yield from cost.check(change)


def _goes(change: Change) -> Iterator[Finding]:
    if not change.goes:
        return
    if change.deposed:
        yield Finding(
            Area.UNKNOWN, change.address, "the left-over of a replacement that failed half-way is destroyed: see that nothing uses it"
        )
        return
    verb = "replaced" if change.action is Action.REPLACE else "destroyed"
    why = f" ({because(change)})" if because(change) else ""
    if change.type == "aws_glue_catalog_table" and change.was("table_type") == "VIRTUAL_VIEW":
        yield Finding(Area.NOTE, change.address, f"{verb}{why}: a view, which holds no rows")
    elif change.type in kinds.DATA:
        yield Finding(Area.LOSS, change.address, f"{verb}{why}. Lost: {kinds.DATA[change.type]}")
    elif change.type in kinds.POSITIONS:
        yield Finding(Area.LOSS, change.address, f"{verb}{why}. Lost: {kinds.POSITIONS[change.type]}")
    elif change.type in kinds.SERVICE:
        yield Finding(Area.NOTE, change.address, f"{verb}{why}: {kinds.SERVICE[change.type]}")
    elif not kinds.is_known(change.type):
        yield Finding(Area.UNKNOWN, change.address, f"{verb}{why}: no rule knows what {change.type} keeps; see what is lost with it")
    elif change.type == expiry.TYPE or change.type == "aws_s3_bucket_versioning":
        return
    elif change.action is Action.REPLACE:
        yield Finding(Area.NOTE, change.address, f"{verb}{why}")


def because(change: Change) -> str:
    """Why a resource is replaced or destroyed."""
    causes = f"because of {', '.join(change.causes)}" if change.causes else ""
    return ": ".join(filter(None, (change.reason, causes)))


def _moves(change: Change) -> Iterator[Finding]:
    if change.moved_from:
        yield Finding(Area.NOTE, change.address, f"moved from {change.moved_from}: nothing is made anew")
    if change.imported:
        yield Finding(Area.NOTE, change.address, "imported: it is there already, and Terraform takes it over")
    if change.action is Action.FORGET:
        yield Finding(Area.NOTE, change.address, "forgotten: it stays in AWS, and Terraform looks after it no longer")


def _retentions(change: Change) -> Iterator[Finding]:
    for setting in RETENTIONS.get(change.type, ()):
        if not change.stays or not change.differs(setting.path) or not change.sets(setting.path):
            continue
        if change.is_marked(setting.path):
            yield Finding(
                Area.UNKNOWN, change.address, f"{setting.path} changes to a value that cannot be seen: see that it is not shorter"
            )
            continue
        old, new = _length(setting, change.was(setting.path)), _length(setting, change.becomes(setting.path))
        if old is not None and (new is None or new < old):
            message = f"{setting.path} becomes {_shown(new)} {setting.unit} (was {_shown(old)}): {setting.meaning}"
            yield Finding(Area.LOSS, change.address, message)


def _length(setting: Retention, value: object) -> float | None:
    found = number(value)
    return float("inf") if found in setting.endless else found


def _shown(value: float | None) -> str:
    return "unset" if value is None else "endless" if value == float("inf") else f"{value:g}"


def _switches(change: Change) -> Iterator[Finding]:
    for setting in SWITCHES.get(change.type, ()):
        old, new = change.was(setting.path), change.becomes(setting.path)
        if change.is_marked(setting.path) and change.stays and change.sets(setting.path) and not _is_in(old, setting.bad):
            yield Finding(
                Area.UNKNOWN,
                change.address,
                f"{setting.path} changes to a value that cannot be seen: {setting.meaning} if it is {_bad(setting.bad)}",
            )
        elif _is_in(new, setting.bad) and (
            (change.stays and change.differs(setting.path) and not _is_in(old, setting.bad)) or (change.comes and setting.on_creation)
        ):
            now = "becomes unset" if new is None else f"becomes {_word(new)}" if change.stays else f"is {_word(new)}"
            yield Finding(setting.area, change.address, f"{setting.path} {now}: {setting.meaning}")
    if change.type == "aws_s3_bucket_versioning" and change.action is Action.DELETE:
        yield Finding(Area.LOSS, change.address, "versioning goes: what is overwritten or deleted from now on is gone")


def _is_in(value: object, values: tuple[object, ...]) -> bool:
    """Membership that tells False from 0."""
    return any(value is other or (isinstance(value, str) and value == other) for other in values)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bad(values: tuple[object, ...]) -> str:
    return " or ".join("unset" if value is None else _word(value) for value in values)


def _parameters(change: Change) -> Iterator[Finding]:
    if change.type not in ("aws_rds_cluster_parameter_group", "aws_db_parameter_group") or not change.stays:
        return
    old, new = (
        {block.get("name"): block.get("value") for block in blocks(side.get("parameter"))} for side in (change.before, change.after)
    )
    for name, meaning in PARAMETERS.items():
        if old.get(name) != new.get(name) and not (is_unset(old.get(name)) and is_unset(new.get(name))):
            area = Area.ACCESS if name == "require_secure_transport" else Area.LOSS
            yield Finding(area, change.address, f"{name} becomes {new.get(name, 'unset')} (was {old.get(name, 'unset')}): {meaning}")
