"""`moulin check`: everything that is wrong with lake files, at once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import load_lake, warnings_of
from constructs_lib.config.problems import LakeFileError, warning_line
from scripts.commands.output import WRONG_USE, Output, OutputOption, print_good, print_json, print_warning, problem_records, report


def check(
    lake: Annotated[list[Path], typer.Argument(help="Lake files, such as lakes/retail.yaml.", show_default=False)],
    output: OutputOption = Output.TEXT,
) -> None:
    """Checks lake files and lists every mistake, and what is accepted with a risk, with its line. Reads nothing but the files."""
    records: list[dict[str, Any]] = []
    is_good = True
    for path in lake:
        try:
            loaded = load_lake(path)
        except LakeFileError as error:
            is_good = False
            if output is Output.JSON:
                records += problem_records(error.file, error.problems)
            else:
                report(error, output)
        else:
            warnings = warnings_of(loaded, path)
            records += problem_records(str(path), warnings, "warning")
            if output is Output.TEXT:
                print_good(f"{path}: {summary(loaded)}")
                for warning in warnings:
                    print_warning(warning_line(str(path), warning))
    if output is Output.JSON:
        print_json(records)
    if not is_good:
        raise typer.Exit(WRONG_USE)


def summary(lake: Lake) -> str:
    """A lake in a line: `retail-dev in us-east-1: 1 table (1 mirror), 1 delivery, DMS instance dms.t3.medium`."""
    modes = Counter(table.mode.value for table in lake.tables)
    counts = ", ".join(f"{count} {mode}" for mode, count in sorted(modes.items(), reverse=True))
    hidden = Counter(column.pii for table in lake.tables for column in table.columns.values() if column.pii)
    parts = [
        f"{_count(len(lake.tables), 'table')} ({counts})",
        _count(len(lake.deliveries), "delivery", "deliveries"),
        *(f"{_count(count, 'column')} {'dropped' if pii == 'drop' else 'hashed'}" for pii, count in sorted(hidden.items())),
        "source created" if lake.source.existing is None else "existing source",
        "DMS Serverless" if lake.capture.serverless else "DMS instance",
        f"{lake.capture.mode.value}",
    ]
    return f"{lake.prefix} in {lake.region}: {', '.join(parts)}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
