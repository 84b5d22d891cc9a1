"""`moulin seed`: rows and changes for the tables of a lake (docs/seed.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.output import Output, OutputOption
from scripts.seed.errors import UsageError
from scripts.seed.job import run_seed
from scripts.seed.mix import Mix, parse_mix
from scripts.seed.options import Scenario, SeedOptions


def _mix(text: str) -> Mix:
    try:
        return parse_mix(text)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from None


def _refuse_password(value: str | None) -> None:
    """The command this one replaces took the password as `-p`, where shell history and every process list show it."""
    if value is not None:
        raise typer.BadParameter("a password is never an argument: set MOULIN_DB_PASSWORD, give --secret NAME, or wait to be asked")


def seed(
    max_count: Annotated[
        int | None, typer.Option(metavar="N", help="Changes per table; negative for endless, until Ctrl-C.", show_default="10")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statements and run none.")] = False,
    create_table: Annotated[bool, typer.Option("--create-table", help="Create the table and its database first, where missing.")] = False,
    drop_table: Annotated[bool, typer.Option("--drop-table", help="Drop the table first, with its rows. Needs --yes.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Yes, drop the table.")] = False,
    user: Annotated[str | None, typer.Option("-u", "--user", help="Database user.", show_default="the secret's")] = None,
    host: Annotated[str | None, typer.Option(help="Host, or path of a Unix socket.", show_default="the secret's, else 127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="TCP port.", show_default="the secret's, else 3306")] = None,
    database: Annotated[str | None, typer.Option(help="MySQL database of the table.", show_default="testdb")] = None,
    table: Annotated[
        list[str] | None, typer.Option(help="Table; with --lake any number of them.", show_default="retail_trans; with --lake all")
    ] = None,
    lake: Annotated[Path | None, typer.Option(metavar="FILE", help="Take the tables of this lake file.")] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, metavar="PER_SECOND", help="Changes per second, all tables together.")] = None,
    batch_size: Annotated[
        int | None, typer.Option(min=1, max=100_000, metavar="N", help="Most changes per transaction.", show_default="1000; --bulk: 10000")
    ] = None,
    mix: Annotated[
        Mix | None, typer.Option(parser=_mix, metavar="SHARES", help="insert=70,update=20,delete=10", show_default="insert=100")
    ] = None,
    random_seed: Annotated[int, typer.Option(metavar="N", help="The same seed on the same rows gives the same changes.")] = 47,
    scenario: Annotated[Scenario | None, typer.Option(help="Fixed changes to retail_trans in place of generated ones.")] = None,
    bulk: Annotated[bool, typer.Option("--bulk", help="Insert by LOAD DATA LOCAL, where the server allows it.")] = False,
    secret: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Secrets Manager secret with the login, by name or ARN.", show_default="MOULIN_ADMIN_SECRET_ARN"),
    ] = None,
    ssl_ca: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="PEM file of trusted roots.", show_default="/opt/moulin/source-ca.pem, else the system's"),
    ] = None,
    no_tls: Annotated[bool, typer.Option("--no-tls", help="Allow plain text to another machine.")] = False,
    output: OutputOption = Output.TEXT,
    password: Annotated[str | None, typer.Option("-p", "--password", hidden=True, callback=_refuse_password)] = None,
) -> None:
    """Write rows and changes into the tables of a lake, or into the built-in retail_trans.

    The password comes from MOULIN_DB_PASSWORD, from a secret, or from a prompt: never from an argument.
    """
    del password  # refused before this runs
    options = SeedOptions(
        max_count=max_count,
        dry_run=dry_run,
        create_table=create_table,
        drop_table=drop_table,
        yes=yes,
        user=user,
        host=host,
        port=port,
        database=database,
        tables=tuple(table or ()),
        lake=lake,
        rate=rate,
        batch_size=batch_size,
        mix=mix,
        random_seed=random_seed,
        scenario=scenario,
        bulk=bulk,
        secret=secret,
        ssl_ca=ssl_ca,
        no_tls=no_tls,
        json=output is Output.JSON,
    )
    raise typer.Exit(run_seed(options))


if __name__ == "__main__":
    typer.run(seed)
