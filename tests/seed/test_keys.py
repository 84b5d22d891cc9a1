from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from scripts.seed.keys import KeySample


@given(st.integers(0, 30), st.integers(0, 40), st.integers())
def test_taken_keys_differ_and_are_gone(size: int, wanted: int, seed: int) -> None:
    sample = KeySample(Random(seed))
    sample.add((number, "x") for number in range(size))
    taken = sample.take(wanted)
    assert len(set(taken)) == len(taken) == min(size, wanted)
    assert len(sample) == size - len(taken)
    assert not set(sample.take(size)) & set(taken)


def test_beyond_its_capacity_new_keys_replace_old_ones() -> None:
    sample = KeySample(Random(1), capacity=10)
    sample.add((number,) for number in range(100))
    assert len(sample) == 10
    assert any(key not in [(number,) for number in range(10)] for key in sample.take(10))
