"""Each Iceberg type: what is accepted, what is written, and that nothing is lost on the way."""

import base64
import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, localcontext

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from functions.firehose_transform.message import Number
from functions.firehose_transform.outcome import RecordError
from functions.firehose_transform.values import encoder_for, exact_text, hash_encoder

BIG_UNSIGNED = "18446744073709551615"
DECIMAL_65_30 = "12345678901234567890123456789012345.123456789012345678901234567890"


def n(text: str) -> Number:
    """A JSON number, as the decoder hands it over."""
    return Number(text)


@pytest.mark.parametrize(
    ("kind", "value", "encoded"),
    [
        ("boolean", True, "true"),
        ("boolean", False, "false"),
        ("boolean", n("0"), "false"),
        ("boolean", n("1"), "true"),
        ("boolean", "0", "false"),
        ("boolean", "1", "true"),
        ("boolean", "true", "true"),
        ("boolean", "false", "false"),
        ("int", n("0"), "0"),
        ("int", n("-0"), "0"),
        ("int", n("2147483647"), "2147483647"),
        ("int", n("-2147483648"), "-2147483648"),
        ("int", "00042", "42"),
        ("int", "+7", "7"),
        ("int", n("1.20e2"), "120"),
        ("int", n("12.000"), "12"),
        ("int", n("0e999999999"), "0"),
        ("long", n("9007199254740993"), "9007199254740993"),
        ("long", n("9223372036854775807"), "9223372036854775807"),
        ("long", n("-9223372036854775808"), "-9223372036854775808"),
        ("int", n("3.937e4"), "39370"),
        ("long", n("1e+0000000015"), "1000000000000000"),
        ("long", n("9.007199254740991e15"), "9007199254740991"),
        ("long", "-9.007199254740991E+15", "-9007199254740991"),
        ("float", n("1.5"), "1.5"),
        ("float", n("3.4028235e38"), "3.4028235e38"),
        ("double", n("-1.7976931348623157e308"), "-1.7976931348623157e308"),
        ("double", "2.50", "2.50"),
        ("double", n("12345678901234567890.1234567"), "12345678901234567890.1234567"),
        ("decimal(20,0)", n(BIG_UNSIGNED), f'"{BIG_UNSIGNED}"'),
        ("decimal(65,30)", n(DECIMAL_65_30), f'"{DECIMAL_65_30}"'),
        ("decimal(65,30)", "-" + DECIMAL_65_30, f'"-{DECIMAL_65_30}"'),
        ("decimal(10,2)", n("12.5"), '"12.50"'),
        ("decimal(10,2)", n("12.500"), '"12.50"'),
        ("decimal(10,2)", n("-0.50"), '"-0.50"'),
        ("decimal(10,2)", n("-0.00"), '"0.00"'),
        ("decimal(10,2)", n("1.25e3"), '"1250.00"'),
        ("decimal(10,2)", n("1e-2"), '"0.01"'),
        ("decimal(20,0)", n("9.007199254740991e15"), '"9007199254740991"'),
        ("decimal(18,2)", n("9.007199254740991e13"), '"90071992547409.91"'),
        ("decimal(38,18)", n("9.007199254740991e-3"), '"0.009007199254740991"'),
        ("decimal(38,18)", n("-12345678901234567890.123456789012345678"), '"-12345678901234567890.123456789012345678"'),
        ("decimal(10,2)", "0012.3", '"12.30"'),
        ("decimal(2,2)", n("0.99"), '"0.99"'),
        ("decimal(2,2)", n("0"), '"0.00"'),
        ("date", "2024-02-29", '"2024-02-29"'),
        ("date", "0001-01-01", '"0001-01-01"'),
        ("date", "9999-12-31", '"9999-12-31"'),
        ("date", "0000-00-00", "null"),
        ("date", "2023-00-10", "null"),
        ("date", "2023-10-00", "null"),
        ("time", "23:59:59.999999", '"23:59:59.999999"'),
        ("time", "00:00:00", '"00:00:00.000000"'),
        ("time", "08:30:00.5", '"08:30:00.500000"'),
        ("timestamp", "1970-01-01T00:00:00Z", "0"),
        ("timestamp", "2023-01-16T06:18:32Z", "1673849912000000"),
        ("timestamp", "2023-01-16 06:18:32.000001", "1673849912000001"),
        ("timestamp", "2023-01-16T06:18:32.123456000Z", "1673849912123456"),
        ("timestamp", "2023-01-16T06:18:32+00:00", "1673849912000000"),
        ("timestamp", "1969-12-31T23:59:59.999999Z", "-1"),
        ("timestamp", "0001-01-01T00:00:00Z", "-62135596800000000"),
        ("timestamp", "9999-12-31T23:59:59.999999Z", "253402300799999999"),
        ("timestamp", "0000-00-00 00:00:00", "null"),
        ("timestamp", "0000-00-00T00:00:00Z", "null"),
        ("timestamptz", "2023-01-16T06:18:32Z", "1673849912000000"),
        ("timestamptz", "2023-01-16T06:18:32", "1673849912000000"),
        ("timestamptz", "2023-01-16T15:18:32+09:00", "1673849912000000"),
        ("timestamptz", "2023-01-16T00:48:32-0530", "1673849912000000"),
        ("string", 'text \u20ac \U0001f600 "quoted" back\\slash \n', '"text \u20ac \U0001f600 \\"quoted\\" back\\\\slash \\n"'),
        ("string", "", '""'),
        ("string", "-838:59:59", '"-838:59:59"'),
        ("string", n("1.10"), '"1.10"'),
        ("string", n("123456789012345678901234567890"), '"123456789012345678901234567890"'),
        ("string", True, '"true"'),
        ("string", {"a": [n("1.10"), None, False, 'x"y']}, '"{\\"a\\":[1.10,null,false,\\"x\\\\\\"y\\"]}"'),
        ("uuid", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", '"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"'),
        ("binary", "0x00ff", '"AP8="'),
        ("binary", "00FF", '"AP8="'),
        ("binary", "0x", '""'),
        ("binary", "", '""'),
    ],
)
def test_encodes(kind, value, encoded):
    assert encoder_for(kind)(value) == encoded


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("boolean", n("2"), "invalid_value"),
        ("boolean", "TRUE", "invalid_value"),
        ("boolean", [], "invalid_value"),
        ("int", n("2147483648"), "out_of_range"),
        ("int", n("-2147483649"), "out_of_range"),
        ("int", n("1.5"), "invalid_value"),
        ("int", True, "invalid_value"),
        ("int", "", "invalid_value"),
        ("int", " 1", "invalid_value"),
        ("int", "\u0661", "invalid_value"),
        ("int", n("1e999999999"), "out_of_range"),
        ("int", n("9" * 5_000), "out_of_range"),
        ("long", n("9223372036854775808"), "out_of_range"),
        ("long", n("-9223372036854775809"), "out_of_range"),
        ("long", n(BIG_UNSIGNED), "out_of_range"),
        ("long", n("1e-1"), "invalid_value"),
        ("long", n("9.007199254740992e15"), "inexact_number"),
        ("long", n("1.2345678901234567e+18"), "inexact_number"),
        ("long", "-1.2345678901234567E18", "inexact_number"),
        ("long", n("1e18"), "inexact_number"),
        ("int", n("1e18"), "inexact_number"),
        ("float", n("3.5e38"), "out_of_range"),
        ("double", n("1e309"), "out_of_range"),
        ("double", "NaN", "invalid_value"),
        ("double", "Infinity", "invalid_value"),
        ("double", "1_000", "invalid_value"),
        ("double", False, "invalid_value"),
        ("decimal(10,2)", n("0.005"), "digits_lost"),
        ("decimal(10,2)", n("123456789.00"), "out_of_range"),
        ("decimal(20,0)", n("1.8446744073709552e+19"), "inexact_number"),
        ("decimal(20,0)", n("9.007199254740992e15"), "inexact_number"),
        ("decimal(18,2)", n("9.007199254740992e13"), "inexact_number"),
        ("decimal(18,6)", n("1.2345678901212346e+11"), "inexact_number"),
        ("decimal(38,18)", n("1.5e0"), "inexact_number"),
        ("decimal(65,30)", n("-1e34"), "inexact_number"),
        ("decimal(10,2)", n("1e9"), "out_of_range"),
        ("decimal(10,2)", n("1e-999999999"), "out_of_range"),
        ("decimal(10,2)", "12,5", "invalid_value"),
        ("decimal(10,2)", True, "invalid_value"),
        ("decimal(2,2)", n("1"), "out_of_range"),
        ("date", "2023-02-29", "invalid_value"),
        ("date", "0000-01-01", "invalid_value"),
        ("date", "2023-W03-1", "invalid_value"),
        ("date", "20230116", "invalid_value"),
        ("date", "2023-01-16T00:00:00Z", "invalid_value"),
        ("date", n("19373"), "invalid_value"),
        ("time", "24:00:00", "invalid_value"),
        ("time", "-01:00:00", "invalid_value"),
        ("time", "838:59:59", "invalid_value"),
        ("time", "12:00:00.0000001", "digits_lost"),
        ("timestamp", "2023-01-16T29:00:00Z", "invalid_value"),
        ("timestamp", "2023-01-16T24:00:00Z", "invalid_value"),
        ("timestamp", "2023-01-16T23:59:60Z", "invalid_value"),
        ("timestamp", "2023-01-16T06:18:32+09:00", "invalid_value"),
        ("timestamp", "2023-01-16T06:18:32.1234567Z", "digits_lost"),
        ("timestamp", "2023-01-16", "invalid_value"),
        ("timestamp", "10000-01-01T00:00:00Z", "invalid_value"),
        ("timestamp", n("1673849912000000"), "invalid_value"),
        ("timestamptz", "0001-01-01T00:00:00+01:00", "out_of_range"),
        ("timestamptz", "9999-12-31T23:00:00-02:00", "out_of_range"),
        ("uuid", "f81d4fae7dec11d0a76500a0c91e6bf6", "invalid_value"),
        ("binary", "0xabc", "invalid_value"),
        ("binary", "xyz0", "invalid_value"),
        ("binary", "0x 0f", "invalid_value"),
        ("binary", n("12"), "invalid_value"),
    ],
)
def test_fails_when_a_value_would_change(kind, value, reason):
    with pytest.raises(RecordError) as rejected:
        encoder_for(kind)(value)
    assert rejected.value.reason == reason


