"""Replays the error path: records go through the function and into their tables again, in the order of the source.

Safe to break off at any point: each table's commit names the error objects that it holds, and an object leaves the error path only after
all tables have it.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from scripts.local.batching import MAX_RECORD_BYTES, MIB
from scripts.local.commits import commit
from scripts.local.declared import DeclaredTypes
from scripts.local.delivery import NO_SUCH_TABLE, TOO_LARGE, TableName
from scripts.local.errors import ICEBERG_FAILED, PROCESSING_FAILED, ErrorObject, ErrorPath, FailedRecord
from scripts.local.function import Delivered, Dropped, TransformFunction, event_bytes
from scripts.local.function_worker import PAYLOAD_BYTES, REFUSED
from scripts.local.iceberg_sink import IcebergTable, SinkRow, Staged, Warehouse
from scripts.local.key_changes import WAY_OUT, KeyChanges
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.row_table import OPERATION, SEQUENCE
from scripts.local.runner import error_path, open_tables
from scripts.local.state import LakeFolder
from scripts.local.superseded import POSITION, SupersededKeys, sortable
from scripts.local.template import DeliveryTemplate, LocalTemplate

_GROUP_OBJECTS = 20
_RETRY_SECONDS = 60.0  # someone waits for a replay, and may start it again


@dataclass
class ReplayCounts:
    """What a replay did.

    Attributes:
        objects: error objects that were replayed.
        delivered: rows written, by table.
        superseded: changes left out because their row has changed again since, by table.
        dropped: records that the function leaves out.
        failed: records that failed again, by error code; they stay in the error path.
        already: records that a replay which was broken off had written.
        left_out: records that no replay can deliver, by the function's reason; they stay in the error path.
    """

    objects: int = 0
    delivered: Counter[str] = field(default_factory=Counter)
    superseded: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    already: int = 0
    left_out: Counter[str] = field(default_factory=Counter)

    def as_record(self) -> dict[str, object]:
        """Plain data."""
        return {
            "objects": self.objects,
            "delivered": dict(self.delivered),
            "superseded": dict(self.superseded),
            "dropped": self.dropped,
            "failed": dict(self.failed),
            "already": self.already,
            "left_out": dict(self.left_out),
        }


def replay_local(template: LocalTemplate, folder: LakeFolder) -> dict[str, ReplayCounts]:
    """Replays what is in the error path of each delivery; returns what was done, by delivery.

    Args:
        template: the lake as synthesised: it may have changed since the records failed, which may be why they no longer do.
        folder: holds its tables and its error path.
    """
    counts: dict[str, ReplayCounts] = {}
    with contextlib.closing(Warehouse(folder.warehouse)) as warehouse:
        for delivery in template.deliveries:
            tables = open_tables(warehouse, template, delivery, DeclaredTypes(folder.declared))
            function = TransformFunction(delivery, folder.logs / f"{delivery.function.name}.log")
            with contextlib.closing(function):
                superseded = SupersededKeys(folder.superseded / delivery.name, set())
                replay = _Replay(delivery, tables, function, error_path(folder, delivery), superseded, KeyChanges(delivery))
                counts[delivery.name] = replay.run()
    return counts


class _Replay:
    """Replays one delivery."""

    def __init__(
        self,
        template: DeliveryTemplate,
        tables: dict[TableName, IcebergTable],
        function: TransformFunction,
        errors: ErrorPath,
        superseded: SupersededKeys,
        key_changes: KeyChanges,
    ) -> None:
        self._template = template
        self._tables = tables
        self._function = function
        self._errors = errors
        self._superseded = superseded
        self._key_changes = key_changes
        self._prefixes = {(table.database, table.table): table.error_prefix or template.error_prefix for table in template.tables}
        self._counts = ReplayCounts()

    def run(self) -> ReplayCounts:
        self._errors.finish_interrupted_replay()
        objects = self._errors.open_objects()
        for start in range(0, len(objects), _GROUP_OBJECTS):
            self._group(objects[start : start + _GROUP_OBJECTS])
        if not self._errors.open_objects():
            for name in self._tables:
                self._superseded.forget(name)
        return self._counts

    def _group(self, objects: Sequence[ErrorObject]) -> None:
        """One commit per table, then the objects leave the error path, but for what no replay can deliver."""
        kept: dict[ErrorObject, list[FailedRecord]] = defaultdict(list)
        entries = sorted(self._deliverable(objects, kept), key=lambda entry: (entry[0].position, entry[1].path.name))
        holding = {found for _, found in entries}
        objects = [found for found in objects if found in holding]  # the others stay as they are
        rows: dict[TableName, list[tuple[CapturedRecord, ErrorObject, SinkRow]]] = defaultdict(list)
        again: dict[ErrorObject, list[FailedRecord]] = defaultdict(list)
        for record, found, result in self._transform(entries):
            if isinstance(result, Delivered) and (result.database, result.table) in self._tables:
                rows[result.database, result.table].append((record, found, SinkRow(result.data, result.operation)))
            elif isinstance(result, Delivered):
                message = f"{result.database}.{result.table} is no destination of stream {self._template.name}"
                again[found].append(FailedRecord(record, ICEBERG_FAILED, NO_SUCH_TABLE, message, 1, self._template.error_prefix))
            elif isinstance(result, Dropped):
                self._counts.dropped += 1
            else:
                again[found].append(result)
        for name, members in rows.items():
            self._commit(name, members, [found.path.name for found in objects], again)
        for found in objects:
            self._errors.mark_replayed(found, [*kept[found], *again[found]])
            self._counts.failed.update(one.code for one in again[found])
            self._counts.objects += 1

    def _deliverable(
        self, objects: Sequence[ErrorObject], kept: dict[ErrorObject, list[FailedRecord]]
    ) -> Iterator[tuple[CapturedRecord, ErrorObject]]:
        """The records that are worth sending; the others are counted and kept."""
        for found in objects:
            for record in found.records():
                reason = self._key_changes.reason(record)
                if reason is None:
                    yield record, found
                else:
                    self._counts.left_out[reason] += 1
                    message = f"{reason}: no replay can deliver it ({WAY_OUT})"
                    kept[found].append(FailedRecord(record, PROCESSING_FAILED, REFUSED, message, 1, self._template.error_prefix))

    def _transform(
        self, entries: Sequence[tuple[CapturedRecord, ErrorObject]]
    ) -> Iterator[tuple[CapturedRecord, ErrorObject, Delivered | Dropped | FailedRecord]]:
        prefix = self._template.error_prefix
        fitting = []
        for record, found in entries:
            if len(record.data) > MAX_RECORD_BYTES:
                message = f"the record has {len(record.data):,} bytes, the limit is {MAX_RECORD_BYTES:,}"
                yield record, found, FailedRecord(record, PROCESSING_FAILED, TOO_LARGE, message, 1, prefix)
            else:
                fitting.append((record, found))
        for batch in _batches(fitting, self._template.batch_mib * MIB):
            for (record, found), result in zip(batch, self._function.transform([record for record, _ in batch]), strict=True):
                if isinstance(result, Delivered | Dropped):
                    yield record, found, result
                else:
                    yield record, found, FailedRecord(record, PROCESSING_FAILED, result.code, result.message, result.attempts, prefix)

    def _commit(
        self,
        name: TableName,
        members: Sequence[tuple[CapturedRecord, ErrorObject, SinkRow]],
        objects: Sequence[str],
        again: dict[ErrorObject, list[FailedRecord]],
    ) -> None:
        table = self._tables[name]
        fresh = [member for member in members if member[1].path.name not in table.replayed]
        self._counts.already += len(members) - len(fresh)
        staged = table.stage([row for _, _, row in fresh])
        for rejected in staged.rejected:
            record, found, _ = fresh[rejected.index]
            again[found].append(FailedRecord(record, ICEBERG_FAILED, rejected.code, rejected.message, 1, self._prefixes[name]))
        current = self._without_superseded(table, staged, [record.position for record, _, _ in fresh])
        commit(table, [current], None, seconds=_RETRY_SECONDS, replayed=objects)
        self._counts.delivered[table.definition.label] += len(current.rows)

    def _without_superseded(self, table: IcebergTable, staged: Staged, positions: Sequence[SourcePosition]) -> Staged:
        """Leaves out changes whose row has changed again since they failed: a mirror would get older values back."""
        latest = self._superseded.latest(table)
        if latest is None or not len(staged.rows):
            return staged
        keys = list(table.definition.unique_keys)
        places = staged.rows[SEQUENCE].to_pylist()
        marked = staged.rows.select([*keys, SEQUENCE, OPERATION])
        marked = marked.append_column(POSITION, pa.array([sortable(positions[place]) for place in places], pa.string()))
        joined = marked.join(latest, keys, join_type="inner")
        older = joined.filter(pc.and_(pc.less(joined[POSITION], joined["__latest"]), pc.not_equal(joined[OPERATION], 0)))[SEQUENCE]
        self._counts.superseded[table.definition.label] += len(older)
        kept = pc.invert(pc.is_in(staged.rows[SEQUENCE], value_set=older.combine_chunks()))
        return Staged(staged.rows.filter(kept), staged.rejected)


def _batches(entries: Sequence[tuple[CapturedRecord, ErrorObject]], limit: float) -> Iterator[list[tuple[CapturedRecord, ErrorObject]]]:
    batch: list[tuple[CapturedRecord, ErrorObject]] = []
    size = in_event = 0
    for record, found in entries:
        more = event_bytes(record)
        if batch and (size + len(record.data) > limit or in_event + more > PAYLOAD_BYTES - MIB):
            yield batch
            batch, size, in_event = [], 0, 0
        batch.append((record, found))
        size += len(record.data)
        in_event += more
    if batch:
        yield batch
