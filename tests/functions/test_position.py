"""Positions sort as text exactly as the source committed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.firehose_transform.outcome import RecordError
from functions.firehose_transform.position import WIDTH, Positions

counts = st.integers(0, 10**20 - 1)
small = st.integers(0, 300) | counts


@pytest.mark.parametrize(
    ("stream_position", "expected"),
    [
        ("mysql-bin-changelog.157832:1975:-1:2002:677883278264080:mysql-bin-changelog.157832:1876", (157832, 1975, 7)),
        ("mysql-bin.000001:4", (1, 4, 7)),
        ("db1.example-bin.000002:4:", (2, 4, 7)),
        ("00000002/7C007178.3.00000002/7C007178", (0x2_7C007178, 3, 7)),
        ("FFFFFFFF/FFFFFFFF.0.FFFFFFFF/FFFFFFFF", (2**64 - 1, 0, 7)),
        ("0/16B3748.12", (0x16B3748, 12, 7)),
    ],
)
def test_reads_the_known_forms(stream_position, expected):
    position, fallback = Positions(3).change(stream_position, None, None, "7")
    a, b, c = expected
    assert (position, fallback) == (f"0003-1-{a:020d}-{b:020d}-{c:020d}", False)


@pytest.mark.parametrize(
    "stream_position",
    [
        None,
        "",
        "mysql-bin:4",
        "mysql-bin.1:x",
        "mysql-bin.1",
        "mysql-bin.-1:4",
        "mysql-bin.1:4x",
        "mysql-bin." + "1" * 21 + ":4",
        "mysql-bin.\u0661:4",
        "00000002/7C007178",
        "000000002/7C007178.3",
        "3fa85f64-5717-4562-b3fc-2c963f66afa6:1-77",
    ],
)
def test_falls_back_to_the_commit_time(stream_position):
    position, fallback = Positions(0).change(stream_position, 17, "5", "7")
    assert (position, fallback) == (f"0000-1-{17:020d}-{5:020d}-{7:020d}", True)


@pytest.mark.parametrize(
    ("stream_position", "commit", "transaction", "record"),
    [
        ("mysql-bin.1:4", 17, "5", None),
        ("mysql-bin.1:4", 17, "5", "-1"),
        ("mysql-bin.1:4", 17, "5", "x"),
        ("mysql-bin.1:4", 17, "5", ""),
        ("mysql-bin.1:4", 17, "5", "1" * 21),
        ("mysql-bin.1:4", 17, "5", "\u0661"),
        (None, None, "5", "7"),
        (None, -1, "5", "7"),
        (None, 17, None, "7"),
        (None, 17, "1" * 21, "7"),
        (None, 17, "-5", "7"),
    ],
)
def test_fails_when_no_position_of_that_width_exists(stream_position, commit, transaction, record):
    with pytest.raises(RecordError) as rejected:
        Positions(0).change(stream_position, commit, transaction, record)
    assert rejected.value.reason == "no_position"


@given(st.lists(st.tuples(st.integers(0, 9999), small, small, small), min_size=2, max_size=20))
def test_mysql_positions_sort_as_their_numbers(places):
    texts = {place: Positions(place[0]).change(f"mysql-bin.{place[1]:06d}:{place[2]}:-1", None, None, str(place[3]))[0] for place in places}
    assert sorted(texts.values()) == [texts[place] for place in sorted(texts)]
    assert {len(text) for text in texts.values()} == {WIDTH}


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), small, small), min_size=2, max_size=20))
def test_postgres_positions_sort_as_their_numbers(places):
    texts = {
        place: Positions(0).change(f"{place[0] >> 32:08X}/{place[0] & 0xFFFFFFFF:08X}.{place[1]}.x", None, None, str(place[2]))[0]
        for place in places
    }
    assert sorted(texts.values()) == [texts[place] for place in sorted(texts)]


@given(st.integers(0, 9999), small, small, small)
def test_a_load_row_sorts_between_epochs(epoch, a, b, c):
    change = Positions(epoch).change(f"x.{a}:{b}", None, None, str(c))[0]
    assert Positions(epoch).load < change < f"{epoch + 1:04d}" or epoch == 9999
    assert len(Positions(epoch).load) == WIDTH


@given(st.text(), st.none() | st.integers(), st.none() | st.text(), st.none() | st.text())
def test_any_text_gives_a_position_of_fixed_form_or_none(stream_position, commit, transaction, record):
    try:
        position, _ = Positions(1).change(stream_position, commit, transaction, record)
    except RecordError:
        return
    assert re.fullmatch(r"0001-1-[0-9]{20}-[0-9]{20}-[0-9]{20}", position)
