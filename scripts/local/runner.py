"""Runs a lake's deliveries on records of its source, and keeps how far they are."""

from __future__ import annotations

import contextlib
import gc
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from functools import partial
from types import TracebackType
from typing import Self

from scripts.local.batching import Clock
from scripts.local.counts import DeliveryCounts, RunCounts
from scripts.local.declared import DeclaredTypes
from scripts.local.delivery import Delivery, Done, TableName
from scripts.local.errors import ErrorPath
from scripts.local.faults import Arrival, Faults, batch_fault, disturb, kill_later
from scripts.local.function import TransformFunction
from scripts.local.grown import Grown, grown
from scripts.local.iceberg_sink import IcebergTable, SinkTable, Warehouse
from scripts.local.records import CapturedRecord, SourcePosition
from scripts.local.routes import Route, read_routes
from scripts.local.state import LakeFolder
from scripts.local.storage import storing
from scripts.local.superseded import SupersededKeys
from scripts.local.template import DeliveryTemplate, LocalTemplate

_PROGRESS_SECONDS = 0.1
_COLLECT_AFTER = 50_000

Progress = Callable[[RunCounts], None]
Boundary = Callable[[], SourcePosition | None]


class Runner:
    """Runs the deliveries of one lake. A context manager; leaving it ends the functions' processes.

    Without a position kept for every delivery there is nothing to go on from, since a full load that was broken off cannot be continued
    from the middle: the folder is then emptied, and reading starts with the full load, as DMS does it too.

    Args:
        template: the lake as synthesised.
        folder: what it keeps between runs.
        faults: what goes wrong on purpose.
        speed_up: divides the times that buffers wait.
        clock: seconds that only ever grow.
        function_timeout_seconds: instead of the functions' own, for tests.

    Attributes:
        resume: where the source must go on; None for the beginning.
        counts: of this run.
        declared: what the source declares its columns to be; to be told by who reads it.
    """

    def __init__(
        self,
        template: LocalTemplate,
        folder: LakeFolder,
        *,
        faults: Faults | None = None,
        speed_up: float = 1.0,
        clock: Clock = time.monotonic,
        function_timeout_seconds: float | None = None,
    ) -> None:
        self._template = template
        self._folder = folder
        self._faults = faults or Faults()
        self._fingerprint = fingerprint(template, grown(template, folder))
        self._positions = folder.read(self._fingerprint)
        names = {delivery.name for delivery in template.deliveries}
        self.resume = min(self._positions.values()) if self._positions.keys() >= names else None
        if self.resume is None:
            self._positions = {}
            folder.clear()
        self.declared = DeclaredTypes(folder.declared)
        self._started = self._told = time.perf_counter()
        self._on_progress: Progress | None = None
        self.counts = RunCounts({delivery.name: DeliveryCounts() for delivery in template.deliveries})
        with storing("the lake's tables", folder.warehouse):
            self._warehouse = Warehouse(folder.warehouse)
            self._deliveries = [self._delivery(delivery, speed_up, clock, function_timeout_seconds) for delivery in template.deliveries]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for delivery in self._deliveries:
            delivery.close()
        self._warehouse.close()

    def run(
        self,
        records: Iterable[CapturedRecord],
        *,
        boundary: Boundary = lambda: None,
        stop: threading.Event | None = None,
        on_progress: Progress | None = None,
    ) -> RunCounts:
        """Delivers records until they end or the user stops, and commits. What arrived by then is in a table or in the error path.

        Args:
            records: in the source's order.
            boundary: the place behind everything that was handed out when the last record began; None during the full load.
            stop: set to end at the next record.
            on_progress: called now and then.
        """
        started = self._started = time.perf_counter()
        self._on_progress = on_progress
        with _rare_collections():
            self._deliver(records, boundary, stop or threading.Event())
        self.counts.seconds = time.perf_counter() - started
        if on_progress is not None:
            on_progress(self.counts)
        return self.counts

    def _deliver(self, records: Iterable[CapturedRecord], boundary: Boundary, stop: threading.Event) -> None:
        timer = kill_later(self._faults)
        for delivery in self._deliveries:
            delivery.start()
        for arrival in disturb(self._arrivals(records, boundary, stop), self._faults):
            for delivery in self._deliveries:
                delivery.offer(arrival)
            self._tell()
        for delivery in self._deliveries:
            delivery.finish()
        if timer is not None:
            timer.cancel()

    def idle(self) -> None:
        """Lets what waits become due: to be called while the source has nothing new."""
        for delivery in self._deliveries:
            delivery.tick(idle=True)
        self._tell()

    def _tell(self) -> None:
        now = time.perf_counter()
        if self._on_progress is not None and now - self._told >= _PROGRESS_SECONDS:
            self._told = now
            self.counts.seconds = now - self._started
            self._on_progress(self.counts)

    def _arrivals(self, records: Iterable[CapturedRecord], boundary: Boundary, stop: threading.Event) -> Iterator[Arrival]:
        """Records with the place where reading may start again behind them: always the end of a transaction."""
        last: SourcePosition | None = None
        complete = self.resume
        for record in records:
            position = record.position
            if last is None or last.offset != position.offset or last.file != position.file:
                complete = boundary() or _end(last) or complete
            last = position
            self.counts.read += 1
            yield Arrival(record, resume=complete)
            if stop.is_set():
                return
        yield Arrival(None, resume=boundary() or _end(last) or complete)

    def _delivery(self, template: DeliveryTemplate, speed_up: float, clock: Clock, timeout: float | None) -> Delivery:
        routes = read_routes(template)
        tables = open_tables(self._warehouse, self._template, template, self.declared)
        errors = error_path(self._folder, template)
        up_to = self._positions.get(template.name)
        reached = {name: table.position for name, table in tables.items()}
        done = Done(
            up_to, {name: position for name, position in reached.items() if position is not None}, frozenset(errors.known(above=up_to))
        )
        function = TransformFunction(
            template,
            self._folder.logs / f"{template.function.name}.log",
            before=batch_fault(self._faults),
            timeout_seconds=timeout,
        )
        return Delivery(
            template,
            routes=routes,
            tables=tables,
            function=function,
            errors=errors,
            superseded=SupersededKeys(self._folder.superseded / template.name, tables_with_errors(errors, routes)),
            done=done,
            counts=self.counts.deliveries[template.name],
            on_commit=lambda position: self._keep(template.name, position),
            speed_up=speed_up,
            clock=clock,
        )

    def _keep(self, delivery: str, position: SourcePosition) -> None:
        if self._positions.get(delivery) != position:
            self._positions[delivery] = position
            self._folder.write(self._fingerprint, self._positions)


