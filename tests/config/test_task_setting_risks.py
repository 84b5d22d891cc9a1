# ruff: noqa: E501 - a message stands in one piece
"""Every leaf of DMS's task-settings document is classed, and what is accepted with a risk is told by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.config.load import load_lake, warnings_of
from constructs_lib.config.task_setting_verdicts import LOG_COMPONENTS, judged
from constructs_lib.config.task_settings import task_settings
from constructs_lib.defaults import task_settings as defaults
from constructs_lib.defaults.task_setting_classes import CLASSES, NEUTRAL, Amount, Anything, Choice, Leaf, Verdict, Weight
from tests.config.support import lake, mistakes, text_of

TODAY = date(2026, 1, 1)
BEFORE_IMAGE = "BeforeImageSettings"


def leaves() -> Iterator[Leaf]:
    """The whole document that we know: what we write, what some versions return, and the before image."""
    for name in defaults.STABLE_VALUES:
        yield (name,)
    for section in dict.fromkeys([*defaults.STABLE, *defaults.VERSION_DEPENDENT]):
        keys = [*defaults.STABLE.get(section, {}), *defaults.VERSION_DEPENDENT.get(section, ())]
        yield from ((section, key) for key in keys)
        if not keys:
            yield (section,)
    yield from ((BEFORE_IMAGE, key) for key in task_settings(lake())[BEFORE_IMAGE])


def verdicts() -> Iterator[tuple[Leaf, Verdict]]:
    """Every verdict of every leaf."""
    for leaf, setting in CLASSES.items():
        if isinstance(setting, Choice):
            yield from ((leaf, verdict) for verdict in setting.values.values())
        elif isinstance(setting, Anything):
            yield leaf, setting.verdict
        else:
            yield from ((leaf, verdict) for _, verdict in filter(None, (setting.below, setting.above)))


def told(override: str, tmp_path: Path) -> list[str]:
    """The warnings of a lake file with overrides."""
    file = tmp_path / "lake.yaml"
    file.write_text(text_of(f"capture: {{task_settings: {override}}}"))
    return [f"{problem.where} {problem.message}" for problem in warnings_of(load_lake(file), file, TODAY) if problem.line]


def test_every_leaf_is_classed_once() -> None:
    assert set(leaves()) == set(CLASSES)
    assert len(list(leaves())) == len(set(leaves()))


def test_every_switch_and_choice_knows_all_its_values() -> None:
    for leaf, setting in CLASSES.items():
        default = defaults.STABLE.get(leaf[0], {}).get(leaf[-1], defaults.STABLE_VALUES.get(leaf[0]))
        if isinstance(default, bool):
            assert isinstance(setting, Choice), leaf
            assert set(setting.values) == {True, False}, leaf
        elif isinstance(default, int):
            assert isinstance(setting, Amount), leaf
        elif leaf[-1].endswith(("Policy", "PrepMode")):
            assert isinstance(setting, Choice), leaf
            assert default is None or default in setting.values, leaf
    severities = CLASSES[LOG_COMPONENTS]
    assert isinstance(severities, Choice)
    assert set(severities.values) == set(defaults.SEVERITIES)


def test_every_verdict_says_why_and_every_risk_has_a_name() -> None:
    for leaf, verdict in verdicts():
        assert bool(verdict.risk) == (verdict.weight is Weight.RISK), leaf
        assert bool(verdict.reason) == (verdict.weight is not Weight.NEUTRAL), leaf


@pytest.mark.parametrize("mode", ["full-load-and-cdc", "cdc", "full-load"])
def test_our_own_document_is_neutral_in_every_leaf(mode: str) -> None:
    worse = [leaf for leaf in judged(task_settings(lake(f"capture: {{mode: {mode}}}"))) if leaf.verdict != NEUTRAL]
    assert worse == []


@pytest.mark.parametrize(
    ("override", "found"),
    [
        ("{ErrorBehavior: {DataErrorPolicy: LOG_ERROR}}",
         "ErrorBehavior.DataErrorPolicy is LOG_ERROR, with the risk lost-changes: the record never reaches the lake, and only DMS's log says so"),
        ("{ErrorBehavior: {TableErrorPolicy: SUSPEND_TABLE}}",
         "ErrorBehavior.TableErrorPolicy is SUSPEND_TABLE, with the risk suspended-table: the task goes on without the table, whose changes are"
         " missing until it is loaded again"),
        ("{ErrorBehavior: {ApplyErrorFailOnTruncationDdl: false}}",
         "ErrorBehavior.ApplyErrorFailOnTruncationDdl is false, with the risk unseen-truncate: after a TRUNCATE in the source a mirror keeps every"
         " row, and nothing says so"),
        ("{ChangeProcessingDdlHandlingPolicy: {HandleSourceTableTruncated: false}}",
         "ChangeProcessingDdlHandlingPolicy.HandleSourceTableTruncated is false, with the risk unseen-truncate: after a TRUNCATE in the source a"
         " mirror keeps every row, and nothing says so"),
        ("{ErrorBehavior: {DataTruncationErrorPolicy: LOG_ERROR}}",
         "ErrorBehavior.DataTruncationErrorPolicy is LOG_ERROR, with the risk cut-values: values arrive cut, and only DMS's log says so"),
        ("{ErrorBehavior: {RecoverableErrorCount: 0}}",
         "ErrorBehavior.RecoverableErrorCount is 0, with the risk standstill: DMS gives a connection up after so many errors: capture then stands"
         " still until somebody starts it"),
        ("{TargetMetadata: {LobMaxSize: 239}}",
         "TargetMetadata.LobMaxSize is 239, with the risk cut-values: larger objects arrive cut, with a warning in DMS's log at most"),
        ("{TargetMetadata: {LobMaxSize: 241}}",
         "TargetMetadata.LobMaxSize is 241, with the risk lost-changes: a row with objects of this size can pass the 1000 KiB of a Firehose record,"
         " and is then not delivered"),
        ("{Logging: {LogComponents: [{Id: IO, Severity: LOGGER_SEVERITY_INFO}, {Id: SORTER, Severity: LOGGER_SEVERITY_DETAILED_DEBUG}]}}",
         "Logging.LogComponents[1].Severity is LOGGER_SEVERITY_DETAILED_DEBUG, with the risk rows-in-logs: logs of this detail may hold values of"
         " rows, those that the file drops or hashes among them"),
        ("{TTSettings: {EnableTT: true}}",
         "TTSettings.EnableTT is true, with the risk rows-elsewhere: DMS writes the changes into a second bucket, which the lake neither makes nor"
         " protects"),
        ("{PostProcessingRules: {X: 1}}",
         "PostProcessingRules is {'X': 1}, with the risk undocumented: AWS does not document this section: what it does to rows is not known"),
    ],
)  # fmt: skip
def test_an_accepted_risk_is_named_with_its_line(override: str, found: str, tmp_path: Path) -> None:
    assert mistakes(f"capture: {{task_settings: {override}}}") == []
    assert told(override, tmp_path) == [f"capture.task_settings.{found}"]


@pytest.mark.parametrize(
    "override",
    [
        "{}", "{TargetMetadata: {LobMaxSize: 240}}", "{ErrorBehavior: {RecoverableErrorCount: -1, DataErrorPolicy: STOP_TASK}}",
        "{TTSettings: {EnableTT: false}}", "{Logging: {LogComponents: [{Id: IO, Severity: LOGGER_SEVERITY_WARNING}]}}", "{PostProcessingRules: {}}",
    ],
)  # fmt: skip
def test_what_is_neutral_is_not_told(override: str, tmp_path: Path) -> None:
    assert told(override, tmp_path) == []


@pytest.mark.parametrize("value", [None, 1, "true", [], {}])
def test_a_value_of_another_kind_has_no_verdict(value: Any) -> None:
    (leaf,) = judged({"ErrorBehavior": {"FailOnNoTablesCaptured": value}}) if value is not None else (None,)
    assert leaf is None or leaf.verdict is None
    assert not list(judged({"ErrorBehavior": {"FailOnNoTablesCaptured": None}}))


def test_operations_md_names_every_risk() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()
    section = page.partition("## Settings of the task")[2].partition("\n## ")[0]
    risks = {verdict.risk for _, verdict in verdicts() if verdict.risk}
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == risks
