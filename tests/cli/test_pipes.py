"""What goes to a file or a pipe is whole: no table is cut or wrapped to eighty columns, and no name is taken for a style."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONG = "a_database_with_a_long_name.and_a_table_that_is_named_at_length_as_generated_ones_are"
PRINTS = f"""
from scripts.local.compare import ComparedColumn, ComparedTable, Difference, Example, TableResult
from scripts.local.show import print_results
from scripts.seed.report import Report, Voice
from scripts.seed.table_run import Tally

schema, _, table = "{LONG}".partition(".")
compared = ComparedTable(schema, table + " [red] :apple:", schema, table, None, ("id",), (ComparedColumn("id", "id", "bigint"),))
example = Example(Difference.CHANGED, ("1",), {{"id": "word " * 40}}, {{"id": "word"}}, 1, 1)
print_results([TableResult(compared, 3, 2, {{Difference.MISSING: 1}}, (example,), ("column " + "c" * 64,))])
report = Report(1, dry_run=False)
report.tables[schema + "." + table + " [red] :apple:"] = Tally(inserted=1234)
Voice(json=False).finish(report)
"""


def piped(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_a_table_in_a_pipe_has_one_line_per_row_with_everything_in_it() -> None:
    lines = piped(PRINTS)
    assert [line for line in lines if f"{LONG} [red] :apple:" in line and f"no column {'c' * 64}" in line]
    assert [line for line in lines if f"{LONG} [red] :apple:" in line and "1,234" in line]
    assert any("source " + "word " * 40 in line for line in lines)


def test_the_width_of_the_terminal_that_started_it_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert [line for line in piped(PRINTS) if LONG in line and f"no column {'c' * 64}" in line]


def test_no_command_opens_a_console_of_its_own() -> None:
    """A console of rich's own takes eighty columns in a pipe."""
    opened = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "scripts").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute) and _name(node.func) == "Console")
        or (isinstance(node, ast.ImportFrom) and node.module == "rich" and {alias.name for alias in node.names} & {"print", "get_console"})
    }
    assert opened == {"scripts/console.py"}


def _name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr
