"""Records as DMS would send them, and a lake to send them to."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from scripts.local.errors import ErrorPath
from scripts.local.iceberg_sink import SinkTable, Warehouse
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.runner import Runner, error_path, sink_tables
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate, load_template

ROOT = Path(__file__).resolve().parents[2]
Row = Mapping[str, Any]

LAKE = """\
name: bench
region: us-east-1
state: {backend: local}
deliveries:
  - name: iceberg
    buffering_interval_seconds: 60
    buffering_size_mib: 1
    transform: {buffering_size_mib: 0.2, buffering_interval_seconds: 60, retries: 1}
tables:
  - source: shop.orders
    mode: mirror
    keys: [order_id]
    columns:
      order_id: long
      status: string
      total: decimal(12,2)
      quantity: int
      weight: double
      ratio: float
      is_open: boolean
      shipped_on: date
      created_at: timestamp
      note: binary
  - source: shop.lines
    mode: mirror
    keys: [order_id, line, sku]
    columns: {order_id: long, line: int, sku: string, amount: int}
  - source: shop.stock
    mode: history
    keys: [sku, store]
    columns: {sku: string, store: int, amount: int}
"""
DATABASE = "bench_dev"


def at(place: int) -> SourcePosition:
    """A position in the source's log."""
    return SourcePosition(1, place, 1)


def synthesise(lake_file: Path, out: Path) -> LocalTemplate:
    """What `python main.py` makes of a lake file."""
    environment = {**os.environ, "LAKE": str(lake_file), "CDKTF_OUTDIR": str(out)}
    done = subprocess.run([sys.executable, "main.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return load_template(out)


class Stream:
    """Writes messages as the capture would; each change is a transaction of its own.

    Args:
        schema: source schema.
        table: source table.
        keys: its primary key.
        file: binlog file number.
    """

    def __init__(self, schema: str, table: str, keys: tuple[str, ...]) -> None:
        self.schema = schema
        self.table = table
        self.keys = keys
        self.loaded = 0

    def load(self, row: Row) -> CapturedRecord:
        self.loaded += 1
        return self._record("load", row, SourcePosition(0, 0, self.loaded), {})

    def change(self, operation: str, row: Row, at: int, index: int = 1, before: Row | None = None) -> CapturedRecord:
        offset = at * 100
        details = {
            "transaction-id": at,
            "transaction-record-id": index,
            "commit-timestamp": f"2024-01-15T10:{at // 60 % 60:02}:{at % 60:02}.000000Z",
            "stream-position": f"binlog.000001:{offset}:-1:{offset}:0:binlog.000001:{offset}",
        }
        image = {**row, **(before or {})} if operation == "update" else None  # the whole old row, as MySQL's log has it
        return self._record(operation, row, SourcePosition(1, offset, index), details, image)

    def _record(self, operation: str, row: Row, position: SourcePosition, details: Row, before: Row | None = None) -> CapturedRecord:
        partition_key = f"{self.schema}.{self.table}.{'.'.join(str(row.get(key)) for key in self.keys)}"
        metadata = {
            "timestamp": "2024-01-15T10:30:01.123456Z",
            "record-type": "data",
            "operation": operation,
            "partition-key-type": "primary-key",
            "partition-key-value": partition_key,
            "schema-name": self.schema,
            "table-name": self.table,
            **details,
        }
        message = {"data": row, **({} if before is None else {"before-image": before}), "metadata": metadata}
        data = json.dumps(message, separators=(",", ":")).encode()
        return CapturedRecord(data, partition_key, position, self.schema, self.table, 1_705_314_601_500)


def control(at: int, schema: str = "testdb", table: str = "retail_trans") -> CapturedRecord:
    metadata = {"timestamp": "2024-01-15T10:30:01Z", "record-type": "control", "operation": "create-table", "schema-name": schema}
    data = json.dumps({"control": {}, "metadata": {**metadata, "table-name": table}}).encode()
    return CapturedRecord(data, "task", SourcePosition(1, at * 100, 1), schema, table, 1_705_314_601_500)


def deliver(template: LocalTemplate, root: Path, records: Iterable[CapturedRecord | None], **options: Any) -> Any:
    """Runs the lake on records; returns the counts, which must add up."""
    with Runner(template, LakeFolder(root), **options) as runner:
        counts = runner.run(records)
    assert list(counts.check()) == []
    return counts


def lake_rows(template: LocalTemplate, root: Path, database: str, table: str) -> list[dict[str, Any]]:
    """The rows of a lake table, sorted by their text."""
    warehouse = Warehouse(LakeFolder(root).warehouse)
    definition = next(
        one for delivery in template.deliveries for one in sink_tables(template, delivery) if (one.database, one.name) == (database, table)
    )
    rows: list[dict[str, Any]] = warehouse.open(definition).iceberg.scan().to_arrow().to_pylist()
    warehouse.close()
    return sorted(rows, key=str)


def view_rows(template: LocalTemplate, root: Path, database: str, view: str) -> list[dict[str, Any]]:
    """What a generated view shows, by DuckDB over the Iceberg table."""
    name = view.removesuffix("_current")
    warehouse = Warehouse(LakeFolder(root).warehouse)
    held = warehouse.open(SinkTable(database, name, template.tables[database, name].columns, ())).iceberg.scan().to_arrow()
    warehouse.close()
    connection = duckdb.connect()
    connection.register("held", held)
    connection.execute(f'CREATE SCHEMA "{database}"')
    connection.execute(f'CREATE VIEW "{database}"."{name}" AS SELECT * FROM held')
    rows: list[dict[str, Any]] = connection.execute(template.views[database, view].sql).to_arrow_table().to_pylist()
    return sorted(rows, key=str)


def errors_of(template: LocalTemplate, root: Path, delivery: int = 0) -> ErrorPath:
    return error_path(LakeFolder(root), template.deliveries[delivery])


def error_lines(template: LocalTemplate, root: Path, delivery: int = 0) -> list[dict[str, Any]]:
    return [line for found in errors_of(template, root, delivery).open_objects() for line in found.lines()]


def lose_every_race(catalog: Path, table: str) -> None:
    """Makes the catalog answer each commit to a table as it answers one that came second."""
    with contextlib.closing(sqlite3.connect(catalog)) as database, database:
        database.execute(
            f"CREATE TRIGGER lose BEFORE UPDATE ON iceberg_tables WHEN NEW.table_name = '{table}' BEGIN SELECT RAISE(IGNORE); END"
        )


def win_again(catalog: Path) -> None:
    with contextlib.closing(sqlite3.connect(catalog)) as database, database:
        database.execute("DROP TRIGGER lose")
