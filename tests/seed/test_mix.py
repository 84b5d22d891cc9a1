from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.seed.errors import UsageError
from scripts.seed.mix import Mix, Schedule, parse_mix

shares = st.integers(min_value=0, max_value=100)
mixes = st.builds(Mix, shares, shares, shares).filter(lambda mix: mix.insert + mix.update + mix.delete > 0)


def test_mix_is_read_in_any_order_and_what_is_missing_is_zero() -> None:
    assert parse_mix("delete=10, insert=70") == Mix(insert=70, update=0, delete=10)


@pytest.mark.parametrize(
    "text", ["", "insert", "insert=x", "insert=-1", "insert=1,insert=2", "upsert=1", "insert=1.5", "insert=\u0661", "insert=0"]
)
def test_fails_when_a_mix_is_not_one(text: str) -> None:
    with pytest.raises(UsageError, match="--mix must"):
        parse_mix(text)


@given(mixes, st.lists(st.integers(min_value=0, max_value=700), max_size=8))
def test_each_operation_has_its_share_to_within_one_however_it_is_dealt(mix: Mix, batches: list[int]) -> None:
    schedule = Schedule(mix)
    totals = [0, 0, 0]
    for size in batches:
        dealt = schedule.take(size)
        assert sum(dealt) == size
        totals = [total + number for total, number in zip(totals, dealt, strict=True)]
        weights = mix.weights
        for total, weight in zip(totals, weights, strict=True):
            assert abs(total - sum(totals) * weight / sum(weights)) <= 1


def test_inserts_come_first_so_that_there_is_something_to_change() -> None:
    assert Schedule(Mix(1, 1, 1)).take(1) == (1, 0, 0)
