"""The comment on a pull request: bounded, and nothing in a plan can steer it."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.review.finding import Area, plain
from scripts.review.markdown import LIMIT, MARK, escaped, to_markdown
from scripts.review.report import review
from tests.review.support import NAMES, parsed, real, resource


def balanced(page: str) -> bool:
    return page.count("<details") == page.count("</details>") and page.count("<code>") == page.count("</code>")


@pytest.mark.parametrize("name", NAMES)
def test_every_real_plan_makes_a_whole_comment(name: str) -> None:
    one = real(name)
    page = to_markdown([one])
    assert page.startswith(MARK)
    assert balanced(page)
    assert len(page) < LIMIT
    assert page.count("\n- ") == len(one.findings) + len(one.counts)


def test_losses_stand_open_and_first() -> None:
    page = to_markdown([real("safe"), real("loosened")])
    assert page.index("LOSS: ") < page.index("ACCESS: ") < page.index("COST: ")
    assert "<details open><summary><b>\U0001f534 LOSS" in page
    assert "needs a person's yes" in page.splitlines()[1]


def test_nothing_to_agree_to_is_said() -> None:
    assert "nothing that needs a person's yes" in to_markdown([real("safe")]).splitlines()[1]


HOSTILE = "a|b`c<script>*_[x](http://e.vil)~@octocat #1 <!-- --> </details>\n## head ![](u) \x1b[31m \u202e $x$"


def test_what_stands_in_a_plan_cannot_steer_the_comment() -> None:
    change = resource("aws_s3_bucket", {}, None, name=HOSTILE)
    page = to_markdown([review(parsed(change))])
    line = next(line for line in page.splitlines() if line.startswith("- <code>"))
    shown = line.removeprefix("- <code>").partition("</code>")[0]
    for piece in ("<", ">", "|", "`", "*", "_", "[", "]", "~", "@", "!", "$", "\x1b", "\u202e", "http://"):
        assert piece not in shown, piece
    assert "@\u200boctocat" in html.unescape(shown)  # reads the same, calls nobody
    assert balanced(page)


@given(st.text(st.characters(exclude_characters="&")).map(plain))
def test_escaped_text_reads_as_it_was_and_means_nothing(text: str) -> None:
    shown = escaped(text)
    assert html.unescape(shown).replace("@\u200b", "@") == text.replace("@\u200b", "@")
    assert not set("<>|`*_[]~@!$\\") & set(re.sub(r"&#\d+;", "", shown))


@pytest.mark.parametrize(("count", "plans"), [(1, 1), (50, 1), (3_000, 1), (1, 400), (50, 40)])
def test_a_comment_never_exceeds_what_github_takes(count: int, plans: int) -> None:
    buckets = [resource("aws_s3_bucket", {"bucket": f"b{n}"}, None, name=f"{'<|@`' * 40}{n}") for n in range(count)]
    new = [resource("aws_kms_key", None, {"policy": "x"}, name=f"k{n}") for n in range(count)]
    one = review(parsed(*buckets, *new))
    page = to_markdown([one] * plans)
    assert len(page) <= LIMIT
    assert balanced(page)
    assert count * plans < 1_000 or re.search(r"and \d+ more (loss findings|plans) that do not fit", page)


def test_losses_are_the_last_to_be_left_out() -> None:
    losses = [resource("aws_s3_bucket", {}, None, name=f"b{n}") for n in range(100)]
    notes = [resource("aws_vpc", {"a": 1}, {}, name=f"v{n}", previous_address="y" * 200) for n in range(1_000)]
    page = to_markdown([review(parsed(*notes, *losses))])
    assert page.count("Lost: every object in it") == 100
    assert "note findings that do not fit here" in page


def test_a_message_is_bounded() -> None:
    assert plain("x" * 5_000).endswith("(3,500 characters more: read them in the plan)")


@given(st.text())
def test_plain_text_can_be_written_anywhere(text: str) -> None:
    shown = plain(text)
    shown.encode("utf-8")
    assert "\x1b" not in shown
    assert "\n" not in shown


def test_every_area_has_its_place() -> None:
    from scripts.review import markdown, report, text

    for table in (markdown.SIGNS, report.TITLES, text.STYLES, text.WORDS):
        assert set(table) == set(Area)


def test_several_plans_are_told_apart() -> None:
    one = review(parsed(resource("aws_s3_bucket", {}, None)))
    page = to_markdown([replace(one, name="one"), replace(one, name="two")])
    assert "<code>one: aws&#95;s3&#95;bucket.x</code>" in page
    assert "<code>two: aws&#95;s3&#95;bucket.x</code>" in page
