"""Faults between the reader and the function."""

from __future__ import annotations

import pytest

from scripts.local.faults import Arrival, FaultError, Faults, disturb, parse_faults
from scripts.local.records import CapturedRecord, SourcePosition


def arrivals(count: int) -> list[Arrival]:
    records = [CapturedRecord(b"", "", SourcePosition(1, number, 1), "s", "t", 0) for number in range(count)]
    return [Arrival(record, resume=record.position) for record in records] + [Arrival(None, resume=SourcePosition(9, 9, 9))]


def test_every_form_is_read() -> None:
    faults = parse_faults(["duplicate=5%", "reorder=window:100", "batch-failure=1%", "kill-after=10s"], seed=3)
    assert faults == Faults(duplicate=0.05, reorder=100, batch_failure=0.01, kill_after_seconds=10.0, seed=3)


@pytest.mark.parametrize("text", ["duplicate", "duplicate=5", "duplicate=101%", "reorder=100", "kill-after=10", "typo=1%", ""])
def test_fails_when_a_fault_is_unknown(text: str) -> None:
    with pytest.raises(FaultError, match=rf"--fault {text} is not one of duplicate=5%"):
        parse_faults([text])


def test_duplicates_come_right_after_and_keep_their_position() -> None:
    disturbed = list(disturb(arrivals(1000), Faults(duplicate=0.1)))
    records = [one for one in disturbed if one.record is not None]
    again = [index for index, one in enumerate(records) if one.duplicate]
    assert 60 < len(again) < 150
    assert all(records[index].record is records[index - 1].record for index in again)
    assert all(not records[index - 1].barrier for index in again)


def test_reordering_keeps_every_record_within_its_window_and_ends_at_a_barrier() -> None:
    original = arrivals(1050)
    disturbed = list(disturb(original, Faults(reorder=100)))
    places = [one.record.position.offset for one in disturbed if one.record is not None]
    assert sorted(places) == list(range(1050))
    assert places != sorted(places)
    for start in range(0, 1050, 100):
        window = disturbed[start : start + 100]
        assert {one.record.position.offset // 100 for one in window if one.record is not None} == {start // 100}
    ends = [index for index, one in enumerate(disturbed) if one.barrier]
    assert ends == [99, 199, 299, 399, 499, 599, 699, 799, 899, 999, 1049, 1050]


def test_a_barrier_tells_where_reading_may_start_again_behind_all_of_its_window() -> None:
    disturbed = list(disturb(arrivals(200), Faults(reorder=100)))
    assert disturbed[99].resume == SourcePosition(1, 99, 1)


def test_the_seed_decides() -> None:
    faults = Faults(duplicate=0.2, reorder=10)
    assert list(disturb(arrivals(100), faults)) == list(disturb(arrivals(100), faults))
    assert list(disturb(arrivals(100), faults)) != list(disturb(arrivals(100), Faults(duplicate=0.2, reorder=10, seed=1)))
