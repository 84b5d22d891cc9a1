"""`python -m scripts.plan`: the plan command by itself."""

from __future__ import annotations

import typer

from scripts.commands.plan import plan

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command()(plan)

if __name__ == "__main__":
    app(prog_name="python -m scripts.plan")
