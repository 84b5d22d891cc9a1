"""`moulin ddl`: what Athena is to run for the tables that Terraform does not make."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError

from constructs_lib.config.lake import Lake
from constructs_lib.config.lake_table import athena_ddl, athena_view_ddl, view_name
from constructs_lib.config.load import load_lake
from constructs_lib.config.problems import LakeFileError
from constructs_lib.config.state import BucketName
from constructs_lib.config.table import TableConfig, TableMode
from scripts.commands.local_support import LakeArgument
from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, Output, OutputOption, print_json, report
from scripts.seed.errors import UsageError, nearest


@dataclass(frozen=True)
class Statement:
    """What makes one table or view.

    Attributes:
        source: `schema.table` in the source.
        database: Glue database.
        name: the table or view in it.
        made_by_terraform: then it is shown for who wants to see it.
        athena: the statement; None where Athena has none for it.
        problem: why not.
    """

    source: str
    database: str
    name: str
    made_by_terraform: bool
    athena: str | None
    problem: str | None = None


def ddl(
    lake: LakeArgument,
    table: Annotated[
        list[str] | None,
        typer.Option(
            help="A table, by its name in the source or the lake, with its view. Repeatable.", show_default="those with create: false"
        ),
    ] = None,
    bucket: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The data bucket: output S3BucketName of the lake stack.", show_default="from the lake file"),
    ] = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Prints Athena's statements for the tables that Terraform leaves to you (`create: false`); with --table for any table, and its view.

    Run them after the lake stack is deployed and before the delivery stack. Reads nothing but the file.
    Exit code: 0 when there is a statement for each table, 1 when Athena cannot make one, 2 for wrong use.
    """
    try:
        loaded = load_lake(lake)
        if bucket is not None:
            _check_bucket(bucket)
        statements = list(_statements(loaded, table or (), bucket))
    except LakeFileError as error:
        report(error, output)
        raise typer.Exit(WRONG_USE) from error
    except UsageError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(WRONG_USE) from error
    if output is Output.JSON:
        print_json([asdict(statement) for statement in statements])
    else:
        for statement in statements:
            if statement.athena is not None:
                print(f"-- {statement.source}\n{statement.athena.rstrip()};\n")
        if not statements:
            print(f"-- {lake}: Terraform makes every table (--table shows the statement of one)")
    for statement in statements:
        if statement.problem is not None:
            print(f"{statement.database}.{statement.name}: {statement.problem}", file=sys.stderr)
    if any(statement.problem for statement in statements):
        raise typer.Exit(FOUND_A_PROBLEM)


def _statements(lake: Lake, names: Sequence[str], bucket: str | None) -> Iterator[Statement]:
    """A table's statement once for each delivery that carries it; a view's only where a table is named: Terraform makes every view.

    Raises:
        UsageError: no table has the name, or the bucket's is not known.
    """
    carried = [
        (lake.database_of(delivery), lake.location_of(delivery, one), one)
        for delivery in lake.deliveries
        for one in lake.tables_of(delivery)
    ]
    for name in names:
        if not any(name in _names(database, one) for database, _, one in carried):
            raise UsageError(f"--table {name} is no table of this lake: {nearest(name, (str(one.source) for one in lake.tables))}")
    for database, location, one in carried:
        if (set(names) & set(_names(database, one))) if names else not one.create:
            target = one.target_name
            try:
                made = athena_ddl(database, target, one, f"s3://{bucket or _bucket(lake)}/{location}")
                yield Statement(str(one.source), database, target, one.create, made)
            except ValueError as error:
                yield Statement(str(one.source), database, target, one.create, None, str(error))
            if names and one.mode is TableMode.HISTORY:
                yield Statement(str(one.source), database, view_name(one), True, athena_view_ddl(database, target, one))


def _names(database: str, table: TableConfig) -> tuple[str, ...]:
    return (str(table.source), table.table_name, table.target_name, f"{database}.{table.target_name}")


def _check_bucket(name: str) -> None:
    try:
        TypeAdapter(BucketName).validate_python(name)
    except ValidationError as error:
        raise UsageError(f"--bucket {error.errors()[0]['ctx']['error']}") from None


def _bucket(lake: Lake) -> str:
    """The data bucket's name, where the lake file alone tells it."""
    if lake.storage.bucket is None and lake.account is None:
        raise UsageError(
            "the data bucket's name ends with the account, which the lake file does not name"
            " (give --bucket, the output S3BucketName of the lake stack, or set account)"
        )
    return lake.bucket_of(lake.account or "")


if __name__ == "__main__":
    typer.run(ddl)
