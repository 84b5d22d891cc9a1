"""Options and errors that the commands of the local lake share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from constructs_lib.config.problems import LakeFileError
from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, Output, report

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


@contextmanager
def problems_as_exit_codes(output: Output) -> Iterator[None]:
    """Turns what can go wrong into one line and an exit code."""
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
        _refuse(_words(error), code, error)


def _words(error: Exception) -> str:
    """What went wrong, for a person: the driver's errors are pairs of a number and a text."""
    import pymysql

    from scripts.seed.errors import statement_error

    return str(statement_error(error)) if isinstance(error, pymysql.MySQLError) else str(error)


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
