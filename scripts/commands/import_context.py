"""`moulin import`: a lake file from the context file of the CDK project that the retail lake comes from."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from constructs_lib.config.load import parse_lake
from constructs_lib.config.problems import LakeFileError, Problem
from constructs_lib.config.text import with_hyphens
from constructs_lib.config.yaml_text import Document
from constructs_lib.defaults import limits
from scripts.commands.context_file import ContextFile, load_context
from scripts.commands.lake_draft import FILL_IN, LakeDraft, draft_lake
from scripts.commands.output import (
    FOUND_A_PROBLEM,
    WRONG_USE,
    Output,
    OutputOption,
    print_good,
    print_json,
    print_warning,
    problem_records,
    report,
)

_REGION = re.compile(r"(?<![a-z0-9])[a-z]{2}(?:-gov)?-(?:central|(?:north|south)(?:east|west)?|east|west)-[0-9](?![0-9])")


def import_context(
    context: Annotated[Path, typer.Argument(help="The context file, cdk.context.json.", show_default=False)],
    output_file: Annotated[Path | None, typer.Option(help="The lake file to write; default: lakes/<name>.yaml.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the lake; default: made of the table's name.")] = None,
    region: Annotated[str | None, typer.Option(help="AWS region; default: CDK_DEFAULT_REGION, or what the bucket's name says.")] = None,
    account: Annotated[str | None, typer.Option(help="AWS account; default: CDK_DEFAULT_ACCOUNT.")] = None,
    columns: Annotated[str | None, typer.Option(help='Columns of the table, "id:long,amount:decimal(12,2)".')] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the lake file.")] = False,
    output: OutputOption = Output.TEXT,
) -> None:
    """Writes a lake file from a context file. Every value is checked first; what is left to decide is said and marked in the file."""
    try:
        loaded, document = load_context(context)
        draft = draft_lake(
            loaded,
            name=name or default_name(loaded),
            region=region or default_region(loaded),
            account=account or os.environ.get("CDK_DEFAULT_ACCOUNT"),
            columns=columns,
        )
        left_over = _check(draft, context, document)
    except LakeFileError as error:
        report(error, output)
        raise typer.Exit(WRONG_USE) from None
    target = output_file or Path("lakes") / f"{draft.name}.yaml"
    _write(target, draft.text, force=force)
    notes = sorted((replace(note, line=document.line_of(note.path)) for note in draft.notes), key=lambda note: note.line or 0)
    if output is Output.JSON:
        print_json(
            {
                "lake_file": str(target),
                "notes": problem_records(str(context), notes),
                "problems": problem_records(str(target), left_over),
            }
        )
    else:
        for note in notes:
            print_warning(f"{context}:{note.line}: {note.where} {note.message}")
        print_good(f"{target}: written")
        if left_over:
            print(LakeFileError(str(target), left_over), file=sys.stderr)
    if left_over:
        raise typer.Exit(FOUND_A_PROBLEM)


def default_name(context: ContextFile) -> str:
    """A lake's name made of the table's."""
    longest = int(limits.LAKE_NAME_CHARACTERS.maximum)
    return with_hyphens(context.dms_data_source.table_name)[:longest].strip("-") or "lake"


def default_region(context: ContextFile) -> str | None:
    """The region of the environment, or the one that ends the bucket's name; None when neither says."""
    found = _REGION.search(context.data_firehose_configuration.s3_bucket_name)
    return os.environ.get("CDK_DEFAULT_REGION") or (found[0] if found else None)


def _check(draft: LakeDraft, context: Path, document: Document) -> tuple[Problem, ...]:
    """Checks the draft as the lake file that it will be.

    Returns:
        What only the user can fill in.

    Raises:
        LakeFileError: a value of the context file, or an option, cannot be used.
    """
    try:
        parse_lake(draft.text)
    except LakeFileError as error:
        wrong: list[Problem] = []
        left_over: list[Problem] = []
        for problem in error.problems:
            path = draft.origin_of(problem.path)
            if path is not None:
                message = re.sub(r", or remove it for [^)]*", "", problem.message)  # the context file must have all its keys
                wrong.append(Problem(path, message, document.line_of(path)))
            elif FILL_IN in problem.message:
                left_over.append(problem)
            else:
                option = {"name": "--name", "region": "--region", "account": "--account", "tables": "--columns"}.get(str(problem.path[0]))
                wrong.append(Problem((), f"{option or problem.where}: {problem.where} {problem.message}"))
        if wrong:
            raise LakeFileError(str(context), sorted(wrong, key=lambda problem: problem.line or 0)) from None
        return tuple(left_over)
    return ()


def _write(target: Path, text: str, *, force: bool) -> None:
    """Writes the whole file or nothing; an existing one only with `--force`."""
    if target.exists() and not force:
        print(f"{target}: already exists (give --force to overwrite it, or another --output-file)", file=sys.stderr)
        raise typer.Exit(WRONG_USE)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, suffix=".tmp", delete=False) as file:
            file.write(text)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(target)
    except OSError as error:
        print(f"{target}: cannot be written: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        raise typer.Exit(WRONG_USE) from None
