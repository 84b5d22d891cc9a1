"""Grants, security group rules and accepted findings of lakes, as Markdown tables that a reviewer reads and a diff shows row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from scripts.security.findings import Template, accepted_in
from scripts.security.grants import Grant, Names, attachments, grants

_OPERATORS = {"StringEquals": "is", "ArnLike": "is like", "Bool": "is"}


def grants_table(templates: Mapping[str, Template]) -> str:
    """One row per statement: who, may do what, on what, when; and why, where it is wide."""
    names = Names(templates)
    rows = [_grant_row(grant, names) for grant in grants(templates)]
    rows += [
        (stack, names.read(role), f"AWS's own `{arn.split('/')[-1]}`", "as that policy says", "", "")
        for stack, role, arn in attachments(templates)
    ]
    rows += [_lake_formation_row(stack, permission, names) for stack, permission in _of_kind(templates, "aws_lakeformation_permissions")]
    rows += [_opt_in_row(stack, opt_in, names) for stack, opt_in in _of_kind(templates, "aws_lakeformation_opt_in")]
    return _table(("stack", "who", "may", "on", "only when", "why so wide"), sorted(rows))


def traffic_table(templates: Mapping[str, Template]) -> str:
    """One row per security group rule."""
    names = Names(templates)
    rows = []
    for stack, template in templates.items():
        for kind, direction in (("ingress", "in from"), ("egress", "out to")):
            for rule in template.get("resource", {}).get(f"aws_vpc_security_group_{kind}_rule", {}).values():
                other = rule.get("referenced_security_group_id") or rule.get("cidr_ipv4") or rule.get("prefix_list_id") or "?"
                port = f"{rule['ip_protocol']} {rule.get('from_port', 'all')}"
                group = names.read(rule["security_group_id"]).removesuffix(".id")
                why = rule.get("//", {}).get("why_anywhere", "")
                rows.append((stack, group, f"{direction} `{names.read(other).removesuffix('.id')}`", port, rule["description"], why))
    return _table(("stack", "group", "direction", "port", "what for", "why anywhere"), sorted(rows))


def accepted_table(templates: Mapping[str, Template]) -> str:
    """One row per finding that is accepted for one reason, with the types of resource that accept it."""
    kinds = defaultdict(set)
    for one in accepted_in(templates):
        kinds[one.check, one.reason].add(one.address.removeprefix("data.").split(".")[0])
    rows = [(check, ", ".join(f"`{kind}`" for kind in sorted(found)), reason) for (check, reason), found in kinds.items()]
    return _table(("check", "on", "accepted because"), sorted(rows))


def _grant_row(grant: Grant, names: Names) -> tuple[str, ...]:
    if grant.kind == "aws_iam_role":
        who, resources = _principals(grant.statement), [f"role {grant.arguments['name']}"]
    elif "Principal" in grant.statement:
        who = _principals(grant.statement)
        resources = [grant.address if resource == "*" else resource for resource in grant.resources]
    else:
        who, resources = str(grant.arguments.get("role") or f"who is given policy {grant.arguments['name']}"), grant.resources
    verb = "" if grant.statement["Effect"] == "Allow" else "never "
    return (
        grant.stack,
        names.read(who),
        verb + _codes(grant.actions),
        _codes(names.read(resource) for resource in resources),
        "; ".join(_conditions(grant.statement, names)),
        grant.reason,
    )


def _of_kind(templates: Mapping[str, Template], kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for stack, template in templates.items():
        for resource in template.get("resource", {}).get(kind, {}).values():
            yield stack, resource


def _opt_in_row(stack: str, opt_in: Mapping[str, Any], names: Names) -> tuple[str, ...]:
    (principal,), (resource,) = opt_in["principal"], opt_in["resource_data"]
    what = "database" if "database" in resource else "tables of database"
    name = resource["database"][0]["name"] if "database" in resource else resource["table"][0]["database_name"]
    who = names.read(principal["data_lake_principal_identifier"])
    return (stack, who, "get the credentials that Lake Formation vends", f"{what} `{names.read(name)}`", "", "")


def _lake_formation_row(stack: str, permission: Mapping[str, Any], names: Names) -> tuple[str, ...]:
    database = permission.get("database", {}).get("name") or permission["table"]["database_name"]
    what = "database" if "database" in permission else "tables of database"
    may = f"Lake Formation's {_codes(permission['permissions'])}"
    return (stack, names.read(permission["principal"]), may, f"{what} `{names.read(database)}`", "", "")


def _principals(statement: Mapping[str, Any]) -> str:
    principal = statement["Principal"]
    if isinstance(principal, str):
        return "anybody" if principal == "*" else principal
    return ", ".join(name for value in principal.values() for name in ([value] if isinstance(value, str) else value))


def _conditions(statement: Mapping[str, Any], names: Names) -> Iterator[str]:
    for operator, keys in statement.get("Condition", {}).items():
        for key, value in keys.items():
            values = [value] if isinstance(value, str) else value
            yield f"{key} {_OPERATORS.get(operator, operator)} {_codes(names.read(one) for one in values)}"


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines) + "\n"
