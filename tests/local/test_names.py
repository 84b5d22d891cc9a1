"""Names of any spelling, from the lake file to the comparison: they come out equal, or `check` refuses them with the rule."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import parse_lake
from constructs_lib.config.problems import LakeFileError
from constructs_lib.config.routes import routes
from constructs_lib.config.table_mappings import table_mappings
from functions.firehose_transform.handler import respond
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer
from scripts.local.source.columns import Column, Kind, SourceTable
from scripts.local.source.envelope import Envelope
from tests.local.source.support import template

ROOT = Path(__file__).resolve().parents[2]
PRINTABLE = [chr(code) for code in range(0x20, 0x7F) if chr(code) not in "`'"]
"""ASCII, without what DMS cannot have in a name."""
ODD = [
    *("a b", " lead", "a.b", "a..b", "..", "per%cent", "%s", "%%", "%(x)s", "_", "order_items", "orderXitems"),
    *('"', '""', "\\", "a\\", "\\n", "[x]", "a[b", "]", "[z-a]", "^", "*", "#", "--", "/* c */", ";"),
    *("@x", "?", "{0}", "{", "}", "$", "$1", "a,b", "(a)", "~", "Orders", "orders", "1", "1e5", "0x41", "-1"),
    *("null", "true", "yes", "select", "table", "ORDER", "key", ":apple:", "[red]", "</b>", "&amp;", "x" * 64),
    *("caf\u00e9", "\u00fcn\u00efc\u00f6de", "\u65e5\u672c\u8a9e", "\u0437\u0430\u043a\u0430\u0437", "\u2116", "n\u00a0b"),
]
"""Names that have meant something else to somebody: to SQL, DMS, a shell, Python, YAML, Terraform, a terminal."""
RESERVED = ["select", "table", "order", "group", "key", "default", "from", "null", "primary", "interval", "values", "current_date", "rank"]


@pytest.mark.end_to_end
def test_every_name_of_a_lake_comes_out_equal(needs_mariadb: None, tmp_path: Path) -> None:
    """`moulin local`, as a user runs it and through a pipe: it makes the tables, loads and changes rows, and compares every one."""
    lake = tmp_path / "lake.yaml"
    lake.write_text(lake_of_odd_names())
    command = [sys.executable, "-m", "scripts.cli", "local", str(lake), "--rows", "8", "--changes", "8", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    assert "not played by a local lake, and it may change rows on AWS: the source endpoint's server_timezone: Europe/Berlin" in done.stderr
    tables = parse_lake(lake.read_text()).tables
    shown = [re.split(r" *│ *", line.strip("│ ")) for line in done.stdout.splitlines() if line.rstrip("│ ").endswith(" equal")]
    assert len(shown) == len(tables)
    assert sorted(cells[0] for cells in shown) == sorted(str(table.source).strip() for table in tables)


def lake_of_odd_names() -> str:
    """Each printable character within a column's name and alone; odd table names beside each other; odd keys and personal data."""
    inside = _differing(f"a{character}b" for character in PRINTABLE)
    alone = _differing(character for character in PRINTABLE if character != " ")
    long = ["\u00f1" * 64, "x" * 64, "\u65e5" * 64]
    tables = [
        _table("shop", "every_character", _columns(inside), "mirror"),
        _table("shop", "alone", _columns(alone), "history"),
        _table("shop", "long", _columns(long), "mirror"),
        _table("shop", "reserved", _columns(RESERVED), "history"),
        _table("a.b", "c", "id: long, v: string", "mirror"),
        _table("a", "b.c", "id: long, v: long", "mirror"),
    ]
    tables += [
        _table("my.sh op%_[", name, _columns([f"{name} v"[:64]]), "mirror" if number % 2 else "history") for number, name in enumerate(ODD)
    ]
    odd_keys = (
        "a: {source: 'ke%y', type: string}, b: {source: 'ke.y \\ 2', type: long}, h: {source: 'p \"ii', type: string, pii: hash}, v: long"
    )
    tables += [
        _table("shop", "keys", odd_keys + ", d: {source: 'dr,op \"me', pii: drop}", "mirror", keys="a, b"),
        _table("shop", "history keys", odd_keys, "history", keys="a, b"),
    ]
    head = "name: odd-names\nregion: us-east-1\nstate: {backend: local}\ncapture: {server_timezone: Europe/Berlin}\n"
    secret = "privacy: {hash_secret_arn: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf'}\n"
    return head + secret + "tables:\n" + "".join(f"  - {{target: t{number}, {table}}}\n" for number, table in enumerate(tables))


