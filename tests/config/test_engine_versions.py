# ruff: noqa: E501 - a message stands in one piece
"""Engine versions end: what is known of each, and from when on it is told."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from constructs_lib.config.load import load_lake, warnings_of
from constructs_lib.defaults.engine_versions import AURORA_MYSQL, DMS, NOTICE, READ_ON, Engine
from tests.config.support import text_of

ENGINES = {"dms": DMS, "aurora": AURORA_MYSQL}


def told(change: str, folder: Path, today: date) -> list[tuple[int | None, str]]:
    file = folder / "lake.yaml"
    file.write_text(text_of(change))
    return [(problem.line, f"{problem.where} {problem.message}") for problem in warnings_of(load_lake(file), file, today)]


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_the_default_is_known_and_has_the_latest_end(engine: Engine) -> None:
    known = engine.find(engine.default)
    assert known is not None
    assert known.creatable_until == max(version.creatable_until for version in engine.versions)
    assert known.creatable_until - NOTICE > READ_ON
    assert all(version.creatable_until <= version.upgraded_after for version in engine.versions)
    assert engine.source.startswith("https://docs.aws.amazon.com/")


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_version_is_told_from_ninety_days_before_its_end(engine: Engine) -> None:
    for version in engine.versions:
        last_quiet_day = version.creatable_until - timedelta(days=90)
        assert engine.warning(version.name, last_quiet_day) is None
        for today in (last_quiet_day + timedelta(days=1), version.creatable_until, version.upgraded_after + timedelta(days=1000)):
            assert f"AWS makes nothing new of it after {version.creatable_until}" in (engine.warning(version.name, today) or "")


def test_a_version_that_ends_is_told_with_its_line(tmp_path: Path) -> None:
    change = "capture: {instance: {engine_version: 3.5.4}}"
    assert told(change, tmp_path, date(2026, 11, 2)) == []
    expected = (
        "capture.instance.engine_version is 3.5.4: AWS makes nothing new of it after 2027-01-31 and upgrades what runs on it after 2027-03-31"
        " (for a new lake take 3.6.1, for one that runs see docs/operations.md#engine-versions; read on 2026-11-25 at"
        " https://docs.aws.amazon.com/dms/latest/userguide/CHAP_ReleaseNotes.html)"
    )
    assert told(change, tmp_path, date(2026, 11, 26)) == [(16, expected)]


def test_a_version_that_nobody_here_knows_is_told(tmp_path: Path) -> None:
    change = "{capture: {instance: {engine_version: 3.9.1}}, source: {create: {engine_version: 8.0.mysql_aurora.3.1.0}}}"
    messages = [message.split(" (see at")[0] for _, message in told(change, tmp_path, date(2026, 1, 1))]
    assert messages == [
        "capture.instance.engine_version is 3.9.1, which is none of those read on 2026-11-25: 3.6.1, 3.5.4, 3.6.0, 3.5.3",
        "source.create.engine_version is 8.0.mysql_aurora.3.1.0, which is none of those read on 2026-11-25: 8.0.mysql_aurora.3.10,"
        " 8.0.mysql_aurora.3.12, 8.0.mysql_aurora.3.04, 8.0.mysql_aurora.3.09, 8.0.mysql_aurora.3.08",
    ]


def test_the_defaults_of_a_file_that_says_nothing_are_told_too(tmp_path: Path) -> None:
    places = [message.split(" ")[0] for _, message in told("", tmp_path, date(2030, 1, 1))]
    assert sorted(places) == ["capture.instance.engine_version", "source.create.engine_version"]
    without = "{capture: {serverless: {}}, network: {existing: {vpc_id: vpc-1, private_subnet_ids: [subnet-1, subnet-2]}}}"
    assert [message.split(" ")[0] for _, message in told(without, tmp_path, date(2030, 1, 1))] == ["source.create.engine_version"]


def test_the_day_can_be_said_from_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "lake.yaml"
    file.write_text(text_of(""))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1900000000")  # 2030-03-17
    assert len(warnings_of(load_lake(file), file)) == 2
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert warnings_of(load_lake(file), file) == ()
