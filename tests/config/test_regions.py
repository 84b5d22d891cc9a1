# ruff: noqa: E501 - a message stands in one piece
"""Where a lake can be, and what it needs there: mistakes of the lake file, with their line."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from constructs_lib.config.load import load_lake
from constructs_lib.config.problems import LakeFileError
from constructs_lib.defaults.certificates import certificate_file, certificate_regions
from constructs_lib.defaults.regions import without_iceberg_delivery
from constructs_lib.defaults.time_zones import time_zones
from tests.config.support import mistakes, text_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("region", "name"),
    [
        ("cn-north-1", "the China Regions"),
        ("cn-northwest-1", "the China Regions"),
        ("us-gov-west-1", "AWS GovCloud (US)"),
        ("us-gov-east-1", "AWS GovCloud (US)"),
        ("ap-east-2", "Asia Pacific (Taipei)"),
        ("ap-southeast-5", "Asia Pacific (Malaysia)"),
        ("ap-southeast-6", "Asia Pacific (New Zealand)"),
        ("mx-central-1", "Mexico (Central)"),
    ],
)
def test_fails_where_firehose_has_no_iceberg_destination(region: str, name: str) -> None:
    message = (
        f"region must be a region in which Firehose delivers into Iceberg tables, got {region}: in {name} it does not (choose another)"
    )
    assert mistakes(f"region: {region}") == [message]


def test_fails_in_a_partition_of_which_nothing_is_known() -> None:
    assert mistakes("region: eusc-de-east-1") == [
        "region must be a commercial region of AWS, got eusc-de-east-1: whether a lake works elsewhere is not known (choose another)"
    ]


@pytest.mark.parametrize(("region", "near"), [("il-central-1", ""), ("eu-west-9", "; or did you mean eu-west-3?")])
def test_fails_where_there_is_no_certificate(region: str, near: str, tmp_path: Path) -> None:
    file = tmp_path / "lake.yaml"
    file.write_text(text_of(f"region: {region}"))
    with pytest.raises(LakeFileError) as caught:
        load_lake(file)
    assert str(caught.value) == (
        f"{file}:2: region has no root certificate of RDS in Moulin, got {region} (download the region's bundle as AWS's page on TLS for Aurora says,"
        f" and name the file in source.tls_certificate_file{near})"
    )


def test_a_certificate_of_ones_own_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "root.pem"
    file.write_text(certificate_file("us-east-1").read_text())
    assert mistakes(f"{{region: il-central-1, source: {{tls_certificate_file: {file}}}}}") == []


def test_fails_when_the_certificate_cannot_be_read(tmp_path: Path) -> None:
    missing, wrong, binary = tmp_path / "no.pem", tmp_path / "key.pem", tmp_path / "root.der"
    wrong.write_text("-----BEGIN PRIVATE KEY-----")
    binary.write_bytes(bytes(range(256)))
    begin = "source.tls_certificate_file"
    for file, found in (
        (missing, f"{begin} cannot be read: {missing}: no such file or directory (looked in {Path.cwd()})"),
        (binary, f"{begin} cannot be read: {binary}: it is no text (looked in {Path.cwd()})"),
        (wrong, f"{begin} must be a certificate in PEM form, got a file without -----BEGIN CERTIFICATE-----: {wrong}"),
    ):
        assert mistakes(f"source: {{tls_certificate_file: {file}}}") == [found]


def test_synthesis_ends_with_the_line_and_no_traceback(tmp_path: Path) -> None:
    file = tmp_path / "lake.yaml"
    file.write_text(text_of("region: ca-west-1"))
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=ROOT,
        env={"LAKE": str(file), "CDKTF_OUTDIR": str(tmp_path / "out"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(f"{file}:2: region has no root certificate")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out" / "stacks").exists()


def test_every_region_with_a_certificate_works_and_has_its_own() -> None:
    assert len(certificate_regions()) == 27
    texts = {region: certificate_file(region).read_text() for region in certificate_regions()}
    assert len(set(texts.values())) == len(texts)
    assert [region for region in texts if without_iceberg_delivery(region)] == []
    for region, text in texts.items():
        shown = subprocess.run(
            ["openssl", "x509", "-noout", "-subject", "-enddate", "-nameopt", "multiline"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert f"= Amazon RDS {region} Root CA RSA2048 G1" in shown
        end = datetime.strptime(shown.partition("notAfter=")[2].strip(), "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
        assert end.year >= 2061


def test_the_list_of_time_zones_is_whole() -> None:
    assert len(time_zones()) > 590
    assert {"UTC", "Europe/Dublin", "America/Argentina/Buenos_Aires", "US/Pacific", "Etc/GMT+12"} <= time_zones()
