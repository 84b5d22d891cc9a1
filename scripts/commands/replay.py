"""`moulin replay`: what could not be delivered, delivered again (docs/local.md)."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from scripts.commands.local_support import DataOption, LakeArgument, problems_as_exit_codes
from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, Output, OutputOption, print_json


def replay(
    lake: LakeArgument,
    local: Annotated[bool, typer.Option("--local", help="Replay the error path of the local lake.")] = False,
    data: DataOption = None,
    output: OutputOption = Output.TEXT,
) -> None:
    """Sends failed records through the function and into their tables again. Safe to run twice and to break off.

    An update of a mirror's key is left out and counted: sent again it would be refused again.

    Exit code: 0 when nothing is left in the error path, 1 when something is, 2 for wrong use.
    """
    if not local:
        print("replay works on the local lake only: add --local", file=sys.stderr)
        raise typer.Exit(WRONG_USE)
    with problems_as_exit_codes(output, lake):
        from scripts.local import setup
        from scripts.local.key_changes import WAY_OUT
        from scripts.local.replay import replay_local
        from scripts.local.storage import only_user

        folder = setup.lake_folder(lake, data)
        with only_user(folder.root):
            counts = replay_local(setup.synthesise(lake, folder.root / "cdktf.out"), folder)
        if output is Output.JSON:
            print_json([{"stream": name, **one.as_record()} for name, one in counts.items()])
        else:
            for name, one in counts.items():
                print(
                    f"{name}: {one.objects:,} error objects, {one.delivered.total():,} rows delivered, {one.superseded.total():,} left out"
                    f" because their row has changed since, {one.dropped:,} dropped, {one.failed.total():,} failed again"
                )
                for reason, count in sorted(one.left_out.items()):
                    print(f"{name}: {count:,} left where they are: {reason}, which no replay can deliver ({WAY_OUT})")
    raise typer.Exit(FOUND_A_PROBLEM if any(one.failed or one.left_out for one in counts.values()) else 0)


if __name__ == "__main__":
    typer.run(replay)
