"""Which source table goes where, out of the very zip that the function runs from."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from constructs_lib.config.source_table import source_label
from scripts.local.template import DeliveryTemplate, TemplateError


@dataclass(frozen=True)
class RouteColumn:
    """A column of a route.

    Attributes:
        name: in the lake.
        source: in the source.
        hashed: whether the lake holds a keyed hash of it.
    """

    name: str
    source: str
    hashed: bool


@dataclass(frozen=True)
class Route:
    """A source table and its table in the lake.

    Attributes:
        schema: source schema.
        table: source table.
        database: Glue database.
        target: table in it.
        history: whether every change is a row; else the lake's row equals the source's.
        keys: lake columns that identify a source row.
        columns: that the source fills, in the lake's order.
        unknown_columns: what becomes of others: `discard`, `freeze` or `evolve`.
        appends_load: whether loaded rows of a mirror are appended (`load: insert`).
    """

    schema: str
    table: str
    database: str
    target: str
    history: bool
    keys: tuple[str, ...]
    columns: tuple[RouteColumn, ...]
    unknown_columns: str
    appends_load: bool

    @property
    def label(self) -> str:
        """`database.target`."""
        return f"{self.database}.{self.target}"

    @property
    def source(self) -> str:
        """`schema.table`."""
        return source_label(self.schema, self.table)


def routes_text(delivery: DeliveryTemplate) -> str:
    """The routes file of a delivery's function.

    Raises:
        TemplateError: the zip holds none.
    """
    path = delivery.function.zip_path
    name = f"{delivery.function.handler.split('.')[0]}/routes.json"
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read(name).decode()
            json.loads(text)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise TemplateError(f"{path} holds no {name} that can be read: {error} (run `make synth` again)") from None
    return text


def read_routes(delivery: DeliveryTemplate) -> Mapping[tuple[str, str], Route]:
    """The routes of a delivery by source schema and table.

    Raises:
        TemplateError: the zip holds none.
    """
    routes = [
        Route(
            schema=item["schema"],
            table=item["table"],
            database=item["database"],
            target=item["target"],
            history=item["mode"] == "history",
            keys=tuple(item["keys"]),
            columns=tuple(RouteColumn(column["name"], column["source"], column["hash"]) for column in item["columns"]),
            unknown_columns=item["unknown_columns"],
            appends_load=item["mode"] == "mirror" and item["load"] == "insert",
        )
        for item in json.loads(routes_text(delivery))["routes"]
    ]
    return {(route.schema, route.table): route for route in routes}
