"""The fast path gives what the clear path gives, or leaves the message alone: for every route and every message that can be made up."""

import json
import random
import re
import time
from base64 import b64encode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.firehose_transform.message import decode
from functions.firehose_transform.outcome import Delivered
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer

KEY = b"key"
TEXTS = [
    '"plain"',
    '""',
    '"%s %(x)d {}"',
    '"\\"quoted\\" \\\\ \\n\\t\\b\\f\\r"',
    '"\\/"',
    '"\\u0041"',
    '"\\ud800"',
    '"\\ud83d\\ude00"',
    '"caf\u00e9 \u2028 \U0001f600 \x7f"',
    '"\x01"',
    '"null"',
    '",\\"metadata\\":{"',
]
NUMBERS = [
    *("0", "-0", "1", "-1", "12.50", "12.5", "-12.50", "-0.00", "-0.5", "0.005", "1e2", "1E+2", "1.5e1", "1e999", "01", "1.", ".5", "+1"),
    *("2147483647", "2147483648", "-2147483648", "-2147483649", "1999999999", "2099999999"),
    *("999999999999999999", "8999999999999999999", "9223372036854775807", "9223372036854775808", "-9223372036854775809"),
    *("18446744073709551615", "3" * 30, "3" * 39, "12345678.99", "123456789.99", "NaN", "Infinity", "3.5e38", "9" * 29 + "e9"),
    *("3.937e4", "1.2345678901234567e+18"),
]
MOMENTS = [
    *("2023-01-16T06:18:32Z", "2023-01-16T06:18:32.1Z", "2023-01-16T06:18:32.123456Z", "2023-01-16T06:18:32", "2023-01-16 06:18:32"),
    *("2023-01-16T06:18:32.1234567Z", "2023-01-16T06:18:32+09:00", "2023-02-30T06:18:32Z", "2023-01-16T24:00:00Z", "2023-01-16T29:00:00Z"),
    *("0000-00-00T00:00:00Z", "2023-00-10T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.9Z"),
    *("2023-W03-1T06:18:32Z", "2023-01-16", "0000-00-00", "2023-00-10", "2023-02-30", "06:18:32", "24:00:00", "06:18:32.5"),
    *("f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6", "0x00ff", "00f", "0x"),
]
ANY_VALUE = [*TEXTS, *NUMBERS, *(f'"{text}"' for text in MOMENTS + NUMBERS), "true", "false", "null", "[1.10]", '{"a":[]}', "tru", ""]
# Per type, values that the fast path is there for; they make up most of the messages.
USUAL = {
    "string": TEXTS[:4],
    "boolean": ["0", "1", "true", "false"],
    "int": ["0", "42", "-7", "1999999999"],
    "long": ["0", "42", "-7", "9007199254740993", "8999999999999999999"],
    "float": ["1.5", "-0", "1e5"],
    "double": ["1.5", "-2.25e3", "0.1"],
    "decimal(10,2)": ["12.50", "12.5", "-0.50", "-0.00", "0", "99999999.99"],
    "decimal(20,0)": ["18446744073709551615", "0", "-5"],
    "decimal(2,2)": ["0.25", "0", "-0.5"],
    "timestamp": [f'"{text}"' for text in MOMENTS[:4]],
    "timestamptz": [f'"{text}"' for text in MOMENTS[:4]],
    "date": ['"2023-01-16"', '"0000-00-00"'],
    "time": ['"06:18:32"', '"06:18:32.5"'],
    "uuid": ['"f81d4fae-7dec-11d0-a765-00a0c91e6bf6"'],
    "binary": ['"0x00ff"', '""'],
}
OPERATIONS = ["load", "insert", "update", "delete"]
POSITIONS = [
    *("mysql-bin.000007:1975:-1:2002", "mysql-bin.000007:1975", "mysql-bin.1000000:0", "00000002/7C007178.3.00000002/7C007178"),
    *("else:where", "a.b.000012:3", "mysql-bin.12:3", "mysql-bin.000001:4x", "mysql-bin.0000001:4", "mysql-bin.000001:04"),
    *("mysql-bin-changelog.000041.9999.0.0.0:0", "mysql-bin-changelog.000043.1.0.0.0:0", "mysql-bin-changelog.000041.000042:0"),
    *("mysql-bin." + "1" * 21 + ":4", "", "mysql-bin.\\\\000001:4", "mysql-bin.000001:4:\\n", "00000002/7C007178.3", "0/1.2.0/1"),
]
NAMES = ["a", "b", "C", "d%s", 'e"f', "g.h", "\u00e9", "i\\j"]


