"""The table mappings of a lake's DMS task: what is captured, how it becomes a record, what is left out.

Facts that shape them:

- In a selection rule `%` and `_` are wildcards and `[` opens a set, so that `order_items` would also take `orderXitems`. A wildcard in
  brackets stands for itself.
- An object-mapping rule must name schema and table exactly (engine 3.5 finds no table for a pattern), so names stand there as they are.
- So they do in the rules that leave personal data out. DMS's documentation gives the brackets for selection; were they not understood here,
  the rule would match nothing and the column would leave the source. A plain name matches in either case; as a pattern it could at most
  leave out a column too many, and then rows fail for all to see.
- `partition-key-type` is said: without it the key is `schema.table` unless DMS applies in parallel, and AWS does not say which of the two a
  loaded row gets. With the primary key the rows of a table spread over the shards, and the changes of one row share a shard.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TableMapping.SelectionTransformation.Wildcards.html
https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kinesis.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from constructs_lib.config.lake import Lake
from constructs_lib.config.source_table import SourceTable
from constructs_lib.config.table import TableConfig

_IDS_PER_TABLE = 10_000
"""MySQL allows 4,096 columns in a table, so that no table's rules reach the next one's numbers."""
_WILDCARDS = "%_["


def literal(name: str) -> str:
    """A name as DMS reads it literally in a selection rule: `order[_]items`."""
    return "".join(f"[{character}]" if character in _WILDCARDS else character for character in name)


def table_mappings(lake: Lake) -> dict[str, Any]:
    """DMS's table mappings, `{"rules": [...]}`.

    A source table is captured once, however many deliveries carry it. Rule ids come from its place in the file: a table added at the end
    leaves all earlier rules as they are.
    """
    first: dict[SourceTable, tuple[int, TableConfig]] = {}
    dropped: dict[SourceTable, dict[str, None]] = {}
    for position, table in enumerate(lake.tables, start=1):
        first.setdefault(table.source, (position, table))
        dropped.setdefault(table.source, {}).update(dict.fromkeys(table.dropped_columns))
    return {
        "rules": [rule for position, table in first.values() for rule in _rules(table, dropped[table.source], position * _IDS_PER_TABLE)]
    }


def _rules(table: TableConfig, dropped: Iterable[str], first_id: int) -> list[dict[str, Any]]:
    exact = {"schema-name": table.schema_name, "table-name": table.table_name}
    pattern = {"schema-name": literal(table.schema_name), "table-name": literal(table.table_name)}
    rules: list[dict[str, Any]] = [
        {
            "rule-type": "selection",
            **_identity(first_id, "select", table),
            "object-locator": pattern,
            "rule-action": "include",
            "filters": [],
        },
        {
            "rule-type": "object-mapping",
            **_identity(first_id + 1, "map", table),
            "rule-action": "map-record-to-record",
            "object-locator": exact,
            "mapping-parameters": {"partition-key-type": "primary-key"},
        },
    ]
    for rule_id, column in enumerate(dropped, start=first_id + 2):
        rules.append(
            {
                "rule-type": "transformation",
                **_identity(rule_id, "drop", table, column),
                "rule-target": "column",
                "object-locator": {**exact, "column-name": column},
                "rule-action": "remove-column",
            }
        )
    return rules


def _identity(rule_id: int, verb: str, table: TableConfig, *parts: str) -> dict[str, str]:
    """Id and name of a rule; the id in the name keeps names unique where letters had to be replaced."""
    words = "-".join([verb, table.schema_name, table.table_name, *parts])
    return {"rule-id": str(rule_id), "rule-name": f"{rule_id}-{re.sub(r'[^A-Za-z0-9_-]', '_', words)}"}
