"""`moulin schema`: the JSON Schema and the reference of the lake file, generated from its models."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.lake_reference import END, START, reference_tables
from scripts.commands.lake_schema import lake_schema
from scripts.commands.output import FOUND_A_PROBLEM, print_good

_DOCS = Path(__file__).resolve().parents[2] / "docs"
SCHEMA_FILE = _DOCS / "lake.schema.json"
REFERENCE_FILE = _DOCS / "lake-file.md"


def schema(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit with 1 when a file is out of date.")] = False,
) -> None:
    """Writes docs/lake.schema.json and the tables of docs/lake-file.md from the models."""
    stale = [path for path, text in generated().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        name = path.relative_to(_DOCS.parent)
        if check:
            print(f"{name}: out of date (run moulin schema)", file=sys.stderr)
        else:
            path.write_text(generated()[path], encoding="utf-8")
            print_good(f"{name}: written")
    if not stale:
        print_good("the schema and the reference are current")
    elif check:
        raise typer.Exit(FOUND_A_PROBLEM)


def generated() -> dict[Path, str]:
    """The generated files, whole: the reference keeps what was written by hand around its tables."""
    before, _, rest = REFERENCE_FILE.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    return {
        SCHEMA_FILE: json.dumps(lake_schema(), indent=2, ensure_ascii=False) + "\n",
        REFERENCE_FILE: f"{before}{START}\n\n{reference_tables()}\n{END}{after}",
    }
