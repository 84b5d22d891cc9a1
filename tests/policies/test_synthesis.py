"""A lake that breaks a rule is refused as a whole: exit code 1, what is wrong, and nothing written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from constructs_lib import policies
from constructs_lib.config.load import load_lake
from constructs_lib.policies.template import Finding, Template
from stacks.synth import synthesise
from tests.conftest import ROOT

MINIMAL = ROOT / "lakes" / "minimal.yaml"


def no_alarm_topics(template: Template) -> Iterator[Finding]:
    """A rule that the minimal lake breaks once."""
    for address, _ in template.resources("aws_sns_topic"):
        yield Finding(address, "must not be made: use the company's own topic")


def run(out: Path) -> int:
    return synthesise(load_lake(MINIMAL), lake_file=MINIMAL, out=out, started=time.perf_counter())


@pytest.fixture
def stricter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(policies.RULES, "no-alarm-topics", no_alarm_topics)


@pytest.mark.usefixtures("stricter")
def test_fails_when_a_stack_breaks_a_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "cdktf.out"
    assert run(out) == 1
    printed = capsys.readouterr()
    assert printed.err.splitlines() == [
        "minimal-dev-operations: aws_sns_topic.topic: must not be made: use the company's own topic [no-alarm-topics]",
        "1 policy violations: nothing was written",
    ]
    assert printed.out == ""
    assert list(out.rglob("*")) == []


@pytest.mark.usefixtures("stricter")
def test_refused_synthesis_takes_the_earlier_one_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left over would be deployed in its place."""
    out = tmp_path / "cdktf.out"
    with monkeypatch.context() as context:
        context.delitem(policies.RULES, "no-alarm-topics")
        assert run(out) == 0
    assert (out / "manifest.json").exists()
    assert run(out) == 1
    assert list(out.rglob("*")) == []


@pytest.mark.usefixtures("stricter")
def test_refused_synthesis_leaves_other_peoples_files_alone(tmp_path: Path) -> None:
    """The output folder is whatever CDKTF_OUTDIR names."""
    (tmp_path / "thesis.txt").write_text("mine")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "notes.txt").write_text("mine too")
    run(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"
    assert (tmp_path / "stacks" / "notes.txt").read_text() == "mine too"


def test_accepted_synthesis_says_what_it_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "cdktf.out"
    assert run(out) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert f"{MINIMAL}: 6 stacks, " in printed.out
    assert str(out / "stacks" / "minimal-dev-delivery" / "cdk.tf.json") in printed.out
    assert not (out / ".build").exists()


def test_stack_of_an_earlier_lake_is_gone(tmp_path: Path) -> None:
    out = tmp_path / "cdktf.out"
    retail = ROOT / "lakes" / "retail.yaml"
    assert synthesise(load_lake(retail), lake_file=retail, out=out, started=time.perf_counter()) == 0
    assert run(out) == 0
    assert {path.name.rsplit("-", 1)[0] for path in (out / "stacks").iterdir()} == {"minimal-dev"}
