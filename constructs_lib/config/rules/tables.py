"""Rules about tables beside each other."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.config.delivery import DeliveryConfig
from constructs_lib.config.lake import Lake
from constructs_lib.config.lake_table import VIEW_SUFFIX, view_name
from constructs_lib.config.problems import Path, Problem
from constructs_lib.config.rules.deliveries import nearest_delivery
from constructs_lib.config.source_table import SourceTable
from constructs_lib.config.table import TableConfig, TableMode
from constructs_lib.config.text import shown
from constructs_lib.defaults import limits

_MAPPINGS_WORTH_MEASURING = 1500
"""Tables and dropped columns below which the mappings are far from DMS's limit."""


def _carried(lake: Lake) -> Iterator[tuple[int, TableConfig, int, DeliveryConfig]]:
    """Each table with each delivery that carries it, and their positions."""
    for position, table in enumerate(lake.tables):
        for delivery_position, delivery in enumerate(lake.deliveries):
            if table.deliveries is None or delivery.name in table.deliveries:
                yield position, table, delivery_position, delivery


def _place_of_target(lake: Lake, position: int) -> Path:
    """Where a table's target stands, or the source that it comes from."""
    return ("tables", position, "target" if lake.tables[position].target is not None else "source")


def _what_targets_rest_on(*positions: int) -> tuple[Path, ...]:
    parts = ("source", "target", "deliveries", "mode")
    tables: list[Path] = [("tables", position, part) for position in positions for part in parts]
    return (*tables, ("deliveries", "*", "name"), ("deliveries", "*", "database"), ("deliveries", "*", "data_prefix"))


def check_deliveries_exist(lake: Lake) -> Iterator[Problem]:
    """A table names deliveries that there are, each once."""
    names = {delivery.name for delivery in lake.deliveries}
    for position, table in enumerate(lake.tables):
        if table.deliveries == ():
            yield Problem(("tables", position, "deliveries"), "names no delivery (name one, or remove it for all)")
        for index, name in enumerate(table.deliveries or ()):
            here = ("tables", position, "deliveries", index)
            if name not in names:
                message = f"is not a delivery of this lake: {shown(name)} ({nearest_delivery(name, lake)})"
                yield Problem(here, message, reads=(("deliveries", "*", "name"),))
            elif name in (table.deliveries or ())[:index]:
                yield Problem(here, f"is listed twice: {name} (remove one)")


def check_sources_differ(lake: Lake) -> Iterator[Problem]:
    """A delivery carries a source table once: a record has one route."""
    first: dict[tuple[str, SourceTable], int] = {}
    reported: set[int] = set()
    for position, table, _, delivery in _carried(lake):
        earlier = first.setdefault((delivery.name, table.source), position)
        if earlier != position and position not in reported:
            reported.add(position)
            message = (
                f"is already carried by delivery {delivery.name} as tables[{earlier}]: {table.source}"
                " (remove one, or give each a delivery of its own)"
            )
            yield Problem(("tables", position, "source"), message, reads=_what_targets_rest_on(position, earlier))


def check_targets_differ(lake: Lake) -> Iterator[Problem]:
    """A lake table has one writer: two Firehose streams on one table fail each other's commits."""
    first: dict[tuple[str, str], int] = {}
    reported: set[int] = set()
    for position, table, delivery_position, delivery in _carried(lake):
        database = lake.database_of(delivery)
        key = (database, table.target_name)
        writer = position * len(lake.deliveries) + delivery_position
        earlier, _ = divmod(first.setdefault(key, writer), len(lake.deliveries))
        if first[key] != writer and position not in reported:
            reported.add(position)
            cause = "another delivery of this table writes" if earlier == position else f"tables[{earlier}] writes"
            message = (
                f"must be a table of its own: {cause} {database}.{table.target_name} too (give it another target, or one delivery only)"
            )
            yield Problem(_place_of_target(lake, position), message, reads=_what_targets_rest_on(position, earlier))


