"""Source tables as a lake file implies them: a lake file has Iceberg's types, not MySQL's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from constructs_lib.config.lake import Lake
from constructs_lib.config.table import ColumnConfig, TableConfig
from scripts.seed.errors import UsageError, nearest
from scripts.seed.model import Column, Table

TEXT_LENGTH = 255
KEY_TEXT_LENGTH = 191
"""Longest text key: four of them fit into InnoDB's 3,072 bytes of an index."""
BYTES_LENGTH = 255
_KEY_BYTES = 3072
_ROW_BYTES = 60_000  # MySQL refuses a row of more than 65,535 bytes, and TEXT counts for a few bytes only
_PAGE_BYTES = 7_900  # InnoDB refuses a table whose rows may need more than 8,126 in their page, its own few included
_OUTSIDE_BYTES = 40  # what a long text still takes there, once it lies outside
_BYTES_PER_CHARACTER = 4
_LARGEST_SCALE = 30

MYSQL_TYPES = {
    "boolean": Column("", "tinyint", "tinyint(1)"),
    "int": Column("", "int", "int"),
    "long": Column("", "bigint", "bigint"),
    "float": Column("", "float", "float"),
    "double": Column("", "double", "double"),
    "date": Column("", "date", "date"),
    "time": Column("", "time", "time(6)", fraction=6),
    "timestamp": Column("", "datetime", "datetime(6)", fraction=6),
    "timestamptz": Column("", "timestamp", "timestamp(6)", fraction=6),
    "string": Column("", "varchar", f"varchar({TEXT_LENGTH})", length=TEXT_LENGTH, charset="utf8mb4"),
    "uuid": Column("", "char", "char(36)", length=36, charset="utf8mb4"),
    "binary": Column("", "varbinary", f"varbinary({BYTES_LENGTH})", length=BYTES_LENGTH),
}
"""Iceberg type to the MySQL type that `--create-table` uses; `decimal(p,s)` becomes `decimal(p,s)`."""


def lake_table(config: TableConfig) -> Table:
    """The source table of a route. Columns that the lake drops or hashes exist in the source in the clear.

    Raises:
        UsageError: a decimal has more digits behind the point than MySQL can keep.
    """
    keys = tuple(config.columns[key].source or key for key in config.keys)
    columns = [_column(config, name, column) for name, column in config.columns.items()]
    lone_key = next((column for column in columns if (column.name,) == keys), None)
    columns = [
        replace(column, auto_increment=True) if column is lone_key and column.data_type in ("int", "bigint") else column
        for column in _fitting(_short_keys(columns, keys), keys)
    ]
    return Table(config.schema_name, config.table_name, tuple(columns), keys=keys, unique=(keys,))


def source_tables(configs: Sequence[TableConfig]) -> list[Table]:
    """The source tables of routes. Several routes may read one table: it then has the columns of all of them."""
    tables: dict[str, Table] = {}
    for config in configs:
        table = lake_table(config)
        earlier = tables.setdefault(table.label, table)
        known = {column.name for column in earlier.columns}
        more = tuple(replace(column, auto_increment=False) for column in table.columns if column.name not in known)
        tables[table.label] = replace(earlier, columns=(*earlier.columns, *more))
    return list(tables.values())


def choose_tables(lake: Lake, chosen: Sequence[str]) -> list[TableConfig]:
    """The tables of a lake that `--table` names: by `schema.table`, by source table or by name in the lake; none named means all.

    Raises:
        UsageError: a name that no table has, with the nearest.
    """
    found: list[TableConfig] = []
    for name in chosen:
        matches = [table for table in lake.tables if name in (str(table.source), table.table_name, table.target_name)]
        if not matches:
            hint = nearest(name, (str(table.source) for table in lake.tables))
            raise UsageError(f"--table {name} is not a table of lake {lake.name}: {hint}")
        found += [table for table in matches if table not in found]
    return found or list(lake.tables)


def _column(config: TableConfig, name: str, column: ColumnConfig) -> Column:
    source = column.source or name
    nullable = not (column.required or name in config.keys)
    kind = "string" if column.pii == "hash" else column.parsed_type.iceberg
    if not kind.startswith("decimal"):
        return replace(MYSQL_TYPES[kind], name=source, nullable=nullable)
    precision, scale = (int(number) for number in kind[len("decimal(") : -1].split(","))
    if scale > _LARGEST_SCALE:
        raise UsageError(f"{config.source}: column {source} is {kind}, and MySQL keeps at most {_LARGEST_SCALE} digits behind the point")
    return Column(source, "decimal", kind, nullable=nullable, precision=precision, scale=scale)


def _fitting(columns: list[Column], keys: tuple[str, ...]) -> list[Column]:
    """Texts of another type in a table so wide that MySQL would refuse the row: TEXT, and of hundreds of columns a few bytes each."""
    long = {column.name for column in columns if column.data_type in ("varchar", "varbinary") and column.name not in keys}
    others = sum(_bytes(column) for column in columns if column.name not in long)
    if len(long) * (TEXT_LENGTH * _BYTES_PER_CHARACTER + 2) + others <= _ROW_BYTES:
        return columns
    room = _PAGE_BYTES - others - len(columns) // 8
    outside = room >= len(long) * _OUTSIDE_BYTES
    length = room // max(1, len(long)) - 2
    if not outside and length < 1:
        return columns  # too wide for any server: its refusal says so
    return [_narrow(column, None if outside else length) if column.name in long else column for column in columns]


def _narrow(column: Column, length: int | None) -> Column:
    """A text or bytes of at most so many bytes; None for one that may lie outside its row's page."""
    is_text = column.data_type == "varchar"
    if length is None:
        kind = "text" if is_text else "blob"
        return replace(column, data_type=kind, column_type=kind)
    if is_text:
        return replace(column, column_type=f"varchar({length}) character set ascii", length=length, charset="ascii")
    return replace(column, column_type=f"varbinary({length})", length=length)


def _bytes(column: Column) -> int:
    """The most that a value takes in a row."""
    if column.data_type == "decimal":
        return column.precision // 2 + 2
    return 8 if column.length is None else column.length * (1 if column.charset is None else _BYTES_PER_CHARACTER) + 2


def _short_keys(columns: list[Column], keys: tuple[str, ...]) -> list[Column]:
    """Texts short enough for the primary key's index."""
    texts = [column.name for column in columns if column.name in keys and column.data_type == "varchar"]
    other_bytes = 16 * (len(keys) - len(texts))
    length = min(KEY_TEXT_LENGTH, (_KEY_BYTES - other_bytes) // _BYTES_PER_CHARACTER // max(1, len(texts)))
    return [replace(column, column_type=f"varchar({length})", length=length) if column.name in texts else column for column in columns]
