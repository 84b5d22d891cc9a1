"""`moulin`: the operator's and developer's commands, `python -m scripts.cli`.

Exit codes: 0 good, 1 a problem was found, 2 wrong use or a wrong file.
"""

from __future__ import annotations

import typer

from scripts.commands.check import check
from scripts.commands.ddl import ddl
from scripts.commands.deploy_emulated import deploy_emulated
from scripts.commands.evolve import evolve
from scripts.commands.import_context import import_context
from scripts.commands.local import local
from scripts.commands.plan import plan
from scripts.commands.replay import replay
from scripts.commands.review import review
from scripts.commands.schema import schema
from scripts.commands.security import security
from scripts.commands.seed import seed
from scripts.commands.task import task_app
from scripts.commands.verify import verify
from scripts.stopping import unwound_by_signals

app = typer.Typer(
    name="moulin",
    help="Change-data-capture lakes: check a lake file, plan it, review it, fill its source, operate its capture.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("check")(check)
app.command("import")(import_context)
app.command("schema")(schema)
app.command("plan")(plan)
app.command("security")(security)
app.command("review")(review)
app.command("ddl")(ddl)
app.command("deploy-emulated")(deploy_emulated)
app.command("seed")(seed)
app.command("local")(local)
app.command("verify")(verify)
app.command("replay")(replay)
app.add_typer(task_app, name="task")
app.command("evolve")(evolve)


def main() -> None:
    """Runs a command; an interruption is not worth a traceback, and leaves nothing behind."""
    with unwound_by_signals():
        app(prog_name="moulin")


if __name__ == "__main__":
    main()
