"""A delivery: stream to sink, with its transform function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from constructs_lib.config.base import IcebergName, Model
from constructs_lib.config.problems import Problem
from constructs_lib.config.text import Text, shown, with_hyphens
from constructs_lib.defaults import limits

ERROR_PREFIX = "errors/!{firehose:error-output-type}/year=!{timestamp:yyyy}/month=!{timestamp:MM}/day=!{timestamp:dd}/hour=!{timestamp:HH}/"

_ERROR_TYPE = "!{firehose:error-output-type}"
_EXPRESSION = re.compile(r"!\{([^}]*)\}")
_KNOWN_EXPRESSION = re.compile(r"firehose:(?:error-output-type|random-string)|timestamp:[^:]+")


class TransformConfig(Model):
    """The transform function and how Firehose batches records for it."""

    buffering_size_mib: Annotated[float, limits.TRANSFORM_BUFFERING_SIZE_MIB] = limits.TRANSFORM_BUFFERING_SIZE_MIB.int_default
    """At 3 MiB a batch may grow by less than half before its answer passes Lambda's 6 MB; records that would not fit fail alone."""
    buffering_interval_seconds: Annotated[int, limits.TRANSFORM_BUFFERING_INTERVAL_SECONDS] = (
        limits.TRANSFORM_BUFFERING_INTERVAL_SECONDS.int_default
    )
    """Seconds before a batch that is not full is transformed."""
    retries: Annotated[int, limits.TRANSFORM_RETRIES] = limits.TRANSFORM_RETRIES.int_default
    """Retries of a failed invocation before the whole batch goes to the error prefix."""
    memory_mib: Annotated[int, limits.TRANSFORM_MEMORY_MIB] = limits.TRANSFORM_MEMORY_MIB.int_default
    """Memory of the function; its share of a processor grows with it."""
    timeout_seconds: Annotated[int, limits.TRANSFORM_TIMEOUT_SECONDS] = limits.TRANSFORM_TIMEOUT_SECONDS.int_default
    """Firehose waits five minutes at most."""
    architecture: Literal["arm64", "x86_64"] = "arm64"
    """arm64 costs less for the same work."""
    reserved_concurrency: Annotated[int, limits.TRANSFORM_CONCURRENCY] | None = None
    """Holds back this much of the account's concurrency for the function, and allows no more."""
    unrouted: Literal["drop", "fail"] = "drop"
    """Records of a table that the lake does not name: `drop` leaves them out, `fail` sends them to the error prefix; both are alarmed."""


class OptimizerConfig(Model):
    """Glue's table optimizers: without them every commit leaves small files and snapshots behind."""

    compaction: bool = True
    """Joins small data files and applies delete files."""
    snapshot_retention: bool = True
    """Expires old snapshots."""
    snapshot_retention_days: Annotated[int, limits.SNAPSHOT_RETENTION_DAYS] = limits.SNAPSHOT_RETENTION_DAYS.int_default
    """How far back a table can be read as it was."""
    snapshots_to_retain: Annotated[int, limits.SNAPSHOTS_TO_RETAIN] = limits.SNAPSHOTS_TO_RETAIN.int_default
    """Snapshots kept whatever their age."""
    orphan_file_deletion: bool = True
    """Deletes files that no snapshot names."""
    orphan_file_days: Annotated[int, limits.ORPHAN_FILE_DAYS] = limits.ORPHAN_FILE_DAYS.int_default
    """Age at which such a file is deleted; a commit must not take longer."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those that run, by Glue's names."""
        wanted = {
            "compaction": self.compaction,
            "retention": self.snapshot_retention,
            "orphan_file_deletion": self.orphan_file_deletion,
        }
        return tuple(kind for kind, runs in wanted.items() if runs)


