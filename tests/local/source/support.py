"""What the tests of the source side share: a template without a lake, a database of a test's own, and the records of a run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pymysql

from scripts.local.mariadb import MariaDb
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.source.positions import boundary
from scripts.local.source.source import SourceReader, to_server
from scripts.local.template import KinesisSettings, LocalTemplate

EVERYTHING = KinesisSettings(
    message_format="json-unformatted",
    include_transaction_details=True,
    include_partition_value=True,
    partition_include_schema_table=True,
    include_table_alter_operations=True,
    include_control_details=True,
    include_null_and_empty=True,
    use_large_integer_value=True,
)
NOTHING = KinesisSettings(message_format="json-unformatted")
NOW = 1_705_314_600_123_456
"""2024-01-15T10:30:00.123456Z"""


def selection(schema: str, table: str, action: str = "include") -> dict[str, Any]:
    return {
        "rule-type": "selection",
        "rule-name": f"{action} {schema}.{table}",
        "rule-action": action,
        "object-locator": {"schema-name": schema, "table-name": table},
        "filters": [],
    }


def removal(schema: str, table: str, column: str) -> dict[str, Any]:
    return {
        "rule-type": "transformation",
        "rule-target": "column",
        "rule-name": f"drop {column}",
        "rule-action": "remove-column",
        "object-locator": {"schema-name": schema, "table-name": table, "column-name": column},
    }


def template(
    *rules: dict[str, Any], kinesis: KinesisSettings = EVERYTHING, migration_type: str = "full-load-and-cdc", **target: Any
) -> LocalTemplate:
    settings = {
        "TargetMetadata": {"SupportLobs": True, "LobMaxSize": 240, "ParallelApplyThreads": 8, **target},
        "BeforeImageSettings": {"EnableBeforeImage": True, "FieldName": "before-image", "ColumnFilter": "non-lob"},
    }
    return LocalTemplate(
        task="test-capture",
        migration_type=migration_type,
        table_mappings={"rules": list(rules)},
        task_settings=settings,
        kinesis=kinesis,
        stream="test",
        deliveries=(),
        tables={},
        views={},
    )


def with_settings(lake: LocalTemplate, **kinesis: Any) -> LocalTemplate:
    return replace(lake, kinesis=replace(lake.kinesis, **kinesis))


_numbers = count(1)


@dataclass
class Database:
    """A database of a test's own."""

    server: MariaDb
    session: pymysql.Connection[Any]
    name: str = field(default_factory=lambda: f"source_{next(_numbers)}")

    def __call__(self, *statements: str) -> Sequence[tuple[Any, ...]]:
        """Runs statements in it; returns the rows of the last."""
        with self.session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def here(self) -> SourcePosition:
        """The place in the log that comes next."""
        file, offset = self("SHOW MASTER STATUS")[0][:2]
        return boundary(int(str(file).rpartition(".")[2]), int(offset))

    def lake(self, *rules: dict[str, Any], **options: Any) -> LocalTemplate:
        """A template that captures all its tables, unless rules say otherwise."""
        return template(*(rules or (selection(self.name, "%"),)), **options)

    def reader(self, lake: LocalTemplate | None = None, **options: Any) -> SourceReader:
        return SourceReader(lake or self.lake(), to_server(self.server), micros=lambda: NOW, **options)

    def records(self, resume: SourcePosition | None = None, lake: LocalTemplate | None = None) -> list[CapturedRecord]:
        """All that a run until now hands out."""
        return list(self.reader(lake).records(resume, until_caught_up=True))

    def changes(self, since: SourcePosition, lake: LocalTemplate | None = None) -> list[dict[str, Any]]:
        """The data messages since a position."""
        return [message for message in messages(self.records(since, lake)) if message["metadata"]["record-type"] == "data"]


def messages(records: Sequence[CapturedRecord]) -> list[dict[str, Any]]:
    return [json.loads(record.data) for record in records]


def operations(found: Sequence[dict[str, Any]]) -> list[str]:
    return [message["metadata"]["operation"] for message in found]


def applied(records: Sequence[CapturedRecord], key: str = "id", state: dict[Any, Any] | None = None) -> dict[Any, dict[str, Any]]:
    """The rows that applying records to nothing gives, as a mirror would."""
    rows = {} if state is None else state
    for message in messages(records):
        operation = message["metadata"]["operation"]
        if message["metadata"]["record-type"] != "data":
            continue
        old = message.get("before-image", {}).get(key, message["data"][key])
        if operation in ("update", "delete"):
            rows.pop(old, None)
        if operation != "delete":
            rows[message["data"][key]] = message["data"]
    return rows


_PLACES = (
    (re.compile(rb'"transaction-id":\d+'), b'"transaction-id":0'),
    (re.compile(rb'"prev-transaction-id":\d+'), b'"prev-transaction-id":0'),
    (
        re.compile(rb'"stream-position":"binlog\.\d+:\d+:-1:\d+:\d+:binlog\.\d+:\d+"'),
        b'"stream-position":"binlog.000001:0:-1:0:0:binlog.000001:0"',
    ),
)


def placeless(data: bytes, database: str) -> bytes:
    """A message without what differs from run to run: places in the log, and the test's database."""
    for pattern, text in _PLACES:
        data = pattern.sub(text, data)
    return data.replace(database.encode(), b"shop")


def data_text(data: bytes, column: str) -> str:
    """The JSON text of a column, digit for digit: `json` would read it into a float."""
    match = re.search(rf'"{column}":("(?:[^"\\]|\\.)*"|[^,}}]*)', data.decode())
    assert match is not None
    return match[1]


def batches(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))
