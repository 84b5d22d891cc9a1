# ruff: noqa: E501 - a message stands in one piece
"""Loading a lake file: every mistake at once, each with its line, and none that only repeats another."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from constructs_lib.config.lake import Lake
from constructs_lib.config.load import load_lake, parse_lake
from constructs_lib.config.problems import LakeFileError
from tests.config.support import BASE, mistakes, mistakes_in, table_mistakes

MANY_MISTAKES = """\
name: Retail_Lake
region: us-east1
account: 123456789012
state: {backend: gcs, bucket: abc}
tags: {"aws:x": y}
network:
  create: {cidr: 10.0.0.1/16, nat_gateways: 0}
  existing: {vpc_id: vpc-1, private_subnet_ids: [subnet-1]}
source:
  existing: {}
capture:
  task_settings: {Loging: {a: b}, TargetMetadata: {BatchApplyEnabled: true}}
deliveries:
  - buffering_interval_seconds: 901
    bufering_size_mib: 3
    error_prefix: "a/!{timestamp:yyyy}"
tables:
  - source: a.b
    mode: miror
    keys: [id, amout, x]
    columns: {id: lon, amount: int, x: float}
  - source: c.d
    keys: [id]
    columns: {id: bigint}
  - keys: id
    source: 5
    mode: history
    columns: [a]
  - {source: a.b, mode: mirror, keys: [k], columns: {k: long}, deliveries: [other]}
