"""`moulin verify`: a lake against its source, table by table (docs/local.md)."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.commands.local_support import DataOption, ExamplesOption, LakeArgument, SourceOption, ask_source, problems_as_exit_codes
from scripts.commands.output import FOUND_A_PROBLEM, Output, OutputOption, print_json


def verify(
    lake: LakeArgument,
    source: SourceOption = None,
    table: Annotated[
        list[str] | None, typer.Option(help="A table, by its name in the source or the lake. Repeatable.", show_default="all")
    ] = None,
    data: DataOption = None,
    examples: ExamplesOption = 10,
    output: OutputOption = Output.TEXT,
) -> None:
    """Compares the tables of the local lake with their source: keys, and a hash of each row. Changes nothing.

    Before that it asks the source's catalog whether the keys identify a row, and what changes or columns its log does not show.

    Exit code: 0 when all are equal, 1 when not, 2 for wrong use.
    """
    with problems_as_exit_codes(output, lake):
        from scripts.local import setup
        from scripts.local.show import print_results, result_records
        from scripts.local.storage import only_user
        from scripts.local.verify import choose, verify_local
        from scripts.seed.credentials import parse_source

        if source is not None:
            parse_source(source)  # before anything else is done
        folder = setup.lake_folder(lake, data)
        with only_user(folder.root):  # the private server has one user, and a lake that is written meanwhile cannot be equal
            template = setup.synthesised(lake, folder.root / "cdktf.out")
            chosen = choose(template, table or ())
            with setup.source(source, folder) as login:
                findings = ask_source(lake, login, output, refuse=False)
                results = list(verify_local(template, folder, login, tables=chosen, findings=findings, examples=examples))
        if output is Output.JSON:
            print_json(result_records(results))
        else:
            print_results(results)
    raise typer.Exit(0 if all(result.equal for result in results) else FOUND_A_PROBLEM)


if __name__ == "__main__":
    typer.run(verify)
