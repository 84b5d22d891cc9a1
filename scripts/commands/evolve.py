"""`moulin evolve`: the columns by which the tables of the local lake have grown, written into the lake file (docs/schema-changes.md)."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.commands.local_support import DataOption, LakeArgument, problems_as_exit_codes
from scripts.commands.output import Output, OutputOption, print_good, print_json


def evolve(
    lake: LakeArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    data: DataOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Writes columns that came in at tables with `unknown_columns: evolve` into the lake file; comments and layout stay.

    The next `make synth` and plan then show them. Exit code: 0 also when there is nothing to write, 2 for wrong use.
    """
    with problems_as_exit_codes(output, lake):
        from constructs_lib.config.lake_table import athena_add_columns
        from constructs_lib.config.load import load_lake, read_text
        from scripts.commands.lake_edit import add_columns
        from scripts.local.setup import lake_folder
        from scripts.local.takeover import lake_growth

        loaded = load_lake(lake)
        growths = lake_growth(loaded, lake_folder(lake, data), str(lake))
        text = add_columns(read_text(lake), str(lake), {growth.place: growth.columns for growth in growths})
        if growths and not dry_run:
            _replace(lake, text)
        statements = [
            athena_add_columns(database, growth.target, [(column.name, column.glue) for column in growth.columns])
            for growth in growths
            for database in growth.databases
        ]
    if output is Output.JSON:
        tables: list[dict[str, Any]] = [
            {
                "source": growth.source,
                "target": growth.target,
                "columns": [{"name": one.name, "type": one.type, "source": one.source} for one in growth.columns],
            }
            for growth in growths
        ]
        print_json({"lake_file": str(lake), "written": bool(growths) and not dry_run, "tables": tables, "athena": statements})
        return
    for growth in growths:
        print(f"{growth.source}: " + ", ".join(f"{column.name} {column.type}" for column in growth.columns))
    if not growths:
        print_good(f"{lake}: lists every column that its local lake has")
    elif dry_run:
        print(f"{lake}: nothing written (--dry-run)")
    else:
        print_good(f"{lake}: written")
    if growths:
        print("before a deployed lake gets it, in Athena:", *statements, sep="\n  ")


def _replace(path: Path, text: str) -> None:
    """Writes the whole file or nothing, with the rights that it has; a byte order mark stays."""
    target = path.resolve()
    mark = b"\xef\xbb\xbf" if target.read_bytes().startswith(b"\xef\xbb\xbf") else b""
    with tempfile.NamedTemporaryFile("wb", dir=target.parent, prefix=f".{target.name}.", suffix=".tmp", delete=False) as file:
        file.write(mark + text.encode())
    try:
        Path(file.name).chmod(target.stat().st_mode & 0o777)
        Path(file.name).replace(target)
    except OSError:
        Path(file.name).unlink()
        raise


if __name__ == "__main__":
    typer.run(evolve)
