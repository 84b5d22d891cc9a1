"""What a column of a source table is, the same from the server's catalog and from its log."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from constructs_lib.config.source_table import source_label


class Kind(StrEnum):
    """MySQL's types, as far as they are captured differently."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FLOAT = "float"
    DOUBLE = "double"
    BIT = "bit"
    DATE = "date"
    DATETIME = "datetime"
    TIMESTAMP = "timestamp"
    TIME = "time"
    YEAR = "year"
    TEXT = "text"
    BYTES = "bytes"
    ENUM = "enum"
    SET = "set"
    JSON = "json"


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        name: its name.
        kind: its type.
        length: bytes of an integer, bits of a BIT, characters of a text, bytes of a binary; 0 where the type has none.
        precision: digits of a DECIMAL.
        scale: digits of a DECIMAL behind the point, or digits of a second.
        unsigned: whether a number has no sign.
        nullable: whether it may be NULL.
        large: whether DMS takes it for a large object.
        fixed: whether values are padded to the length, as BINARY's are.
    """

    name: str
    kind: Kind
    length: int = 0
    precision: int = 0
    scale: int = 0
    unsigned: bool = False
    nullable: bool = True
    large: bool = False
    fixed: bool = False


@dataclass(frozen=True)
class SourceTable:
    """A table as it is or was.

    Attributes:
        schema: MySQL database.
        name: its name.
        columns: in order.
        keys: names of the primary key's columns, in the key's order.
        hidden: columns that DMS does not migrate: generated and invisible ones.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    hidden: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        """`schema.table`."""
        return source_label(self.schema, self.name)
