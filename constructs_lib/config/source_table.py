"""The name of a table in the source: two names, each in the source's own spelling."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import ConfigDict, Field, model_validator

from constructs_lib.config.base import Model
from constructs_lib.config.text import Text, shown
from constructs_lib.defaults import limits

SourceName = Annotated[
    str,
    Text(
        "a name that MySQL can have and DMS can read: no backtick or single quote, no control character, none beyond U+FFFF,"
        " no blank at its end",
        r"[ -&(-_a-~\u0080-\uffff]*[!-&(-_a-~\u0080-\uffff]",
        limits.SOURCE_NAME_CHARACTERS,
    ),
]
"""Any name that can be quoted in MySQL, but for backticks and single quotes, which DMS does not support in a name, and control characters,
which the Glue catalog refuses in the comment that repeats it.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Source.MySQL.html#CHAP_Source.MySQL.Limitations
"""

SHORT_FORM = r"[^.\s`']{1,64}\.[^.\s`']{1,64}"
_SHORT = Text("schema.table in the source's own spelling, each at most 64 characters", SHORT_FORM)
_LONG_FORM = "a name with a blank or a dot in it is written source: {schema: my shop, table: order items}"


class SourceTable(Model):
    """A table of the source. In the file `schema.table` stands for `{schema: ..., table: ...}` where no name has a blank or a dot."""

    model_config = ConfigDict(populate_by_name=True)
    has_short_form = True

    schema_name: SourceName = Field(alias="schema")
    """The MySQL database, in its own spelling."""
    table_name: SourceName = Field(alias="table")
    """The table, in its own spelling."""

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not _SHORT.accepts(value):
            if re.fullmatch(r"[^.\s]{1,64}\.[^.\s]{1,64}", value):
                raise ValueError(
                    f"must have no backtick or single quote, which DMS does not support in a name, got {shown(value)} (rename it)"
                )
            parts = value.split(".")
            meant = f"{{schema: {parts[0]}, table: {parts[1]}}}" if len(parts) == 2 and all(map(str.strip, parts)) else ""
            advice = f"write source: {meant}" if meant and meant.isprintable() and len(meant) < 100 else _LONG_FORM
            raise ValueError(f"must be {_SHORT.allowed}, got {shown(value)} ({advice})")
        schema, table = value.split(".")
        return {"schema": schema, "table": table}

    def __str__(self) -> str:
        return source_label(self.schema_name, self.table_name)


def source_label(schema: str, table: str) -> str:
    """`schema.table`, for people and for programs: no two tables have the same. A name with a dot stands in backticks."""
    return f"{_part(schema)}.{_part(table)}"


def _part(name: str) -> str:
    return "`" + name.replace("`", "``") + "`" if "." in name or "`" in name else name
