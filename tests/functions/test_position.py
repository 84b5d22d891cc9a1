"""Positions sort as text exactly as the source committed, and their first 16 characters tell changes apart."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.firehose_transform.outcome import RecordError
from functions.firehose_transform.position import WIDTH, Positions

# What Iceberg keeps of a text as a file's bounds: write.metadata.metrics.default is truncate(16).
BOUND = 16

counts = st.integers(0, 10**20 - 1)
small = st.integers(0, 300) | counts
places = st.tuples(small, small, small)


def mysql(file: int, offset: int, record: int, epoch: int = 0) -> str:
    position, fallback = Positions(epoch).change(f"mysql-bin.{file:06d}:{offset}:-1", None, None, str(record))
    assert not fallback
    return position


def postgres(lsn: int, counter: int, record: int) -> str:
    place = f"{lsn >> 32:08X}/{lsn & 0xFFFFFFFF:08X}"
    position, fallback = Positions(0).change(f"{place}.{counter}.{place}", None, None, str(record))
    assert not fallback
    return position


def committed(micros: int, transaction: int, record: int) -> str:
    position, fallback = Positions(0).change("else:where", micros, str(transaction), str(record))
    assert fallback
    return position


@pytest.mark.parametrize(
    ("stream_position", "expected"),
    [
        ("mysql-bin-changelog.157832:1975:-1:2002:677883278264080:mysql-bin-changelog.157832:1876", "131" + "6157832" + "41975" + "17"),
        ("mysql-bin.000001:4", "131" + "11" + "14" + "17"),
        ("binlog.000002:4:", "131" + "12" + "14" + "17"),
        ("binlog.1000000:0:-1", "131" + "71000000" + "0" + "17"),
        ("00000002/7C007178.3.00000002/7C007178", "131" + "b10670338424" + "13" + "17"),
        ("FFFFFFFF/FFFFFFFF.0.FFFFFFFF/FFFFFFFF", "131" + "k18446744073709551615" + "0" + "17"),
    ],
)
def test_reads_the_known_forms(stream_position, expected):
    assert Positions(3).change(stream_position, None, None, "7") == (expected.ljust(WIDTH, "0"), False)


NOT_KNOWN = [
    None,
    "",
    "mysql-bin:4",
    "mysql-bin.000001",
    "mysql-bin.000001:x",
    "mysql-bin.00001:4",
    "mysql-bin.1:4",
    "mysql-bin.0000001:4",
    "mysql-bin.-00001:4",
    "mysql-bin.000001:04",
    "mysql-bin.000001:4x",
    "mysql-bin.000001:-4",
    "mysql-bin.000001: 4",
    "mysql-bin." + "1" * 21 + ":4",
    "mysql-bin.000001:" + "1" * 21,
    "mysql-bin.00000\u0661:4",
    ".000001:4",
    "000001:4",
    "mysql-bin-changelog.000041.9999.0.0.0:0",
    "mysql-bin-changelog.000043.1.0.0.0:0",
    "mysql-bin-changelog.000041.000042:0",
    "10.0.0.5-bin.000041:0",
    "V1#27#mysql-bin-changelog.157832:1975#0",
    "checkpoint:V1#27#mysql-bin-changelog.157832:1975:-1:2002:677883278264080:mysql-bin-changelog.157832:1876#0#0#*#0#93",
    "00000002/7C007178",
    "00000002/7C007178.3",
    "2/7C007178.3.2/7C007178",
    "00000002/7c007178.3.00000002/7c007178",
    "000000002/7C007178.3.000000002/7C007178",
    "00000002/7C007178.03.00000002/7C007178",
    "00000002/7C007178.3.00000002/7C007179",
    "00000002/7C007178.3.00000002/7C007178.1",
    "3fa85f64-5717-4562-b3fc-2c963f66afa6:1-77",
    "0-1-4711",
    "153472993",
]


@pytest.mark.parametrize("stream_position", NOT_KNOWN)
def test_falls_back_to_the_commit_time(stream_position):
    assert Positions(0).change(stream_position, 17, "5", "7") == ("02" + "217" + "15" + "17" + "0" * 60, True)


@pytest.mark.parametrize(
    ("stream_position", "commit", "transaction", "record"),
    [
        ("mysql-bin.000001:4", 17, "5", None),
        ("mysql-bin.000001:4", 17, "5", "-1"),
        ("mysql-bin.000001:4", 17, "5", "x"),
        ("mysql-bin.000001:4", 17, "5", ""),
        ("mysql-bin.000001:4", 17, "5", "1" * 21),
        ("mysql-bin.000001:4", 17, "5", "\u0661"),
        (None, None, "5", "7"),
        (None, -1, "5", "7"),
        (None, 10**20, "5", "7"),
        (None, 17, None, "7"),
        (None, 17, "1" * 21, "7"),
        (None, 17, "-5", "7"),
    ],
)
def test_fails_when_no_position_of_that_width_exists(stream_position, commit, transaction, record):
    with pytest.raises(RecordError) as rejected:
        Positions(0).change(stream_position, commit, transaction, record)
    assert rejected.value.reason == "no_position"


@given(st.lists(st.tuples(st.integers(0, 9999), small, small, small), min_size=2, max_size=20, unique=True))
def test_mysql_positions_sort_as_their_numbers_and_are_never_the_same(found):
    texts = {place: mysql(*place[1:], epoch=place[0]) for place in found}
    assert sorted(texts.values()) == [texts[place] for place in sorted(texts)]
    assert len(set(texts.values())) == len(found)
    assert {len(text) for text in texts.values()} == {WIDTH}


@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), small, small), min_size=2, max_size=20, unique=True))
def test_postgres_positions_sort_as_their_numbers_and_are_never_the_same(found):
    texts = {place: postgres(*place) for place in found}
    assert sorted(texts.values()) == [texts[place] for place in sorted(texts)]
    assert len(set(texts.values())) == len(found)


@given(st.lists(places, min_size=2, max_size=20, unique=True))
def test_positions_made_from_the_commit_time_sort_as_their_numbers(found):
    texts = {place: committed(*place) for place in found}
    assert sorted(texts.values()) == [texts[place] for place in sorted(texts)]


@given(st.lists(st.from_regex(r"a(\.[0-9]{6,7}){1,2}(\.[01])?:[0-9]{1,2}(:[0-9:]?)?", fullmatch=True), min_size=2, max_size=20))
def test_texts_near_mysql_s_form_give_one_position_only_where_they_name_one_place(texts):
    named = {text: Positions(0).change(text, 17, "5", "7") for text in texts}
    known = {text: position for text, (position, fallback) in named.items() if not fallback}
    places_named = {tuple(text.split(":")[:2]) for text in known}
    assert len(set(known.values())) == len(places_named)
    assert all(re.match(r"a\.[0-9]+:", text) for text in known)


@given(places, places)
def test_a_commit_time_sorts_behind_every_place_in_the_log(place, other):
    assert mysql(*place) < committed(*other)


@given(st.integers(0, 9999), small, small, small)
def test_a_load_row_sorts_before_every_change_of_its_epoch_and_behind_the_epoch_before(epoch, a, b, c):
    change = mysql(a, b, c, epoch)
    assert Positions(epoch).load < change
    assert epoch == 9999 or change < Positions(epoch + 1).load
    assert len(Positions(epoch).load) == WIDTH


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (mysql(157832, 1975, 1), mysql(157832, 1976, 1)),  # Places 27 bytes apart are the closest that two row events come.
        (mysql(157832, 134_216_000, 1), mysql(157832, 134_217_000, 1)),
        (mysql(9_999_999, 1, 1), mysql(10_000_000, 1, 1)),
        (postgres(0x2_7C007178, 3, 1), postgres(0x2_7C007179, 3, 1)),
        (postgres(0x1F_FFFF_FFFFFF, 3, 1), postgres(0x1F_FFFF_FFFFFF + 100, 3, 1)),
        (committed(1_722_214_697_974_000, 1, 1), committed(1_722_214_697_975_000, 1, 1)),
    ],
)
def test_the_first_16_characters_tell_changes_apart(earlier, later):
    """Within a thousand bytes of log or a millisecond; the closer ones share a file anyway."""
    assert earlier[:BOUND] < later[:BOUND]


@given(st.text(), st.none() | st.integers(), st.none() | st.text(), st.none() | st.text())
def test_any_text_gives_a_position_of_fixed_form_or_none(stream_position, commit, transaction, record):
    try:
        position, _ = Positions(1).change(stream_position, commit, transaction, record)
    except RecordError:
        return
    assert re.fullmatch(r"11[12][0-9a-k]{66}", position)