def _table(schema: str, name: str, columns: str, mode: str, keys: str = "id") -> str:
    source = f"{{schema: {_scalar(schema)}, table: {_scalar(name)}}}"
    return f"source: {source}, mode: {mode}, keys: [{keys}], columns: {{{columns}}}"


def _columns(names: list[str]) -> str:
    kinds = ("string", "long")
    return "id: long" + "".join(f", c{n}: {{source: {_scalar(name)}, type: {kinds[n % 2]}}}" for n, name in enumerate(names))


def _scalar(text: str) -> str:
    """Text as YAML can say it, whatever is in it."""
    return '"' + "".join(f"\\U{ord(one):08x}" if not " " <= one <= "~" or one in '"\\' else one for one in text) + '"'


def _differing(names: Any) -> list[str]:
    """Names that differ by more than case, as MySQL asks of columns."""
    return list({name.lower(): name for name in names}.values())


characters = st.sampled_from([*PRINTABLE, "`", "'"]) | st.characters(max_codepoint=0x1FFFF, exclude_categories=["Cs"])
names = st.sampled_from(ODD) | st.text(characters, max_size=8) | st.text(characters, min_size=60, max_size=66)


def is_allowed(name: str) -> bool:
    """The rule, in words other than the product's: what MySQL can have, without control characters and Terraform's expressions."""
    return (
        0 < len(name) <= 64
        and not name.endswith(" ")
        and all(ord(character) >= 0x20 and ord(character) != 0x7F and ord(character) < 0x10000 for character in name)
        and not set(name) & {"`", "'"}
        and "${" not in name
        and "%{" not in name
    )


@settings(max_examples=150)
@given(names, names, st.lists(names, min_size=1, max_size=5, unique_by=str.lower))
@example("a.b", "c", ["%", "${x}"])
@example("mysql", "user", ["a"])
def test_a_name_goes_through_every_stage_or_is_refused_by_its_rule(schema: str, table: str, columns: list[str]) -> None:
    columns = [name for name in columns if name.lower() != "id"]
    text = "name: odd\nregion: us-east-1\nstate: {backend: local}\ntables:\n  - {target: t, " + _table(
        schema, table, _columns(columns), "mirror"
    )
    system = schema.lower() in ("mysql", "sys", "information_schema", "performance_schema")
    if system or not all(map(is_allowed, (schema, table, *columns))):
        with pytest.raises(
            LakeFileError,
            match=r"name that MySQL can have and DMS can read|DMS does not support|Terraform would read|table of MySQL itself",
        ):
            parse_lake(text + "}\n")
        return
    lake = parse_lake(text + "}\n")
    values = {name: f"v{number} %s" for number, name in enumerate(columns)}
    assert _delivered(lake, schema, table, columns, values) == [{"id": 7, **_by_lake_name(columns, values)}] * 3
    envelope = Envelope(template(*table_mappings(lake)["rules"]), "task")
    for other in (f"{table}x", f"x{table}", re.sub("[%_]", "z", table), table.replace("[", "")):
        assert envelope.mappings.selects(schema, other) == (other == table)


def _by_lake_name(columns: list[str], values: dict[str, str]) -> dict[str, Any]:
    return {f"c{number}": values[name] if number % 2 == 0 else number for number, name in enumerate(columns)}


def _delivered(lake: Lake, schema: str, table: str, columns: list[str], values: dict[str, str]) -> list[dict[str, Any]]:
    """The rows that the function answers for three messages of one row: the later ones go the fast way."""
    kinds = [Column(name, Kind.TEXT if number % 2 == 0 else Kind.INTEGER, length=8) for number, name in enumerate(columns)]
    source = SourceTable(schema, table, (Column("id", Kind.INTEGER, length=8), *kinds), ("id",))
    messages = Envelope(template(*table_mappings(lake)["rules"]), "task").table(source)
    assert messages is not None
    row = ["7", *(json.dumps(values[name]) if number % 2 == 0 else str(number) for number, name in enumerate(columns))]
    data = [messages.load(row, f"2024-01-15T10:30:{second:02d}.000000Z")[0] for second in range(3)]
    event = {"records": [{"recordId": str(n), "data": b64encode(one).decode()} for n, one in enumerate(data)]}
    transformer = Transformer(parse_routes(json.dumps(routes(lake, lake.deliveries[0]))), None)
    with contextlib.redirect_stdout(io.StringIO()):
        answers = respond(event, transformer)["records"]
    return [json.loads(b64decode(answer["data"])) for answer in answers]
