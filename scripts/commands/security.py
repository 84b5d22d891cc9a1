"""`moulin security`: checkov over the synthesised stacks, against what their resources accept with a reason."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, Output, OutputOption, print_json
from scripts.plan.output_folder import read_stacks
from scripts.plan.terraform import SetupError
from scripts.security.checkov import find_checkov, scan
from scripts.security.findings import judge
from scripts.security.report import print_verdict, verdict_record


def security(
    out: Annotated[Path, typer.Option(help="What `make synth` wrote.")] = Path("cdktf.out"),
    output: OutputOption = Output.TEXT,
) -> None:
    """Checks every stack with checkov; a finding that its resource does not accept with a reason is a problem.

    Exit code: 0 when nothing is found, 1 when something is, or is accepted in vain, 2 for wrong use.
    """
    try:
        executable = find_checkov()
        templates = {name: stack.template for name, stack in read_stacks(out).items()}
        found = scan(templates, executable=executable)
    except SetupError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG_USE) from error
    verdict = judge(found.findings, templates, passed=found.passed)
    if output is Output.JSON:
        print_json(verdict_record(verdict))
    else:
        print_verdict(verdict)
    raise typer.Exit(0 if verdict.ok else FOUND_A_PROBLEM)
