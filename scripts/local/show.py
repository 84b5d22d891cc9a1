"""What a local lake shows: a live view on a terminal, tables at the end, or one JSON object."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import duckdb
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from scripts.console import open_console
from scripts.local.compare import REPEATED, Difference, TableResult
from scripts.local.counts import DeliveryCounts, RunCounts
from scripts.local.iceberg_sink import SinkTable, Warehouse
from scripts.local.key_changes import KEY_REASONS, WAY_OUT
from scripts.local.runner import Progress
from scripts.local.session import Outcome
from scripts.local.state import LakeFolder
from scripts.local.template import LocalTemplate
from scripts.local.verify import VIEW_SUFFIX

_OPERATIONS = ("load", "insert", "update", "delete")
_SAMPLE_ROWS = 3
_SAMPLE_COLUMNS = 8
_VALUE_CHARACTERS = {True: 60, False: 1_000}
"""Characters of a value that are shown: on a terminal, and in a file or pipe, where a row may be as long as it likes."""


class Screen:
    """Where a run is shown: results on standard output, all else on standard error."""

    def __init__(self, *, quiet: bool) -> None:
        self._errors = open_console(errors=True)
        self._quiet = quiet

    def say(self, text: str) -> None:
        """A line about what happens now."""
        if not self._quiet:
            self._errors.print(text, style="dim", markup=False)

    @contextlib.contextmanager
    def live(self) -> Iterator[Progress | None]:
        """A view of the counts that is drawn anew as they change, on a terminal only."""
        if self._quiet or not self._errors.is_terminal:
            yield None
            return
        with Live(console=self._errors, transient=True, refresh_per_second=8) as view:
            yield lambda counts: view.update(counts_table(counts))


def counts_table(counts: RunCounts) -> Group:
    """Rows per table and operation, and how far each delivery is."""
    shown: list[RenderableType] = []
    for name, delivery in counts.deliveries.items():
        ends = ["delivered", "dropped", "failed", *(["skipped"] if delivery.total("skipped") else [])]
        grid = Table("source table", *(Column(kind, justify="right") for kind in (*_OPERATIONS, *ends)), title=name, title_justify="left")
        for table, one in delivery.tables.items():
            came = one.captured + one.duplicated
            numbers = [came[operation] for operation in _OPERATIONS] + [getattr(one, kind).total() for kind in ends]
            if sum(numbers):
                grid.add_row(Text(table), *(f"{number:,}" if number else "" for number in numbers))
        shown += [grid, _progress(delivery)]
    speed = counts.read / counts.seconds if counts.seconds > 0 else 0.0
    reconnects = f", {_times(counts.reconnects)} reconnected to the source" if counts.reconnects else ""
    return Group(*shown, f"{counts.read:,} records in {counts.seconds:.1f} s: {speed:,.0f} records/s{reconnects}")


def _progress(delivery: DeliveryCounts) -> str:
    """How far a delivery is, in one line."""
    lag = f", lag {delivery.lag_ms / 1000:.1f} s at the last one" if delivery.commits else ""
    conflicts = f" ({_times(delivery.conflicts)} behind another writer)" if delivery.conflicts else ""
    retries = f" ({delivery.retries:,} of them retries)" if delivery.retries else ""
    return f"{delivery.commits:,} commits{conflicts}{lag}, {delivery.invocations:,} invocations of the function{retries}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def print_outcome(outcome: Outcome, template: LocalTemplate, folder: LakeFolder) -> None:
    """The end of a run, for people."""
    console = open_console()
    console.print(counts_table(outcome.counts), soft_wrap=False)
    for (what, table), count in sorted(outcome.skipped.items()):
        console.print(f"not captured, as by DMS: {what} of {table}, {count:,} times", markup=False)
    for table, columns in sorted(outcome.not_captured.items()):
        console.print(f"not captured, as by DMS: columns {', '.join(columns)} of {table}", markup=False)
    for line in evolution_lines(outcome):
        console.print(line, markup=False)
    for line in outcome.accounting:
        console.print(line, style="red", markup=False)
    if outcome.interrupted:
        console.print("stopped; everything up to here is committed, and the next run goes on from there")
        return
    if outcome.counts.deliveries and any(delivery.total("failed") for delivery in outcome.counts.deliveries.values()):
        console.print(f"failed records are in {folder.errors} (moulin replay --local delivers them again)", markup=False)
    print_samples(console, template, folder)
    print_results(outcome.tables, console)
    for line in outcome.not_covered:
        console.print(line, style="yellow", markup=False)


def evolution_lines(outcome: Outcome) -> Iterator[str]:
    """What became of columns that the lake file does not list, and what the function refused."""
    for name, delivery in outcome.counts.deliveries.items():
        for table, count in sorted(delivery.unknown.items()):
            became = "passed on" if table in outcome.evolving else "left out"
            yield f"{table}: {count:,} values of columns that the lake file does not list, {became}"
        if delivery.refused:
            yield f"{name} refused " + ", ".join(f"{count:,} records: {reason}" for reason, count in sorted(delivery.refused.items()))
        if not delivery.refused.keys().isdisjoint(KEY_REASONS):
            yield f"{name}: rows of which a key changed differ until somebody acts: no replay can deliver them ({WAY_OUT})"
    for (database, table), columns in sorted(outcome.evolved.items()):
        listed = ", ".join(f"{column.name} {column.type}" for column in columns)
        yield f"{database}.{table} has grown by {listed} (moulin evolve writes it into the lake file)"


def print_results(results: Sequence[TableResult], console: Console | None = None) -> None:
    """Compared tables, and the first differences of each."""
    out = console or open_console()
    grid = Table("source table", "lake table", *(Column(name, justify="right") for name in ("source rows", "lake rows")), "")
    for result in results:
        verdict = "equal" if result.equal else ", ".join(_differences(result))
        style = "green" if result.equal else "red"
        name = result.table.label + (VIEW_SUFFIX if result.table.view_sql is not None else "")
        grid.add_row(Text(result.table.source), name, f"{result.source_rows:,}", f"{result.lake_rows:,}", Text(verdict, style))
    out.print(grid, soft_wrap=False)
    for result in results:
        if result.causes and not result.equal:
            what = f"{result.table.source} was changed without row events, which DMS does not capture either: {', '.join(result.causes)}"
            out.print(f"{result.table.label}: {what} (docs/guarantees.md)", style="yellow", markup=False)
        for example in result.examples:
            key = ", ".join(f"{name}={text}" for name, text in zip(result.table.keys, example.key, strict=True))
            rows = (
                f" ({_times(example.source_rows)} there, {_times(example.lake_rows)} in the lake)" if example.difference in REPEATED else ""
            )
            out.print(f"{result.table.label} {key}: {example.difference}{rows}", style="red", markup=False)
            if example.difference is Difference.CHANGED:
                for name in example.source.keys() | example.lake.keys():
                    values = f"source {_short(out, example.source.get(name))}, lake {_short(out, example.lake.get(name))}"
                    out.print(f"  {name}: {values}", markup=False)
        for finding in () if result.equal else result.findings:
            out.print(f"{result.table.label}: {finding.text}", style="yellow", markup=False)


def print_samples(console: Console, template: LocalTemplate, folder: LakeFolder) -> None:
    """A few rows of each lake table, by SQL."""
    for label, table in samples(template, folder):
        columns = table.column_names[:_SAMPLE_COLUMNS]
        grid = Table(*columns, title=f"{label}, the first rows")
        for row in table.select(columns).to_pylist():
            grid.add_row(*(Text(_short(console, value)) for value in row.values()))
        console.print(grid, soft_wrap=False)


def samples(template: LocalTemplate, folder: LakeFolder) -> Iterator[tuple[str, Any]]:
    """The first rows of each table by its key, read by DuckDB's SQL out of the Iceberg table."""
    with contextlib.closing(Warehouse(folder.warehouse)) as warehouse, duckdb.connect() as connection:
        for delivery in template.deliveries:
            for destination in delivery.tables:
                definition = SinkTable(destination.database, destination.table, (), ())
                found = warehouse.find(definition)
                if found is None:
                    continue
                connection.register("lake_table", found.scan(limit=1_000).to_arrow())
                yield definition.label, connection.execute(f"SELECT * FROM lake_table ORDER BY 1 LIMIT {_SAMPLE_ROWS}").to_arrow_table()  # noqa: S608
                connection.unregister("lake_table")


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """The end of a run, for programs."""
    counts = outcome.counts
    return {
        "equal": outcome.equal and not outcome.interrupted,
        "resumed": outcome.resumed,
        "interrupted": outcome.interrupted,
        "records": counts.read,
        "reconnects": counts.reconnects,
        "seconds": round(counts.seconds, 3),
        "records_per_second": round(counts.read / counts.seconds, 1) if counts.seconds > 0 else 0.0,
        "deliveries": [
            {
                "stream": name,
                "commits": delivery.commits,
                "commit_seconds": round(delivery.commit_seconds, 3),
                "conflicts": delivery.conflicts,
                "lag_ms": delivery.lag_ms,
                "invocations": delivery.invocations,
                "retries": delivery.retries,
                "function_seconds": round(delivery.function_seconds, 3),
                "error_objects": delivery.error_objects,
                "unknown_values": dict(sorted(delivery.unknown.items())),
                "refused": dict(sorted(delivery.refused.items())),
            }
            for name, delivery in counts.deliveries.items()
        ],
        "tables": counts.as_records(),
        "accounting": outcome.accounting,
        "evolved": [
            {"lake": ".".join(table), "columns": [asdict(column) for column in columns]}
            for table, columns in sorted(outcome.evolved.items())
        ],
        "not_covered": outcome.not_covered,
        "not_captured": {
            "statements": [{"what": what, "table": table, "count": count} for (what, table), count in sorted(outcome.skipped.items())],
            "columns": {table: list(columns) for table, columns in sorted(outcome.not_captured.items())},
        },
        "verified": result_records(outcome.tables),
    }


