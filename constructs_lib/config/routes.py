"""The routes file: what the transform function of a delivery knows about its tables."""

from __future__ import annotations

from typing import Any

from constructs_lib.config.delivery import DeliveryConfig
from constructs_lib.config.lake import Lake
from constructs_lib.config.table import TableConfig
from constructs_lib.config.task_settings import before_image_field

VERSION = 1


def routes(lake: Lake, delivery: DeliveryConfig) -> dict[str, Any]:
    """The content of `routes.json` for one delivery: its tables in the file's order, with the columns that reach the lake."""
    database = lake.database_of(delivery)
    before_image = before_image_field(lake)
    return {
        "version": VERSION,
        "unrouted": delivery.transform.unrouted,
        "other_deliveries": _other_deliveries(lake, delivery),
        # MySQL's log holds the whole old row, so the image of an update holds every key, changed or not.
        "before_image": None if before_image is None else {"field": before_image, "complete": True},
        "position_epoch": lake.capture.position_epoch,
        "routes": [_route(table, database) for table in lake.tables_of(delivery)],
    }


def _other_deliveries(lake: Lake, delivery: DeliveryConfig) -> list[dict[str, str]]:
    """Source tables that are captured for other deliveries alone: their records come along, since all deliveries read one stream."""
    carried = {table.source for table in lake.tables_of(delivery)}
    others = dict.fromkeys(table.source for table in lake.tables if table.source not in carried)
    return [{"schema": source.schema_name, "table": source.table_name} for source in others]


def _route(table: TableConfig, database: str) -> dict[str, Any]:
    return {
        "schema": table.schema_name,
        "table": table.table_name,
        "database": database,
        "target": table.target_name,
        "mode": table.mode.value,
        "load": table.load,
        "keys": list(table.keys),
        "unknown_columns": table.unknown_columns,
        "columns": [
            {
                "name": name,
                "source": column.source or name,
                "type": column.parsed_type.iceberg,
                "required": column.required or name in table.keys,
                "hash": column.pii == "hash",
            }
            for name, column in table.lake_columns.items()
        ],
        "ignored": list(table.dropped_columns),
    }
