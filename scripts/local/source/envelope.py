"""DMS's messages, byte-shaped by the settings of the endpoint and the task.

What AWS does not specify follows what was seen of real tasks, and is otherwise our choice:

- `transaction-id` is the log file's number and the end of the transaction in it, so that it is the same after every restart.
- `prev-transaction-id` is where the transaction before ended, `prev-transaction-record-id` the record before in this one.
- `stream-position` has the form of DMS's own MySQL positions: file and offset of the commit, its end, the whole of it as one number, and
  where the transaction began.
- A before image holds the columns that the task asks for, changed or not: of MySQL all but large objects, with `pk-only` the primary key.
- An update's partition key is the old primary key: the change then follows the earlier ones of its row, on the same shard.

https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Target.Kinesis.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from scripts.local.source.columns import SourceTable
from scripts.local.source.mapping import Selection, TableMappings
from scripts.local.source.transaction import Details
from scripts.local.source.types import NULL, TypeRules, dms_type, quote
from scripts.local.template import KinesisSettings, LocalTemplate

_LONGEST_PARTITION_KEY = 256
_EMPTY = '""'
EXCEPTIONS_TABLE = "awsdms_apply_exceptions"
"""DMS's own table, which every task announces."""


class Envelope:
    """How one task writes messages.

    Args:
        template: the lake as synthesised.
        task_id: DMS's id of the task.
    """

    def __init__(self, template: LocalTemplate, task_id: str) -> None:
        self.settings: KinesisSettings = template.kinesis
        self.mappings = TableMappings(template.table_mappings)
        self.rules = TypeRules.of(template.kinesis, template.task_settings)
        self.task_id = task_id
        target: Mapping[str, Any] = template.task_settings.get("TargetMetadata", {})
        before: Mapping[str, Any] = template.task_settings.get("BeforeImageSettings") or {}
        self.parallel_apply = int(target.get("ParallelApplyThreads", 0)) > 0
        self.before_image = str(before["FieldName"]) if before.get("EnableBeforeImage") else None
        self.before_image_columns = str(before.get("ColumnFilter", "pk-only"))

    def table(self, table: SourceTable) -> TableMessages | None:
        """The messages of a table; None when the mappings do not select it."""
        selection = self.mappings.selection(table.schema, table.name)
        return None if selection is None else TableMessages(self, table, selection)

    def control(self, operation: str, schema: str, table: str, definition: SourceTable | None, now: str) -> tuple[bytes, str]:
        """A control record and its partition key.

        Args:
            operation: such as `create-table`.
            schema: of the table; "" for DMS's own.
            table: name of the table.
            definition: the table afterwards.
            now: when the message is made.
        """
        message: dict[str, Any] = {}
        if self.settings.include_control_details and definition is not None:
            message["control"] = {"table-def": self.definition(definition)}
        metadata = {"timestamp": now, "record-type": "control", "operation": operation, "partition-key-type": "task-id"}
        if self.settings.include_partition_value:
            metadata["partition-key-value"] = self.task_id
        message["metadata"] = {**metadata, "schema-name": schema, "table-name": table}
        key = ".".join(filter(None, (self.task_id, schema, table)))
        return self.shaped(json.dumps(message, ensure_ascii=False, separators=(",", ":"))), key[:_LONGEST_PARTITION_KEY]

    def definition(self, table: SourceTable) -> dict[str, Any]:
        """`table-def`: captured columns and the key."""
        columns = {column.name: dms_type(column) for column in table.columns if self.captures(table, column.name)}
        return {"columns": columns, "primary-key": [key for key in table.keys if key in columns]}

    def captures(self, table: SourceTable, name: str) -> bool:
        """Whether a column comes through: neither hidden, nor removed, nor a large object in a task without them."""
        column = next(column for column in table.columns if column.name == name)
        if name in table.hidden or self.mappings.removes(table.schema, table.name, name):
            return False
        return self.rules.large_objects or not column.large

    def shaped(self, message: str) -> bytes:
        """The bytes of a message: on one line, or spread as `json` asks for."""
        if self.settings.message_format == "json-unformatted":
            return message.encode()
        return _spread(message).encode()


_NUMBER = "\0number:"
_QUOTED_NUMBER = re.compile(r'"\\u0000number:([^"]*)"')


def _spread(message: str) -> str:
    """A message over several lines, as `json` writes it, with the digits of its numbers untouched."""
    content = json.loads(message, parse_int=_NUMBER.__add__, parse_float=_NUMBER.__add__)
    return _QUOTED_NUMBER.sub(r"\1", json.dumps(content, ensure_ascii=False, indent="\t", separators=(",", ":\t")))


