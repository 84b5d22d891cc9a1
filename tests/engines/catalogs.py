"""The lake that Terraform applied to the emulated AWS, and how Trino and PyIceberg reach it."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.io import load_file_io
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.schema import Schema
from pyiceberg.serializers import ToOutputFile
from pyiceberg.table import Table
from pyiceberg.table.metadata import new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.types import NestedField

from scripts.engines.trino import Trino
from scripts.local.lake_types import lake_type
from scripts.plan.emulator import CREDENTIALS, Emulator
from tests.deploy.support import REGION

GLUE = "awsdatacatalog"
"""Athena's name of the Glue catalog: every generated view has it inside. Trino's Iceberg connector gets it here."""
GLUE_BY_HIVE = "glue_by_hive"
"""The same catalog by Trino's Hive connector, which is the other one that reads views."""
LOCAL = "local"
"""The catalog of a local lake, under the name that it has in SQLite."""

_KEY, _SECRET = CREDENTIALS["aws_access_key_id"], CREDENTIALS["aws_secret_access_key"]


@contextlib.contextmanager
def glue_catalogs(trino: Trino, aws: Emulator) -> Iterator[None]:
    """Both connectors on the emulated Glue and S3."""
    s3 = {
        "s3.endpoint": aws.url,
        "s3.region": REGION,
        "s3.path-style-access": "true",
        "s3.aws-access-key": _KEY,
        "s3.aws-secret-key": _SECRET,
    }
    glue = {"endpoint-url": aws.url, "region": REGION, "aws-access-key": _KEY, "aws-secret-key": _SECRET}
    shared = {"fs.native-s3.enabled": "true", **s3, **{f"hive.metastore.glue.{name}": value for name, value in glue.items()}}
    with (
        trino.catalog(GLUE, "iceberg", {"iceberg.catalog.type": "glue", **shared}),
        trino.catalog(GLUE_BY_HIVE, "hive", {"hive.metastore": "glue", **shared}),
    ):
        yield


@contextlib.contextmanager
def local_catalog(trino: Trino, warehouse: Path) -> Iterator[None]:
    """The tables of a local lake, as they lie on the disk."""
    properties = {
        "iceberg.catalog.type": "jdbc",
        "iceberg.jdbc-catalog.driver-class": "org.sqlite.JDBC",
        "iceberg.jdbc-catalog.connection-url": f"jdbc:sqlite:{warehouse / 'catalog.db'}",
        "iceberg.jdbc-catalog.catalog-name": LOCAL,
        "iceberg.jdbc-catalog.default-warehouse-dir": warehouse.as_uri(),
        "fs.hadoop.enabled": "true",
    }
    with trino.catalog(LOCAL, "iceberg", properties):
        yield


def make_iceberg(aws: Emulator, database: str, name: str) -> Table:
    """Does what Glue does when a table is created with `metadata_operation: CREATE`, and the emulator does not.

    The first metadata file lies below the table's location and has the columns of the entry that Terraform made; the entry points at it.
    """
    glue = aws.client("glue", REGION)
    entry: dict[str, Any] = glue.get_table(DatabaseName=database, Name=name)["Table"]
    descriptor = entry["StorageDescriptor"]
    fields = [
        NestedField(number, column["Name"], lake_type(column["Type"]).iceberg, required=False)
        for number, column in enumerate(descriptor["Columns"], 1)
    ]
    metadata = new_table_metadata(
        Schema(*fields), UNPARTITIONED_PARTITION_SPEC, UNSORTED_SORT_ORDER, descriptor["Location"], {"format-version": "2"}
    )
    location = f"{descriptor['Location']}/metadata/00000-{uuid.uuid4()}.metadata.json"
    ToOutputFile.table_metadata(metadata, load_file_io(_pyiceberg(aws)).new_output(location))
    glue.update_table(
        DatabaseName=database,
        TableInput={
            "Name": name,
            "TableType": entry["TableType"],
            "StorageDescriptor": descriptor,
            "Parameters": {"table_type": "ICEBERG", "metadata_location": location},
        },
    )
    return GlueCatalog("glue", **_pyiceberg(aws)).load_table((database, name))


def _pyiceberg(aws: Emulator) -> dict[str, str]:
    access = {"access-key-id": _KEY, "secret-access-key": _SECRET, "region": REGION, "endpoint": aws.url}
    return {f"{service}.{name}": value for service in ("glue", "s3") for name, value in access.items()}