def check_append_only(lake: Lake) -> Iterator[Problem]:
    """A mirror updates and deletes; Firehose takes an append-only stream's word that nothing does."""
    reported: set[int] = set()
    for position, table, delivery_position, delivery in _carried(lake):
        if delivery.append_only and table.mode is TableMode.MIRROR and delivery_position not in reported:
            reported.add(delivery_position)
            message = (
                f"must not be true beside a mirror, got tables[{position}], {table.source}: Firehose then delivers its updates and deletes"
                " out of order (give mirrors a delivery of their own, or remove it)"
            )
            yield Problem(("deliveries", delivery_position, "append_only"), message, reads=_what_targets_rest_on(position))


def check_view_names(lake: Lake) -> Iterator[Problem]:
    """The view of a history does not take the name of a table."""
    views = {
        (lake.database_of(delivery), view_name(table)): position
        for position, table, _, delivery in _carried(lake)
        if table.mode is TableMode.HISTORY
    }
    reported: set[int] = set()
    for position, table, _, delivery in _carried(lake):
        history = views.get((lake.database_of(delivery), table.target_name))
        if history is not None and position not in reported:
            reported.add(position)
            message = (
                f"is the name of the view that tables[{history}] gets: {table.target_name}"
                f" (name it otherwise; {VIEW_SUFFIX} ends the names of views)"
            )
            yield Problem(_place_of_target(lake, position), message, reads=_what_targets_rest_on(position, history))


def check_locations(lake: Lake) -> Iterator[Problem]:
    """No table's location is the beginning of another's, as text: the removal of orphan files of the one could delete the other."""
    found: dict[int, Problem] = {}
    begun: list[tuple[str, int, str]] = []  # locations that the one at hand begins with, shortest first
    placed = sorted(
        (lake.location_of(delivery, table), position, delivery_position, lake.database_of(delivery))
        for position, table, delivery_position, delivery in _carried(lake)
    )
    for location, position, delivery_position, database in placed:
        while begun and not location.startswith(begun[-1][0]):
            begun.pop()
        if begun and (location, database) != (begun[-1][0], begun[-1][2]):  # the same table: said by check_targets_differ
            other, owner, _ = begun[-1]
            message = (
                f"puts a table where another's location begins: {location} begins with that of tables[{owner}], {other}, and removing the"
                " orphan files of the one could delete the other (give the deliveries data_prefixes apart)"
            )
            place: Path = ("deliveries", delivery_position, "data_prefix")
            found.setdefault(position, Problem(place, message, reads=_what_targets_rest_on(position, owner)))
        begun.append((location, position, database))
    yield from (found[position] for position in sorted(found))


def check_dropped_columns_agree(lake: Lake) -> Iterator[Problem]:
    """DMS drops a column for the whole lake, so that no other entry of the same source table can have it."""
    dropped: dict[tuple[SourceTable, str], int] = {}
    for position, table in enumerate(lake.tables):
        for column in table.dropped_columns:
            dropped.setdefault((table.source, column.lower()), position)
    for position, table in enumerate(lake.tables):
        for name, settings in table.lake_columns.items():
            other = dropped.get((table.source, (settings.source or name).lower()))
            if other is not None and other != position:
                message = f"is dropped by tables[{other}], and DMS then drops it for the whole lake (drop it here too, or hash it there)"
                yield Problem(("tables", position, "columns", name), message, reads=(("tables", other, "columns"),))


def check_mappings_size(lake: Lake) -> Iterator[Problem]:
    """DMS takes table mappings up to a size; only very many tables come near it."""
    if len(lake.tables) + sum(len(table.dropped_columns) for table in lake.tables) < _MAPPINGS_WORTH_MEASURING:
        return
    import json

    from constructs_lib.config.table_mappings import table_mappings

    size, most = len(json.dumps(table_mappings(lake))), int(limits.TABLE_MAPPINGS_BYTES.maximum)
    if size > most:
        message = f"make table mappings of {size:,} bytes, and DMS takes {most:,} (split the lake in two)"
        yield Problem(("tables",), message)