class TableMessages:
    """The messages of one table as of one definition.

    Args:
        envelope: how the task writes messages.
        table: the table.
        selection: what the mappings say of it.

    Attributes:
        table: the table.
        captured: places of the columns that come through.
    """

    def __init__(self, envelope: Envelope, table: SourceTable, selection: Selection) -> None:
        settings = envelope.settings
        self.table = table
        self.captured = [place for place, column in enumerate(table.columns) if envelope.captures(table, column.name)]
        self._envelope = envelope
        self._nulls = settings.include_null_and_empty
        self._names = [quote(table.columns[place].name) + ":" for place in self.captured]
        self._row = "{" + ",".join(name.replace("%", "%%") + "%s" for name in self._names) + "}"
        self._all = len(self.captured) == len(table.columns)
        self._pick = _picker(self.captured)
        places = {column.name: place for place, column in enumerate(table.columns)}
        self._keys = [places[key] for key in table.keys]
        self._key_type = selection.key_type or ("primary-key" if envelope.parallel_apply else "schema-table")
        if not self._keys:
            self._key_type = "schema-table"
        self._dms_name = f"{table.schema}.{table.name}"
        self._key_prefix = f"{self._dms_name}." if settings.partition_include_schema_table else ""
        self._before = self._before_places(envelope)
        self._shows_key = settings.include_partition_value and self._key_type == "primary-key"
        self._heads = {
            operation: f'","record-type":"data","operation":"{operation}","partition-key-type":"{self._key_type}"'
            for operation in ("load", "insert", "update", "delete")
        }
        self._names_text = f',"schema-name":{quote(table.schema)},"table-name":{quote(table.name)}'

    def _before_places(self, envelope: Envelope) -> list[tuple[int, str]] | None:
        """Places and names of the columns that a before image may hold; None without before images."""
        if envelope.before_image is None:
            return None
        columns = self.table.columns
        if envelope.before_image_columns == "pk-only":
            places = [place for place in self._keys if place in self.captured]
        else:  # MySQL's before images never hold large objects
            places = [place for place in self.captured if not columns[place].large]
        return [(place, quote(columns[place].name) + ":") for place in places]

    def load(self, values: Sequence[str], now: str) -> tuple[bytes, str]:
        """A row of the full load and its partition key; the values are JSON texts of all columns."""
        key = self._key(values)
        head = self._heads["load"]
        value = f',"partition-key-value":{quote(key)}' if self._shows_key else ""
        text = f'{{"data":{self._data(values)},"metadata":{{"timestamp":"{now}{head}{value}{self._names_text}}}}}'
        return self._bytes(text), key

    def change(
        self,
        operation: str,
        values: Sequence[str],
        before: Sequence[str] | None,
        transaction: str,
        details: Details | None,
        record: int,
        now: str,
    ) -> tuple[bytes, str]:
        """A change and its partition key.

        Args:
            operation: insert, update or delete.
            values: JSON texts of all columns: of the new row, or of the old one when it was deleted.
            before: those of an update's old row.
            transaction: `transaction-id`.
            details: what transaction details add; None for nothing.
            record: place of the change in its transaction, from 1.
            now: when the message is made.
        """
        old = values if before is None else before
        key = self._key(old)
        head = self._heads[operation]
        value = f',"partition-key-value":{quote(key)}' if self._shows_key else ""
        image = "" if before is None or self._before is None else self._image(before)
        tail = "" if details is None else details.text(operation, record)
        text = (
            f'{{"data":{self._data(values)}{image},"metadata":{{"timestamp":"{now}{head}{value}{self._names_text}'
            f',"transaction-id":{transaction}{tail}}}}}'
        )
        return self._bytes(text), key

    def _bytes(self, text: str) -> bytes:
        return text.encode() if self._envelope.settings.message_format == "json-unformatted" else self._envelope.shaped(text)

    def _data(self, values: Sequence[str]) -> str:
        picked = tuple(values) if self._all else self._pick(values)
        if self._nulls:
            return self._row % picked
        present = (name + value for name, value in zip(self._names, picked, strict=True) if value != NULL and value != _EMPTY)
        return "{" + ",".join(present) + "}"

    def _image(self, before: Sequence[str]) -> str:
        """The before image: every column that it may hold, changed or not, as MySQL's log gives them."""
        shown = ",".join(name + before[place] for place, name in self._before or [])
        return f",{quote(self._envelope.before_image or '')}:{{{shown}}}"

    def _key(self, values: Sequence[str]) -> str:
        if self._key_type == "schema-table":
            return self._dms_name[:_LONGEST_PARTITION_KEY]
        if len(self._keys) == 1 and (value := values[self._keys[0]])[0] != '"':
            return self._key_prefix + value
        parts = [json.loads(value) if value[0] == '"' else value for value in (values[place] for place in self._keys)]
        return (self._key_prefix + ".".join(parts))[:_LONGEST_PARTITION_KEY]


def _picker(places: Sequence[int]) -> Callable[[Sequence[str]], tuple[str, ...]]:
    """Takes the values at these places as a tuple."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)
