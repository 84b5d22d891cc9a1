"""Rules about the deliveries of a lake."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from constructs_lib.config.lake import Lake
from constructs_lib.config.names import firehose_name
from constructs_lib.config.problems import Path, Problem
from constructs_lib.defaults import limits

_OWN_NAMES = frozenset(
    {"alarms", "aws", "bastion", "bootstrap", "capture", "cdc", "data", "delivery", "errors", "key", "lake", "location", "network",
     "operations", "provider", "source", "state", "stream"}
)  # fmt: skip
_OWN_ENDINGS = ("-transform", "-optimizers")
_PREFIX_RESTS_ON: tuple[Path, ...] = (("name",), ("environment",), ("name_prefix",))


def nearest_delivery(name: str, lake: Lake) -> str:
    """What to do about a name that no delivery has."""
    names = [delivery.name for delivery in lake.deliveries]
    near = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"the deliveries are {', '.join(names)}"


def check_names_differ(lake: Lake) -> Iterator[Problem]:
    """A name, and the name of a Firehose stream, belong to one delivery."""
    names: dict[str, int] = {}
    streams: dict[str, int] = {}
    for position, delivery in enumerate(lake.deliveries):
        first = names.setdefault(delivery.name, position)
        stream = firehose_name(lake, delivery)
        first_stream = streams.setdefault(stream, position)
        if first != position:
            message = f"is already the name of deliveries[{first}]: {delivery.name} (give each delivery a name)"
            yield Problem(("deliveries", position, "name"), message, reads=(("deliveries", first, "name"),))
        elif first_stream != position:
            message = f"is already the stream of deliveries[{first_stream}]: {stream} (name one of them otherwise)"
            reads: tuple[Path, ...] = (("deliveries", first_stream, "stream_name"), ("deliveries", "*", "name"), *_PREFIX_RESTS_ON)
            yield Problem(("deliveries", position, "stream_name"), message, reads=reads)


def check_names_are_free(lake: Lake) -> Iterator[Problem]:
    """Parts of the lake are named `<prefix>-<delivery>`, `<prefix>-<delivery>-transform` and `<prefix>-<component>`."""
    for position, delivery in enumerate(lake.deliveries):
        here = ("deliveries", position, "name")
        if delivery.name in _OWN_NAMES:
            yield Problem(here, f"is a name that Moulin gives to another part of the lake: {delivery.name} (name it after its tables)")
        elif delivery.name.endswith(_OWN_ENDINGS):
            yield Problem(here, f"must not end as the names of a delivery's own parts do, {', '.join(_OWN_ENDINGS)}, got {delivery.name}")


def check_databases_differ(lake: Lake) -> Iterator[Problem]:
    """A delivery makes its Glue database, which can be made once only."""
    first: dict[str, int] = {}
    for position, delivery in enumerate(lake.deliveries):
        database = lake.database_of(delivery)
        earlier = first.setdefault(database, position)
        if earlier != position:
            message = f"is already the database of deliveries[{earlier}]: {database} (give each delivery a database)"
            reads: tuple[Path, ...] = (("deliveries", earlier, "database"), *_PREFIX_RESTS_ON)
            yield Problem(("deliveries", position, "database"), message, reads=reads)


def check_each_has_tables(lake: Lake) -> Iterator[Problem]:
    """A delivery without a table would wait for nothing, and be billed for it."""
    for position, delivery in enumerate(lake.deliveries):
        if not lake.tables_of(delivery):
            message = f"has no table: none names {delivery.name} in its deliveries (name it in one, or remove the delivery)"
            yield Problem(("deliveries", position), message, reads=(("tables", "*", "deliveries"), ("deliveries", position, "name")))


def check_table_counts(lake: Lake) -> Iterator[Problem]:
    """Not more tables than one Firehose stream is known to carry."""
    most = int(limits.DELIVERY_TABLES.maximum)
    for position, delivery in enumerate(lake.deliveries):
        count = len(lake.tables_of(delivery))
        if count > most:
            message = f"must carry at most {most} tables, got {count} (spread them over several deliveries)"
            yield Problem(("deliveries", position), message, reads=(("deliveries", position, "name"),))