def result_records(results: Sequence[TableResult]) -> list[dict[str, Any]]:
    """Compared tables, for programs."""
    return [
        {
            "source": result.table.source,
            "lake": result.table.label,
            "history": result.table.view_sql is not None,
            "equal": result.equal,
            "source_rows": result.source_rows,
            "lake_rows": result.lake_rows,
            "differences": {str(kind): count for kind, count in result.counts.items()},
            "missing_in_source": list(result.missing),
            "findings": [finding.as_record() for finding in result.findings],
            "changed_without_row_events": list(result.causes),
            "examples": [
                {
                    "difference": str(example.difference),
                    "key": dict(zip(result.table.keys, example.key, strict=True)),
                    "source": example.source,
                    "lake": example.lake,
                    "source_rows": example.source_rows,
                    "lake_rows": example.lake_rows,
                }
                for example in result.examples
            ],
        }
        for result in results
    ]


def _differences(result: TableResult) -> list[str]:
    found = [*(f"{count:,} {kind}" for kind, count in result.counts.items()), *(f"the source has no {name}" for name in result.missing)]
    found += [f"refused: {finding.check}" for finding in result.refused]
    return found or [f"{result.source_rows:,} rows in the source, {result.lake_rows:,} in the lake"]


def fail(text: str) -> None:
    """An error in one line or a few, on standard error."""
    print(text, file=sys.stderr)


def _short(console: Console, value: object) -> str:
    """A value as far as it helps to tell rows apart; what is longer says so."""
    text, most = "null" if value is None else str(value), _VALUE_CHARACTERS[console.is_terminal]
    return text if len(text) <= most else f"{text[:most]}... ({len(text):,} characters)"
