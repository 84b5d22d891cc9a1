"""`moulin review`: what a reviewer must know of Terraform plans (docs/review.md)."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scripts.commands.output import FOUND_A_PROBLEM, WRONG_USE, print_json
from scripts.review.errors import PlanError
from scripts.review.find import find_plan
from scripts.review.markdown import to_markdown
from scripts.review.report import review as review_plan
from scripts.review.report import review_records


class ReviewOutput(StrEnum):
    """What the command writes."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def review(
    plan: Annotated[
        list[str],
        typer.Argument(metavar="PLAN...", help="Plans of `terraform show -json`, `-` for one from a pipe, or stacks.", show_default=False),
    ],
    out: Annotated[Path, typer.Option(help="What `make synth` wrote: where stacks are looked for.")] = Path("cdktf.out"),
    output: Annotated[ReviewOutput, typer.Option("--output", help="Words, a comment for a pull request, or JSON.")] = ReviewOutput.TEXT,
) -> None:
    """Tells what of a plan loses data or positions, widens access, costs more, or cannot be judged. Changes nothing.

    Exit code: 0 when nothing needs a person's yes, 1 when something does, 2 for wrong use.
    """
    plans, errors = [], []
    for word in dict.fromkeys(plan):
        try:
            plans.append(find_plan(word, out=out))
        except PlanError as error:
            errors.append(str(error))
    if errors:
        print("\n".join(errors), file=sys.stderr)
        raise typer.Exit(WRONG_USE)
    reviews = [review_plan(one) for one in plans]
    if output is ReviewOutput.JSON:
        print_json(review_records(reviews))
    elif output is ReviewOutput.MARKDOWN:
        sys.stdout.write(to_markdown(reviews))
    else:
        from scripts.review.text import print_reviews

        print_reviews(reviews)
    raise typer.Exit(FOUND_A_PROBLEM if any(one.needs_a_yes for one in reviews) else 0)


if __name__ == "__main__":
    typer.run(review)