bastion: true
operations: 5
"""


def report(text: str) -> list[str]:
    with pytest.raises(LakeFileError) as caught:
        parse_lake(text, "lakes/x.yaml")
    return str(caught.value).splitlines()


def test_reports_every_mistake_at_once_by_line() -> None:
    types = "must be one of boolean, int, long, float, double, date, timestamp, string, binary, decimal(p,s), time, timestamptz, uuid, got"
    assert report(MANY_MISTAKES) == [
        f"lakes/x.yaml:{line}"
        for line in [
            "1: name must be lower-case letters, digits and single hyphens, starting with a letter, 2 to 20 characters, got Retail_Lake"
            " (try retail-lake)",
            "2: region must be an AWS region such as us-east-1, got us-east1",
            '3: account must be text, got the number 123456789012 (quote it: "123456789012")',
            "4: state.backend must be s3 or local, got gcs",
            "5: tags.aws:x must not begin with aws:, which is AWS's own (name it otherwise)",
            "7: network.create.cidr must be an IPv4 network address with its prefix length, got 10.0.0.1/16 (write 10.0.0.0/16)",
            "7: network.create.nat_gateways must be at least 1 unless DMS has private ways to AWS, got 0"
            " (add interface_endpoints: kinesis-streams, secretsmanager)",
            "8: network.existing.private_subnet_ids must have at least 2 entries, got 1",
            "10: source.existing.cluster_identifier is missing: the cluster; it names the alarms' metrics",
            "10: source.existing.secret_arn is missing: secret with `username`, `password`, `host` and `port` of the replication user;"
            " host is the writer endpoint",
            "10: source.existing.security_group_id is missing: the database's group: an ingress rule for DMS (and the bastion) is added to it",
            "12: capture.task_settings.Loging is not a section of DMS's task settings (did you mean Logging?)",
            "12: capture.task_settings.TargetMetadata.BatchApplyEnabled must be false, got true: batch apply loses rows with a Kinesis target"
            " (remove it)",
            "14: deliveries[0].buffering_interval_seconds must be between 0 and 900 seconds, got 901 (lower it, or remove it for 60)",
            "15: deliveries[0].bufering_size_mib is not a known key (did you mean buffering_size_mib?)",
            "16: deliveries[0].error_prefix must contain !{firehose:error-output-type} because it has an expression,"
            " got a/!{timestamp:yyyy} (add it)",
            "19: tables[0].mode must be one of mirror, history, got miror (did you mean mirror?)",
            "20: tables[0].keys[1] is not a column of this table: amout (did you mean amount?)",
            "20: tables[0].keys[2] must not be a float column, got x: its values do not compare exactly (use the source's primary key)",
            f"21: tables[0].columns.id {types} lon (choose one of them)",
            "22: tables[1].mode is missing: what a row of the lake table means",
            f"24: tables[1].columns.id {types} bigint (did you mean long?)",
            "25: tables[2].keys must be a list, got id (write [id])",
            '26: tables[2].source must be text, got the number 5 (quote it: "5")',
            "28: tables[2].columns must be a mapping of column name to type, got a list (write amount: int)",
            "29: tables[3].deliveries[0] is not a delivery of this lake: other (the deliveries are iceberg)",
            "30: bastion must be settings, {} for the defaults, or false, got true",
            "31: operations must be a mapping of keys, got the number 5 (write key: value below it)",
        ]
    ]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("tables: ~", ["tables is missing: the source tables and where they go"]),
        ("tables: []", ["tables must have at least 1 entry, got none"]),
        ("state: ~", ["state is missing: where Terraform keeps what it made: `{backend: s3, bucket: ...}` or `{backend: local}`"]),
        ("state: {}", ["state.bucket is missing: the state bucket"]),
        ("state: {backend: local, bucket: x}", ["state.bucket is not a known key (the known keys are backend, directory)"]),
        ("state: {bakend: local}", ["state.bakend is not a known key (did you mean backend?)"]),
        ("deliveries: [{retry_seconds: 7201, retry_second: 5}]",
         ["deliveries[0].retry_seconds must be between 0 and 7200 seconds, got 7201 (lower it, or remove it for 3600)",
          "deliveries[0].retry_second is not a known key (did you mean retry_seconds?)"]),
        ("bukkit: 1", ["bukkit is not a known key (the known keys are name, environment, region, account, name_prefix, tags, state, network,"
                       " source, capture, stream, storage and 7 more)"]),
        ("captur: {}", ["captur is not a known key (did you mean capture?)"]),
        ("network: 5", ["network must be a mapping of keys, got the number 5 (write key: value below it)"]),
        ("deliveries: [{name: a}, 5]", ["deliveries[1] must be a mapping of keys, got the number 5 (write key: value below it)"]),
        ("capture: {apply_threads: '8'}", ["capture.apply_threads must be a whole number, got the text 8 (remove the quotes)"]),
        ("capture: {apply_threads: 8.5}", ["capture.apply_threads must be a whole number, got the number 8.5 (round it)"]),
        ("capture: {apply_threads: true}", ["capture.apply_threads must be a whole number, got true"]),
        ("capture: {instance: {multi_az: 'true'}}", ["capture.instance.multi_az must be true or false, got the text true (remove the quotes)"]),
        ("capture: {instance: {multi_az: 1}}", ["capture.instance.multi_az must be true or false, got the number 1"]),
        ("capture: {mode: full_load}", ["capture.mode must be one of full-load-and-cdc, cdc, full-load, got full_load (did you mean full-load?)"]),
        ("environment: true", ['environment must be text, got true (quote it: "true")']),
        ("source: {engine: postgres}", ["source.engine must be aurora-mysql, got postgres"]),
        ("source: {create: {engine_version: 3.8}}", ['source.create.engine_version must be text, got the number 3.8 (quote it: "3.8")']),
        ("deliveries: [{transform: {buffering_size_mib: '1'}}]",
         ["deliveries[0].transform.buffering_size_mib must be a number, got the text 1"]),
    ],
)  # fmt: skip
def test_fails_when_a_part_has_the_wrong_shape(change: str, found: list[str]) -> None:
    assert mistakes(change) == found


def test_fails_when_a_key_has_no_value() -> None:
    assert mistakes_in(f"{BASE}network:\n") == ["network is empty (give it a value, or remove the key)"]
    assert mistakes_in(f"{BASE}bastion:\n") == ["bastion must be settings, {} for the defaults, or false, got None"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("columns: {id: long, total: }", ["tables[0].columns.total is empty (give it a value, or remove the key)"]),
        ("columns: {id: long, total: 5}",
         ["tables[0].columns.total must be a type such as long, or a mapping such as {type: long, source: Id}, got the number 5"]),
        ("columns: {id: long, total: {type: decimal(12,2)}}",
         ['tables[0].columns.total.type is cut off by the comma, which ends a value inside braces, got decimal(12 (quote it: "decimal(12,2)")']),
        ("columns: {id: long, total: decimal(12,2)}",
         ['tables[0].columns.total is cut off by the comma, which ends a value inside braces, got decimal(12 (quote it: "decimal(12,2)")']),
        ("columns: {}", ["tables[0].columns must have at least 1 entry, got none"]),
        ("keys: []", ["tables[0].keys must have at least 1 entry, got none"]),
    ],
)  # fmt: skip
def test_fails_when_a_table_has_the_wrong_shape(change: str, found: list[str]) -> None:
    assert table_mistakes(change) == found


def test_a_wrong_file_never_gets_an_empty_report() -> None:
    assert table_mistakes("columns: {id: long, 2): ~}") == ["tables[0].columns.2) is empty (give it a value, or remove the key)"]


def test_a_mistake_hides_no_other_and_is_not_repeated() -> None:
    """The key's column has a wrong type: that the key is then no column is not said, that another key is none is."""
    text = BASE.replace("keys: [id]", "keys: [id, nr]").replace("id: long", "id: lang")
    assert [line.split(" ", 1)[0] for line in mistakes_in(text)] == ["tables[0].keys[1]", "tables[0].columns.id"]