@pytest.mark.parametrize("kind", ["varchar", "decimal", "decimal(0,0)", "decimal(2,3)", "decimal(-1,0)", "list<int>", ""])
def test_fails_when_the_type_is_not_supported(kind):
    with pytest.raises(ValueError, match="unsupported type"):
        encoder_for(kind)


@pytest.mark.parametrize(("depth", "accepted"), [(100, True), (101, True), (102, False)])
def test_json_text_is_kept_to_the_depth_that_mysql_has(depth, accepted):
    value: object = []
    for _ in range(depth - 1):
        value = [value]
    if accepted:
        assert encoder_for("string")(value) == f'"{"[" * depth}{"]" * depth}"'
    else:
        with pytest.raises(RecordError):
            encoder_for("string")(value)


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_long_comes_through(number):
    for text in (str(number), str(number) + ".0"):
        assert int(encoder_for("long")(n(text))) == number


@given(st.integers(-(2**63), 2**63 - 1) | st.integers(2**53 - 3, 2**53 + 3))
def test_a_long_with_an_exponent_comes_through_or_fails_where_its_neighbour_could_be_meant(number):
    """A double's own text, which is what a sender that goes through doubles writes."""
    for text in (f"{float(number):.16e}", f"{Decimal(float(number)):E}", f"{int(float(number))}e0"):
        if abs(number) < 2**53:
            assert int(encoder_for("long")(n(text))) == number
        else:
            with pytest.raises(RecordError):
                encoder_for("long")(n(text))


