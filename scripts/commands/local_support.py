"""Options and errors that the commands of the local lake share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from constructs_lib.config.load import load_lake, with_lines
from constructs_lib.config.problems import LakeFileError, warning_line
from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, Output, print_warning, report

if TYPE_CHECKING:
    from scripts.seed.credentials import Login
    from scripts.source_checks.finding import Finding

LakeArgument = Annotated[Path, typer.Argument(help="A lake file, such as lakes/retail.yaml.", show_default=False)]
SourceOption = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="A MySQL or MariaDB that runs already: mysql://user@host:port, the password in MOULIN_DB_PASSWORD.",
        show_default="a private MariaDB",
    ),
]
DataOption = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Where the local lake keeps its data.", show_default=".moulin/local/<lake>")
]
ExamplesOption = Annotated[int, typer.Option(min=0, metavar="N", help="Differences to show per table.")]


def ask_source(lake: Path, login: Login, output: Output, *, refuse: bool, root: Path | None = None) -> list[Finding]:
    """Asks the source what it says against the lake, and warns of it on standard error.

    Args:
        lake: the lake file.
        login: of the source.
        output: JSON gets no warnings: they stand in it.
        refuse: whether what is refused ends the command; else it is a warning like the others.
        root: PEM file of the root that signed the source's certificate; None for a source on this machine, or the system's roots.

    Raises:
        LakeFileError: rows are certain to come out wrong.
    """
    from scripts.source_checks.finding import Weight
    from scripts.source_checks.lake_tables import checked_tables
    from scripts.source_checks.run import check_source
    from scripts.source_checks.session import catalog

    with catalog(login, root=root) as query:
        found = check_source(query, checked_tables(load_lake(lake)))
    refused = [finding.problem for finding in found if finding.weight is Weight.REFUSE]
    if refuse and refused:
        raise LakeFileError(str(lake), with_lines(refused, lake))
    if output is Output.TEXT:
        for problem in with_lines([finding.problem for finding in found], lake):
            print_warning(warning_line(str(lake), problem))
    return found


@contextmanager
def problems_as_exit_codes(output: Output, lake: Path) -> Iterator[None]:
    """Turns what can go wrong with a lake into one line and an exit code."""
    try:
        yield
    except LakeFileError as error:
        report(error, output)
        raise typer.Exit(WRONG_USE) from error
    except ImportError as error:
        _refuse(f"{error.name} is not installed: a local lake needs the development packages (make setup)", WRONG_USE, error)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        _refuse(_words(error, lake), code, error)


def _words(error: Exception, lake: Path) -> str:
    """What went wrong, for a person: the driver's errors are pairs of a number and a text."""
    import pymysql

    from scripts.seed.errors import statement_error

    return f"{lake}: {statement_error(error)}" if isinstance(error, pymysql.MySQLError) else str(error)


def _exit_code(error: Exception) -> int | None:
    """What an error of ours means; None for a defect, which should show where it is."""
    import pymysql

    from scripts.local.commits import CommitConflictError
    from scripts.local.faults import FaultError
    from scripts.local.iceberg_sink import TableChangedError
    from scripts.local.mariadb import MariaDbError
    from scripts.local.setup import SynthesisError
    from scripts.local.source.errors import CaptureError
    from scripts.local.storage import FolderBusyError, StorageError
    from scripts.local.template import TemplateError
    from scripts.seed.errors import SeedError

    if isinstance(error, SeedError):
        return error.exit_code
    if isinstance(error, FaultError | FolderBusyError | TableChangedError | MariaDbError | SynthesisError | TemplateError):
        return WRONG_USE
    return FOUND_A_PROBLEM if isinstance(error, CaptureError | CommitConflictError | StorageError | OSError | pymysql.MySQLError) else None


def _refuse(text: str, code: int, error: Exception) -> None:
    print(text, file=sys.stderr)
    raise typer.Exit(code) from error
