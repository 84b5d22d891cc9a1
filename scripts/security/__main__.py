"""`python -m scripts.security`: the security command by itself."""

from __future__ import annotations

import typer

from scripts.commands.security import security

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command()(security)

if __name__ == "__main__":
    app(prog_name="python -m scripts.security")