@st.composite
def routes(draw):
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    columns = []
    for name in names:
        hashed = draw(st.booleans()) and draw(st.booleans())
        kind = "string" if hashed else draw(st.sampled_from(sorted(USUAL)))
        columns.append({"name": name, "source": name, "type": kind, "required": draw(st.booleans()), "hash": hashed})
    if draw(st.booleans()):
        columns[-1]["source"] = draw(st.sampled_from(["renamed", columns[0]["source"]]))
    return {
        "schema": "s",
        "table": draw(st.sampled_from(["t", "t%"])),
        "database": "db",
        "target": "t",
        "mode": draw(st.sampled_from(["mirror", "history"])),
        "load": "insert",
        "keys": [names[0]],
        "unknown_columns": draw(st.sampled_from(["discard", "freeze", "evolve", "evolve"])),
        "columns": columns,
        "ignored": draw(st.sampled_from([[], ["ignored"]])),
    }


def _metadata(route, operation, draw) -> str:
    members = {
        "timestamp": '"2024-01-15T10:30:01.123456Z"',
        "record-type": '"data"',
        "operation": f'"{operation}"',
        "partition-key-type": '"primary-key"',
        "partition-key-value": draw(st.sampled_from(['"s.t.1"', '"a\\"b"', "7", "null", '"\\u0041"'])),
        "schema-name": f'"{route["schema"]}"',
        "table-name": f'"{route["table"]}"',
    }
    if operation != "load":
        members |= {
            "transaction-id": draw(st.sampled_from(["12884903113", "0", '"7"', "-1", "null", "1e3", "01", "1" * 21])),
            "transaction-record-id": draw(st.sampled_from(["1", "1", "1", "0", "-1", "2.0"])),
            "commit-timestamp": f'"{draw(st.sampled_from(MOMENTS[:10]))}"',
            "stream-position": f'"{draw(st.sampled_from(POSITIONS))}"',
        }
    return "{" + ",".join(f'"{name}":{value}' for name, value in members.items()) + "}"


def _message(route, operation, draw, usual: bool) -> str:
    values = []
    for name, kind in {column["source"]: column["type"] for column in route["columns"]}.items():
        choices = USUAL[kind] if usual else draw(st.sampled_from([USUAL[kind], USUAL[kind], ANY_VALUE]))
        values.append((name, draw(st.sampled_from([*choices, "null"] if not usual else choices))))
    if draw(st.booleans()):
        values.append(("ignored", draw(st.sampled_from(ANY_VALUE))))
    if draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(["new", "New Col", "9x", "c", "IGNORED", "_op", 'q"', "%s"]), max_size=2, unique=True))
        values += [(name, draw(st.sampled_from(ANY_VALUE if not usual else [*TEXTS[:4], "0", "12.50", "true", "null"]))) for name in names]
    if draw(st.booleans()) and draw(st.booleans()):
        values = draw(st.permutations(values))
    row = "{" + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{value}" for name, value in values) + "}"
    before = _before(values, draw) if operation == "update" else ""
    end = draw(st.sampled_from(["}", "}", "}\n", "} x"]))
    return f'{{"data":{row}{before},"metadata":{_metadata(route, operation, draw)}{end}'


def _before(values, draw) -> str:
    """The before image: none, nothing, or the row's members, all or some, the same or others."""
    kind = draw(st.sampled_from(["whole", "whole", "other", "some", "empty", "none", "strange"]))
    if kind in ("whole", "other", "some"):
        members = [one for one in values if kind != "some" or draw(st.booleans())]
        if kind == "other":
            members = [(name, draw(st.sampled_from([value, value, *ANY_VALUE]))) for name, value in members]
        return ',"before-image":{' + ",".join(f"{json.dumps(name, ensure_ascii=False)}:{value}" for name, value in members) + "}"
    return {"empty": ',"before-image":{}', "none": "", "strange": draw(st.sampled_from([',"x":1', ',"before-image":null']))}[kind]


def _record(text: str | bytes) -> dict:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return {"recordId": "1", "approximateArrivalTimestamp": 1705314602000, "data": b64encode(content).decode()}


def _told(outcome) -> object:
    if isinstance(outcome, Delivered):
        delivery = outcome.delivery
        return outcome._replace(delivery=(delivery.table, delivery.operation, str(delivery.metadata)))
    return outcome


def _transformers(*route_list, complete=False):
    image = {"field": "before-image", "complete": complete}
    settings = {"unrouted": "fail", "other_deliveries": [], "before_image": image, "position_epoch": 0}
    parsed = parse_routes(json.dumps({"version": 1, **settings, "routes": route_list}))
    return Transformer(parsed, KEY, learn_after=1), Transformer(parsed, KEY, learn_after=None)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(routes(), st.data())