class DeliveryConfig(Model):
    """One Firehose stream into Iceberg tables."""

    name: Annotated[
        str,
        Text(
            "lower-case letters, digits and single hyphens, starting with a letter",
            r"[a-z](?:-?[a-z0-9])*",
            limits.DELIVERY_NAME_CHARACTERS,
            with_hyphens,
        ),
    ] = "iceberg"
    """Names the delivery in the file and in what is made for it."""
    sink: Literal["iceberg"] = "iceberg"
    """What the delivery writes to."""
    database: IcebergName | None = None
    """Glue database of the tables; default: the lake's name prefix with underscores."""
    stream_name: (
        Annotated[str, Text("letters, digits, underscores, dots and hyphens", r"[a-zA-Z0-9_.-]+", limits.DELIVERY_STREAM_NAME_CHARACTERS)]
        | None
    ) = None
    """Name of the Firehose stream; default: `<name prefix>-<delivery name>`."""
    buffering_interval_seconds: Annotated[int, limits.DELIVERY_BUFFERING_INTERVAL_SECONDS] = (
        limits.DELIVERY_BUFFERING_INTERVAL_SECONDS.int_default
    )
    """Seconds before buffered rows are committed. Lower means fresher rows and more small files."""
    buffering_size_mib: Annotated[int, limits.DELIVERY_BUFFERING_SIZE_MIB] = limits.DELIVERY_BUFFERING_SIZE_MIB.int_default
    """Commits earlier when this much has come together."""
    retry_seconds: Annotated[int, limits.DELIVERY_RETRY_SECONDS] = limits.DELIVERY_RETRY_SECONDS.int_default
    """How long a failed commit is tried again before its files go to the error prefix."""
    append_only: bool = False
    """Tells Firehose that rows are only ever inserted, as those of histories are. AWS promises more throughput for it to producers that
    write to Firehose directly, and says nothing of a stream's reader. Changing it replaces the Firehose stream."""
    error_prefix: str = ERROR_PREFIX
    """Where failed records go, in the lake's error bucket. Must name `!{firehose:error-output-type}` if it has any expression."""
    data_prefix: str | None = None
    """Folder of the tables in the lake bucket; default: the database name. A table lies below it, in `<table>.iceberg`."""
    transform: TransformConfig = TransformConfig()
    """The transform function."""
    optimizers: OptimizerConfig = OptimizerConfig()
    """Maintenance of the tables."""

    def rules(self) -> Iterator[Problem]:
        """Prefixes that Firehose takes, errors apart from data."""
        yield from _check_error_prefix(self.error_prefix)
        if self.data_prefix is None:
            return
        yield from _check_data_prefix(self.data_prefix)
        if f"{self.error_prefix.rstrip('/')}/".startswith(f"{self.data_prefix}/"):
            message = f"must not lie inside data_prefix, {self.data_prefix}, got {shown(self.error_prefix)} (begin it with errors/)"
            yield Problem(("error_prefix",), message, reads=(("data_prefix",),))


def _check_error_prefix(prefix: str) -> Iterator[Problem]:
    here = ("error_prefix",)
    if not limits.PREFIX_CHARACTERS.minimum <= len(prefix) <= limits.PREFIX_CHARACTERS.maximum:
        yield Problem(here, f"must be 1 to {limits.PREFIX_CHARACTERS.maximum:g} characters long, got {len(prefix)} (shorten it)")
        return
    if prefix.startswith("/"):
        yield Problem(here, f"must not begin with a slash, got {shown(prefix)} (remove it: it would make a folder without a name)")
    if "!{" in _EXPRESSION.sub("", prefix):
        yield Problem(here, f"has an expression that is not closed, got {shown(prefix)} (write !{{namespace:value}})")
        return
    expressions = _EXPRESSION.findall(prefix)
    for expression in expressions:
        if not _KNOWN_EXPRESSION.fullmatch(expression):
            yield Problem(
                here,
                f"may use {_ERROR_TYPE}, !{{firehose:random-string}} and !{{timestamp:...}} only, got !{{{shown(expression)}}} (remove it)",
            )
    if expressions and "firehose:error-output-type" not in expressions:
        yield Problem(here, f"must contain {_ERROR_TYPE} because it has an expression, got {shown(prefix)} (add it)")


def _check_data_prefix(prefix: str) -> Iterator[Problem]:
    here = ("data_prefix",)
    if "!{" in prefix:
        yield Problem(here, f"must not contain an expression, got {shown(prefix)} (a table has one folder: write its name)")
    elif prefix.strip("/") != prefix or not prefix:
        yield Problem(here, f"must not begin or end with a slash, got {shown(prefix)} (write it like lake/orders)")
    elif not re.fullmatch(r"[A-Za-z0-9_.=-]+(?:/[A-Za-z0-9_.=-]+)*", prefix) or len(prefix) > limits.CATALOG_NAME_CHARACTERS.maximum:
        yield Problem(here, f"must be folders of letters, digits and _ . = -, at most 255 characters, got {shown(prefix)}")
