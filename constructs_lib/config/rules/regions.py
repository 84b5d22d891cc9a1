"""Rules about the region of a lake, and the certificate that its database has there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import Problem
from constructs_lib.defaults.certificates import certificate_regions
from constructs_lib.defaults.regions import OTHER_PARTITIONS, WITHOUT_CERTIFICATE, without_iceberg_delivery

_BEGINNING = "-----BEGIN CERTIFICATE-----"


def check_region(lake: Lake) -> Iterator[Problem]:
    """A region in which Firehose can write what a lake holds."""
    name = without_iceberg_delivery(lake.region)
    if name is not None:
        message = (
            f"must be a region in which Firehose delivers into Iceberg tables, got {lake.region}: in {name} it does not (choose another)"
        )
        yield Problem(("region",), message)
    elif lake.region.startswith(OTHER_PARTITIONS):
        message = f"must be a commercial region of AWS, got {lake.region}: whether a lake works elsewhere is not known (choose another)"
        yield Problem(("region",), message)
    elif lake.source.tls_certificate_file is None and lake.region not in certificate_regions():
        near = difflib.get_close_matches(lake.region, certificate_regions(), n=1)
        meant = f"; or did you mean {near[0]}?" if near and lake.region not in WITHOUT_CERTIFICATE else ""
        message = (
            f"has no root certificate of RDS in Moulin, got {lake.region} (download the region's bundle as AWS's page on TLS for Aurora"
            f" says, and name the file in source.tls_certificate_file{meant})"
        )
        yield Problem(("region",), message, reads=(("source", "tls_certificate_file"),))


def check_certificate_file(lake: Lake) -> Iterator[Problem]:
    """The certificate that the file names is one that can be read; relative to the working directory, as synthesis reads it."""
    name = lake.source.tls_certificate_file
    if name is None:
        return
    here = ("source", "tls_certificate_file")
    try:
        text = Path(name).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        yield Problem(here, f"cannot be read: {name}: {(reason or 'unknown reason').lower()} (looked in {Path.cwd()})")
        return
    if _BEGINNING not in text:
        yield Problem(here, f"must be a certificate in PEM form, got a file without {_BEGINNING}: {name}")