@given(st.integers(1, 65), st.data())
def test_every_decimal_comes_through_or_fails(precision, data):
    scale = data.draw(st.integers(0, precision))
    unscaled = data.draw(st.integers(-(10 ** (precision + 1)), 10 ** (precision + 1)))
    exponent = data.draw(st.integers(-scale - 2, 3))
    with localcontext(prec=200):
        value = Decimal(unscaled).scaleb(exponent)
        step = Decimal(1).scaleb(-scale)
        fits = abs(value) < Decimal(10) ** (precision - scale) and value % step == 0
        for text in (f"{value:f}", f"{value:E}"):
            if not fits or ("E" in text and abs(value / step) >= 2**53):
                with pytest.raises(RecordError):
                    encoder_for(f"decimal({precision},{scale})")(n(text))
                continue
            encoded = json.loads(encoder_for(f"decimal({precision},{scale})")(n(text)))
            assert Decimal(encoded) == value
            assert len(encoded.partition(".")[2]) == scale
            assert not (encoded.startswith("-") and value == 0)


@given(st.datetimes())
@example(datetime.min)
@example(datetime.max)
def test_every_timestamp_comes_through(moment):
    micros = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    for text in (moment.isoformat(), moment.isoformat(sep=" ") + "Z", moment.strftime("%Y").zfill(4) + moment.isoformat()[4:] + "+00:00"):
        assert int(encoder_for("timestamp")(text)) == micros
        assert int(encoder_for("timestamptz")(text)) == micros


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)), st.integers(-23 * 60, 23 * 60))
def test_every_instant_comes_through(moment, offset):
    instant = moment.replace(tzinfo=timezone(timedelta(minutes=offset)))
    micros = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert int(encoder_for("timestamptz")(instant.isoformat())) == micros


