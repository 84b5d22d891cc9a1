"""`moulin local`: a lake on one machine, with real parts and no AWS account (docs/local.md)."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.commands.local_support import DataOption, ExamplesOption, LakeArgument, SourceOption, ask_source, problems_as_exit_codes
from scripts.commands.output import FOUND_A_PROBLEM, Output, OutputOption, print_json

INTERRUPTED = 130


def local(
    lake: LakeArgument,
    source: SourceOption = None,
    rows: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Rows per table before the full load.", show_default="1000; with --source 0")
    ] = None,
    changes: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Changes per table while it runs.", show_default="as --rows")
    ] = None,
    mix: Annotated[str, typer.Option(metavar="SHARES", help="Shares of the changes.")] = "insert=60,update=30,delete=10",
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0.1, metavar="N", help="Make changes for so long, in place of --changes; with --changes 0 capture what others make."
        ),
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0.01, metavar="PER_SECOND", help="Changes per second, all tables together.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="Repeatable: duplicate=5%, reorder=window:100, batch-failure=1%, kill-after=10s.", show_default=False),
    ] = None,
    random_seed: Annotated[int, typer.Option(metavar="N", help="Of rows, changes and faults.")] = 47,
    speed_up: Annotated[float, typer.Option(min=0.1, metavar="FACTOR", help="Divides the time that buffers wait.")] = 60.0,
    fresh: Annotated[
        bool, typer.Option("--fresh/--keep", help="Forget the run before, its private source included, or go on from it.")
    ] = False,
    data: DataOption = None,
    examples: ExamplesOption = 10,
    output: OutputOption = Output.TEXT,
) -> None:
    """Runs a lake on this machine: full load, changes, the transform zip, Iceberg tables, and a comparison with the source.

    First it asks the source's catalog: keys that identify no row of it and columns that are never sent are refused, as in a lake file.

    Exit code: 0 when every table equals its source and every record is accounted for, 1 when not, 2 for wrong use.
    """
    with problems_as_exit_codes(output, lake):
        import shutil

        from scripts.local import setup
        from scripts.local.faults import parse_faults
        from scripts.local.session import Plan, is_new, run_session
        from scripts.local.show import Screen, outcome_record, print_outcome
        from scripts.local.storage import only_user
        from scripts.seed.credentials import parse_source
        from scripts.seed.mix import parse_mix

        parse_mix(mix)
        first_rows = rows if rows is not None else (1_000 if source is None else 0)
        plan = Plan(
            lake,
            rows=first_rows,
            changes=changes if changes is not None else (-1 if seconds is not None else first_rows),
            seconds=seconds,
            rate=rate,
            mix=mix,
            random_seed=random_seed,
            faults=parse_faults(fault or (), seed=random_seed),
            speed_up=speed_up,
            examples=examples,
        )
        if source is not None:
            parse_source(source)  # before anything else is done
        folder = setup.lake_folder(lake, data)
        screen = Screen(quiet=output is Output.JSON)
        with only_user(folder.root):
            if fresh:
                folder.clear()
                shutil.rmtree(folder.source, ignore_errors=True)
            screen.say(f"synthesising {lake}")
            template = setup.synthesise(lake, folder.root / "cdktf.out")
            if template.unplayed:
                screen.say(f"not played by a local lake, and it may change rows on AWS: {'; '.join(template.unplayed)}")
            if folder.fingerprint is not None and is_new(template, folder):
                screen.say("the lake file has changed since the last run: starting anew with the full load")
            with setup.source(source, folder, say=screen.say) as login:
                findings = ask_source(lake, login, output, refuse=True)
                with screen.live() as progress:
                    outcome = run_session(plan, template, folder, login, findings=findings, on_progress=progress, say=screen.say)
            if output is Output.JSON:
                print_json({**outcome_record(outcome), "not_played": list(template.unplayed)})
            else:
                print_outcome(outcome, template, folder)
    if outcome.interrupted:
        raise typer.Exit(INTERRUPTED)
    raise typer.Exit(0 if outcome.equal else FOUND_A_PROBLEM)


if __name__ == "__main__":
    typer.run(local)
