"""How long the partition keys of a table may become, which DMS makes of `schema.table.` and the values of the primary key.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kinesis.html
"""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.config.column_types import DECIMAL
from constructs_lib.config.problems import Problem
from constructs_lib.config.table import ColumnConfig, TableConfig
from constructs_lib.defaults import limits

TEXT_CHARACTERS = 128
"""What a text key is counted as: a lake file knows no lengths, and names, codes and UUIDs are shorter."""

_LONGEST = {"boolean": 5, "int": 11, "long": 20, "date": 10, "timestamp": 27, "time": 18, "timestamptz": 27, "uuid": 36}
"""Characters of the longest value, by type. What is not here is text."""


def check_length(table: TableConfig) -> Iterator[Problem]:
    """Warns of keys that may pass what Kinesis takes; what DMS then does is not documented."""
    columns = [table.columns[key] for key in table.keys]
    fixed = [length for length in map(_longest, columns) if length is not None]
    texts = len(columns) - len(fixed)
    most = int(limits.PARTITION_KEY_CHARACTERS.maximum)
    left = most - len(f"{table.source}.") - sum(fixed) - (len(columns) - 1)
    if left >= texts * TEXT_CHARACTERS:
        return
    room = f"leave {max(left, 0) // texts} characters for each text" if texts else f"may take {-left} more"
    message = (
        f"may make partition keys longer than the {most} characters that Kinesis takes: {table.source}. and {len(columns)} key values"
        f" {room} (see that the source's values are shorter: what DMS does with a longer one is not documented)"
    )
    yield Problem(("keys",), message)


def _longest(column: ColumnConfig) -> int | None:
    """Characters of the longest value of a key column; None for text, whose length nobody has said."""
    decimal = DECIMAL.match(column.type or "")
    if decimal:
        return int(decimal[1]) + len("-0.")
    return _LONGEST.get(column.type or "")