@given(st.dates())
def test_every_date_comes_through(day):
    assert date.fromisoformat(json.loads(encoder_for("date")(day.isoformat()))) == day


@given(st.times())
def test_every_time_comes_through(moment):
    assert time.fromisoformat(json.loads(encoder_for("time")(moment.isoformat()))) == moment


@given(st.binary(max_size=300), st.sampled_from(["", "0x"]), st.booleans())
def test_every_binary_comes_through(content, prefix, upper):
    text = prefix + (content.hex().upper() if upper else content.hex())
    assert base64.b64decode(json.loads(encoder_for("binary")(text)), validate=True) == content


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_string_comes_through(text):
    assert json.loads(encoder_for("string")(text)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_comes_through(number):
    assert float(encoder_for("double")(n(repr(number)))) == number


def test_a_hash_is_the_hmac_of_the_source_text():
    encode = hash_encoder(b"key")
    # The output of: printf 123-45-6789 | openssl dgst -sha256 -hmac key
    assert encode("123-45-6789") == '"440e40f8f8408832b0e210ad5c32ae1f663423fb87bf28f99195455b75f0f56a"'
    assert encode(n("1.10")) == encode("1.10") != encode("1.1")
    assert encode(True) == encode("true")
    assert len(json.loads(encode(""))) == 64


@pytest.mark.parametrize("encode", [exact_text(encoder_for("string")), exact_text(hash_encoder(b"key"))], ids=["text", "hash"])
def test_what_identifies_a_row_or_a_person_is_not_made_of_a_number_whose_digits_may_be_gone(encode):
    for value in (n("1.2345678901234567e+18"), n("-9.007199254740992E15"), n("1.2345678901234567e2")):
        with pytest.raises(RecordError) as rejected:
            encode(value)
        assert rejected.value.reason == "inexact_number"
    for value in ("1.2345678901234567e+18", n("1234567890123456789"), n("3.937e4"), n("1.5e-3"), n("0e99"), True, {"a": n("1e18")}):
        assert encode(value)