def test_both_paths_agree_on_near_valid_messages(route, data):
    fast, clear = _transformers(route, complete=data.draw(st.booleans()))
    operations = data.draw(st.lists(st.sampled_from(OPERATIONS), min_size=2, max_size=3))
    for operation in operations:
        for usual in (True, True, False, False):
            record = _record(_message(route, operation, data.draw, usual))
            assert _told(fast.record(record)) == _told(clear.record(record))


@settings(max_examples=200)
@given(routes(), st.data(), st.randoms(use_true_random=False))
def test_both_paths_agree_on_mutated_messages(route, data, chance):
    fast, clear = _transformers(route, complete=data.draw(st.booleans()))
    text = _message(route, data.draw(st.sampled_from(["insert", "update"])), data.draw, usual=True)
    fast.record(_record(text))
    for _ in range(20):
        record = _record(_mutated(text, chance))
        assert _told(fast.record(record)) == _told(clear.record(record))


def _mutated(text: str, chance: random.Random) -> str:
    at, until = sorted(chance.randrange(len(text) + 1) for _ in range(2))
    until = min(until, at + chance.choice((0, 1, 1, 2, 8, 400)))
    inserted = chance.choice(("", " ", '"', "\\", "{", "}", ",", ":", "0", "-", "\n", "\x00", "null", "e9", '"a":1,', text[at:until] * 2))
    return text[:at] + inserted + text[until:]


def test_both_paths_agree_on_every_value_in_every_type(capsys):
    """Exhaustive where hypothesis samples: each type, nullable, required and as a key, with each value known to matter."""
    for mode in ("mirror", "history"):
        for kind in USUAL:
            for required in (False, True):
                columns = [
                    {"name": "k", "source": "k", "type": "int", "required": True, "hash": False},
                    {"name": "v", "source": "v", "type": kind, "required": required, "hash": False},
                ]
                route = {"schema": "s", "table": "t", "database": "db", "target": "t", "mode": mode, "load": "update", "keys": ["k"]}
                fast, clear = _transformers({**route, "unknown_columns": "discard", "columns": columns, "ignored": []})
                taken = 0
                for value in [*USUAL[kind], *ANY_VALUE]:
                    record = _record(f'{{"data":{{"k":1,"v":{value}}},"metadata":{json.dumps(METADATA, separators=(",", ":"))}}}')
                    taken += _is_fast(fast, record)
                    assert _told(fast.record(record)) == _told(clear.record(record)), (mode, kind, required, value)
                assert taken >= len(USUAL[kind]) // 2


METADATA = {
    "timestamp": "2024-01-15T10:30:01.123456Z",
    "record-type": "data",
    "operation": "insert",
    "partition-key-type": "primary-key",
    "schema-name": "s",
    "table-name": "t",
    "transaction-id": 12884903113,
    "transaction-record-id": 1,
    "commit-timestamp": "2024-01-15T10:30:00.000000Z",
    "stream-position": "mysql-bin-changelog.157832:1975:-1:2002:677883278264080:mysql-bin-changelog.157832:1876",
}


def _is_fast(transformer: Transformer, record: dict) -> bool:
    return transformer._fast.deliver(decode(record["data"]), record) is not None


@pytest.mark.parametrize("mode", ["mirror", "history"])
@pytest.mark.parametrize("name", ["load", "insert", "update", "delete"])
def test_ordinary_messages_take_the_fast_path_once_it_has_learnt(dms, routes_document, mode, name):
    routes_document["routes"][0]["mode"] = mode
    transformer = Transformer(parse_routes(json.dumps(routes_document)))
    record = _record(dms(name).strip())
    outcomes = {_told(transformer.record(record)) for _ in range(100)}
    assert _is_fast(transformer, record)
    assert len(outcomes | {_told(transformer.record(record))}) == 1


@pytest.mark.parametrize("mode", ["mirror", "history"])
def test_columns_that_evolve_take_the_fast_path_too(dms, routes_document, mode):
    routes_document["routes"][0] |= {"unknown_columns": "evolve", "mode": mode}
    parsed = parse_routes(json.dumps(routes_document))
    fast, clear = Transformer(parsed, learn_after=1), Transformer(parsed, learn_after=None)
    for name in ("insert", "update", "delete"):
        record = _record(dms(name).strip().replace(b'"amount":', b'"Unit Price":12.10,"colour":"red","amount":'))
        fast.record(record)
        assert _is_fast(fast, record) is (name != "delete" or mode == "history")
        assert _told(fast.record(record)) == _told(clear.record(record))
        assert (b'"unit_price":12.10,"colour":"red"' in clear.record(record).row) is (name != "delete" or mode == "history")