@contextlib.contextmanager
def _rare_collections() -> Iterator[None]:
    """Looks for cycles less often: records are many and hold none. To look at every 700th object takes a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def open_tables(
    warehouse: Warehouse, lake: LocalTemplate, delivery: DeliveryTemplate, declared: DeclaredTypes
) -> dict[TableName, IcebergTable]:
    """The tables that a delivery writes to, created where they do not exist."""
    return {definition_name(table): warehouse.open(table, partial(declared.find, table.source)) for table in sink_tables(lake, delivery)}


def sink_tables(lake: LocalTemplate, delivery: DeliveryTemplate) -> list[SinkTable]:
    """The destinations of a delivery with their columns."""
    routes = {(route.database, route.target): route for route in read_routes(delivery).values()}
    return [
        SinkTable(
            table.database,
            table.table,
            lake.tables[table.database, table.table].columns,
            table.unique_keys,
            evolves=(route := routes.get((table.database, table.table))) is not None and route.unknown_columns == "evolve",
            source="" if route is None else route.source,
        )
        for table in delivery.tables
    ]


def definition_name(table: SinkTable) -> TableName:
    """Database and name."""
    return table.database, table.name


def error_path(folder: LakeFolder, delivery: DeliveryTemplate) -> ErrorPath:
    """Where a delivery's failures go."""
    bucket = re.sub(r"\$\{[^}]*\}", "account", delivery.error_bucket)  # what AWS makes up stays an expression
    return ErrorPath(folder.errors / bucket, folder.replayed / bucket, stream=delivery.name, function=delivery.function.name)


def tables_with_errors(errors: ErrorPath, routes: Mapping[tuple[str, str], Route]) -> set[TableName]:
    """Tables of which records wait in the error path."""
    sources = {(record.schema, record.table) for found in errors.open_objects() for record in found.records()}
    return {(routes[source].database, routes[source].target) for source in sources if source in routes}


def fingerprint(template: LocalTemplate, taken: Grown) -> str:
    """Changes when rows of an earlier run would no longer be what this lake delivers.

    Args:
        template: the lake as synthesised.
        taken: what its tables have grown by: a lake file that takes exactly these columns over is the same lake. So is one that from now on
            does otherwise with unknown columns.
    """
    routes = [
        sorted(((*key, _settled(route, template, taken)) for key, route in read_routes(delivery).items()), key=str)
        for delivery in template.deliveries
    ]
    tables = [
        (*name, [column for column in table.columns if not _has_grown(taken, name, *column)])
        for name, table in sorted(template.tables.items())
    ]
    destinations = [[(table.database, table.table, table.unique_keys) for table in delivery.tables] for delivery in template.deliveries]
    parts = [template.table_mappings, asdict(template.kinesis), routes, tables, destinations, [one.name for one in template.deliveries]]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _settled(route: Route, template: LocalTemplate, taken: Grown) -> dict[str, object]:
    """A route without the columns that its table has grown by."""
    name = (route.database, route.target)
    types = dict(template.tables[name].columns) if name in template.tables else {}
    by_name = taken.get(name, {})
    taken_over = {
        column
        for column in route.columns
        if not column.hashed
        and column.name not in route.keys
        and _has_grown(taken, name, column.name, types.get(column.name, ""))
        and by_name[column.name].source == column.source
    }
    content = asdict(replace(route, columns=tuple(column for column in route.columns if column not in taken_over)))
    del content["unknown_columns"]
    return content


def _has_grown(taken: Grown, table: TableName, name: str, glue: str) -> bool:
    column = taken.get(table, {}).get(name)
    return column is not None and column.glue == glue


def _end(position: SourcePosition | None) -> SourcePosition | None:
    """A position of a change; None for one in the full load, from where nobody can go on."""
    return position if position is not None and position.file else None
