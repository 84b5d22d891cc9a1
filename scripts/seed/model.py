"""What a source table is, as far as writing rows into it needs to know."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from constructs_lib.config.source_table import source_label

Value = int | float | Decimal | str | bytes | date | None
Row = tuple[Value, ...]
Key = tuple[Value, ...]

INTEGER_BITS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
TEXT_TYPES = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
BYTES_TYPES = frozenset({"binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
POINT_TYPES = frozenset({"point", "geometry"})


@dataclass(frozen=True)
class Column:
    """A column of a MySQL table.

    Attributes:
        name: its name in the source.
        data_type: MySQL's type without arguments, lower case: `varchar`.
        column_type: the type as DDL writes it: `varchar(64)`, `enum('a','b')`.
        nullable: whether it may be NULL.
        length: characters of a text, bytes of a binary, bits of a BIT; None where the type has no length.
        precision: digits of a DECIMAL.
        scale: digits of a DECIMAL behind the point.
        fraction: digits of a second that a time keeps, 0 to 6.
        charset: character set of a text.
        default: SQL of the default; None for none.
        auto_increment: the server numbers it.
        server_side: the server computes it (generated, or set ON UPDATE): never written.
        json: a text that must be JSON: MariaDB's JSON is a LONGTEXT with a check.
    """

    name: str
    data_type: str
    column_type: str
    nullable: bool = True
    length: int | None = None
    precision: int = 10
    scale: int = 0
    fraction: int = 0
    charset: str | None = None
    default: str | None = None
    auto_increment: bool = False
    server_side: bool = False
    json: bool = False

    @property
    def written(self) -> bool:
        """Whether rows carry a value for it."""
        return not (self.auto_increment or self.server_side)

    @property
    def unsigned(self) -> bool:
        """Whether it is an integer or decimal without a sign."""
        return "unsigned" in self.column_type

    @property
    def is_text(self) -> bool:
        """Whether it holds characters."""
        return self.data_type in TEXT_TYPES


@dataclass(frozen=True)
class ForeignKey:
    """Columns whose values must exist in a parent table."""

    columns: tuple[str, ...]
    parent_schema: str
    parent_table: str
    parent_columns: tuple[str, ...]

    @property
    def parent(self) -> str:
        """`schema.table` of the parent."""
        return source_label(self.parent_schema, self.parent_table)


@dataclass(frozen=True)
class Table:
    """A source table.

    Attributes:
        schema: the MySQL database.
        name: the table.
        columns: in the table's order.
        keys: columns that identify a row; empty when nothing does, and then rows are only inserted.
        unique: every set of columns that must differ from row to row, the primary key included.
        indexes: further indexes, for DDL only.
        foreign_keys: parents.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    keys: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()

    @property
    def label(self) -> str:
        """`schema.table`, for people."""
        return source_label(self.schema, self.name)

    @property
    def written(self) -> tuple[Column, ...]:
        """The columns that rows carry, in the table's order."""
        return tuple(column for column in self.columns if column.written)

    @property
    def auto_increment(self) -> Column | None:
        """The column that the server numbers."""
        return next((column for column in self.columns if column.auto_increment), None)

    @property
    def changeable(self) -> tuple[Column, ...]:
        """The columns that an update may set: no key, nothing unique, no reference to a parent."""
        fixed = {name for columns in (self.keys, *self.unique) for name in columns}
        fixed |= {name for foreign_key in self.foreign_keys for name in foreign_key.columns}
        return tuple(column for column in self.written if column.name not in fixed)

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


def parents_first(tables: Iterable[Table]) -> list[Table]:
    """The tables, each after those that it refers to. In a circle the given order decides; the first then needs a nullable reference."""
    waiting = list(tables)
    ordered: list[Table] = []
    while waiting:
        labels = {table.label for table in waiting}
        free = [table for table in waiting if not any(key.parent in labels - {table.label} for key in table.foreign_keys)]
        ordered += free or waiting[:1]
        waiting = [table for table in waiting if table not in ordered]
    return ordered