def test_a_mistake_in_one_table_leaves_the_places_of_the_others() -> None:
    table = yaml.safe_dump(
        [{"source": "a.b", "mode": "mirror", "keys": ["id"], "columns": {"id": "long"}}], default_flow_style=True
    ).strip()
    broken, other = table[1:-1].replace("a.b", "5"), table[1:-1]
    text = BASE.split("tables:")[0] + f"tables: [{broken}, {other}, {other.replace('[id]', '[x]')}, {other}]\n"
    assert mistakes_in(text) == [
        'tables[0].source must be text, got the number 5 (quote it: "5")',
        "tables[2].keys[0] is not a column of this table: x (the columns are id)",
        "tables[2].source is already carried by delivery iceberg as tables[1]: a.b (remove one, or give each a delivery of its own)",
        "tables[2].source must be a table of its own: tables[1] writes retail_dev.b too (give it another target, or one delivery only)",
        "tables[3].source is already carried by delivery iceberg as tables[1]: a.b (remove one, or give each a delivery of its own)",
        "tables[3].source must be a table of its own: tables[1] writes retail_dev.b too (give it another target, or one delivery only)",
    ]


def test_lines_lead_into_nested_and_anchored_parts() -> None:
    text = (
        BASE
        + "deliveries:\n  - name: a\n    transform:\n      retries: 301\n  - name: b\n    database: b\n    transform: &t\n      memory_mib: 1\n"
    )
    assert [line.split(" ")[0] for line in report(text)] == ["lakes/x.yaml:12:", "lakes/x.yaml:16:"]


def test_reads_a_file_with_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "lake.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + BASE.replace("\n", "\r\n").encode())
    assert load_lake(file) == parse_lake(BASE)


def test_fails_when_the_file_cannot_be_read(tmp_path: Path) -> None:
    def message(path: Path) -> str:
        with pytest.raises(LakeFileError) as caught:
            load_lake(path)
        return str(caught.value).removeprefix(str(path))

    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"name: a\n# caf\xe9\n")
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (8 * 1024 * 1024 + 1))
    assert message(tmp_path / "gone.yaml") == f": does not exist (looked in {Path.cwd()})"
    assert message(tmp_path) == ": cannot be read: is a directory"
    assert message(latin) == ":2: is not UTF-8: byte 0xe9 (save it as UTF-8)"
    assert message(large) == ": is larger than 8 MiB (is it the right file?)"
    assert message(tmp_path / "a\0b") == ": cannot be read: embedded null byte"


def test_fails_when_the_file_is_not_a_mapping() -> None:
    assert mistakes_in("- a\n") == [" must be a mapping of keys, got a list (write key: value below it)"]
    assert mistakes_in("just text\n") == [" must be a mapping of keys, got just text (write key: value below it)"]


def test_says_everything_that_pydantic_would() -> None:
    """A lake made in Python keeps the same rules as one from a file."""
    data = yaml.safe_load(BASE)
    data["capture"] = {"instance": {}, "serverless": {}}
    with pytest.raises(ValueError, match="serverless must not be given together with instance"):
        Lake.model_validate(data)


@settings(max_examples=300)
@given(st.text(max_size=200))
def test_any_text_is_a_lake_or_a_lake_file_error(text: str) -> None:
    try:
        parse_lake(text)
    except LakeFileError as error:
        assert error.problems  # noqa: PT017 - a lake is as good an end


_LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.sampled_from(["id", "iceberg", "long", "a.b"])
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=6
)
_PATHS = st.sampled_from(
    ["name", "region", "account", "state", "network", "source", "capture", "stream", "storage", "deliveries", "tables", "privacy", "operations",
     "bastion", "tags", "tables.0", "tables.0.mode", "tables.0.keys", "tables.0.columns", "tables.0.columns.id", "tables.0.deliveries",
     "tables.1", "capture.task_settings", "capture.mode", "capture.instance", "network.create", "network.existing", "source.existing",
     "source.create", "deliveries.0", "deliveries.0.error_prefix", "deliveries.0.transform", "state.bucket", "stream.shards"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(st.tuples(_PATHS, _VALUES), min_size=1, max_size=4))
def test_any_value_anywhere_gives_a_lake_or_mistakes_with_lines(changes: list[tuple[str, object]]) -> None:
    data = yaml.safe_load(BASE)
    data["deliveries"] = [{"name": "iceberg"}]
    for path, value in changes:
        *parents, last = path.split(".")
        place = data
        for part in parents:
            if isinstance(place, list):
                place = place[int(part)] if part.isdigit() and int(part) < len(place) else {}
            elif isinstance(place, dict):
                place = place.setdefault(part, {})
        if isinstance(place, dict):
            place[last] = value
        elif isinstance(place, list):
            place.append(value)
    try:
        parse_lake(yaml.safe_dump(data, allow_unicode=True))
    except LakeFileError as error:
        report = str(error)
        assert report
        assert "pydantic" not in report