@pytest.mark.parametrize("mode", ["mirror", "history"])
@pytest.mark.parametrize("kind", sorted(USUAL))
def test_an_update_takes_the_fast_path_as_long_as_its_key_stays(mode, kind):
    """The before image is compared where it stands: a key that differs there by a letter goes to the clear path, be it written otherwise or
    changed."""
    columns = [
        {"name": name, "source": name, "type": type_, "required": name == "k", "hash": False} for name, type_ in (("v", "int"), ("k", kind))
    ]
    route = {"schema": "s", "table": "t", "database": "db", "target": "t", "mode": mode, "load": "update", "keys": ["k"]}
    fast, clear = _transformers({**route, "unknown_columns": "discard", "columns": columns, "ignored": []}, complete=True)
    metadata = json.dumps({**METADATA, "operation": "update"}, separators=(",", ":"))

    def update(old, new):
        return _record(f'{{"data":{{"k":{new},"v":2}},"before-image":{{"k":{old},"v":1}},"metadata":{metadata}}}')

    values = USUAL[kind]
    fast.record(update(values[0], values[0]))
    assert _is_fast(fast, update(values[0], values[0]))
    for old in [*values, *ANY_VALUE]:
        for new in values:
            record = update(old, new)
            assert not _is_fast(fast, record) or old == new
            assert _told(fast.record(record)) == _told(clear.record(record)), (old, new)


def test_unusual_messages_do_not(dms, routes_document):
    transformer = Transformer(parse_routes(json.dumps(routes_document)), learn_after=1)
    insert = dms("insert").strip()
    transformer.record(_record(insert))
    assert _is_fast(transformer, _record(insert))
    for text in (
        insert.replace(b'"amount":3', b'"amount": 3'),
        insert.replace(b'"amount":3', b'"amount":3,"amount":3'),
        insert.replace(b'"amount":3', b'"amount":"3"'),
        insert.replace(b"purchase", b"\\u0041"),
        insert.replace(b'"operation":"insert"', b'"operation":"insert","x":1'),
        dms("update_key_changed").strip(),
        insert + b"}",
    ):
        assert not _is_fast(transformer, _record(text))


@pytest.mark.parametrize("name", ['a"b', "a\\", "a\n", ".*", "%s"])
def test_a_strange_name_is_matched_only_as_json_writes_it(dms, routes_document, name):
    parsed = parse_routes(json.dumps(routes_document))
    fast, clear = Transformer(parsed, learn_after=1), Transformer(parsed, learn_after=None)
    insert = dms("insert").strip().decode()
    for place in ('"partition-key-type"', '"amount"'):
        written, raw = (insert.replace(place, f"{member}:1,{place}") for member in (json.dumps(name), f'"{name}"'))
        fast.record(_record(written))
        assert _is_fast(fast, _record(written))
        for text in (written, raw):
            assert _told(fast.record(_record(text))) == _told(clear.record(_record(text)))


def test_learning_is_bounded(dms, routes_document):
    transformer = Transformer(parse_routes(json.dumps(routes_document)), learn_after=1)
    insert = dms("insert").strip()
    for number in range(50):
        transformer.record(_record(insert.replace(b'"amount":3', b'"amount":3,"x%d":1' % number)))
        transformer.record(_record(insert.replace(b'"partition-key-type"', b'"x%d":1,"partition-key-type"' % number)))
    fast = transformer._fast
    assert len(fast._layouts["testdb", "retail_trans", False]) == 4
    assert {operation: len(shapes) for operation, shapes in fast._envelopes.items()} == {"ins": 4}


@pytest.mark.parametrize("text", ["a" * 100_000, "\\\\n" * 50_000, '\\"' * 50_000, "." * 100_000, ":" * 100_000])
def test_time_grows_with_the_length_only(dms, routes_document, text):
    """A message that nearly matches must not make the expressions try again and again."""
    routes_document["routes"][0]["mode"] = "history"
    transformer = Transformer(parse_routes(json.dumps(routes_document)), learn_after=1)
    insert = dms("insert").strip().decode()
    transformer.record(_record(insert))
    seconds = []
    for content in (text, text * 4):
        messages = [insert.replace("purchase", content)[:-1], re.sub(r'mysql-bin[^"]*', content.replace("\\", r"\\"), insert)]
        started = time.process_time()
        for message in messages:
            transformer.record(_record(message))
        seconds.append(time.process_time() - started)
    assert seconds[1] < 12 * max(seconds[0], 0.005)
