"""Glue: table optimizers, which moto lacks."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.exceptions import EntityNotFoundException
from moto.glue.models import GlueBackend
from moto.glue.responses import GlueResponse

from scripts.plan.mends import kept
from scripts.plan.mends.dms_tasks import EMULATED


def mend() -> None:
    """AWS keeps one optimizer of each type for a table, and forgets them with the table.

    A tag `_emulated_` on a table holds the last run of each of its optimizers, by type: none ever runs here.
    """
    GlueResponse.create_table_optimizer = _put
    GlueResponse.update_table_optimizer = _put
    GlueResponse.get_table_optimizer = _get
    GlueResponse.delete_table_optimizer = _delete
    delete_table = GlueBackend.delete_table

    def delete_with_optimizers(self: Any, database_name: str, table_name: str) -> dict[str, Any]:
        for key in [key for key in _optimizers(self) if key[:2] == (database_name, table_name)]:
            del _optimizers(self)[key]
        answer: dict[str, Any] = delete_table(self, database_name, table_name)
        return answer

    GlueBackend.delete_table = delete_with_optimizers


def _optimizers(backend: Any) -> dict[tuple[str, str, str], dict[str, Any]]:
    return kept(backend, "table_optimizers")


def _key(given: dict[str, Any]) -> tuple[str, str, str]:
    return given["DatabaseName"], given["TableName"], given["Type"]


def _put(self: Any) -> ActionResult:
    given = json.loads(self.body)
    self.glue_backend.get_table(given["DatabaseName"], given["TableName"])
    _optimizers(self.glue_backend)[_key(given)] = given["TableOptimizerConfiguration"]
    return EmptyResult()


def _get(self: Any) -> ActionResult:
    given = json.loads(self.body)
    optimizer = {"type": given["Type"], "configuration": _known(self, given)}
    arn = f"arn:aws:glue:{self.region}:{self.current_account}:table/{given['DatabaseName']}/{given['TableName']}"
    runs = json.loads(self.glue_backend.get_tags(arn).get(EMULATED, "{}"))
    if given["Type"] in runs:
        optimizer["lastRun"] = runs[given["Type"]]
    return ActionResult(
        {
            "CatalogId": given["CatalogId"],
            "DatabaseName": given["DatabaseName"],
            "TableName": given["TableName"],
            "TableOptimizer": optimizer,
        }
    )


def _delete(self: Any) -> ActionResult:
    given = json.loads(self.body)
    _known(self, given)
    del _optimizers(self.glue_backend)[_key(given)]
    return EmptyResult()


def _known(self: Any, given: dict[str, Any]) -> dict[str, Any]:
    if _key(given) not in _optimizers(self.glue_backend):
        raise EntityNotFoundException("Table optimizer not found.")
    return _optimizers(self.glue_backend)[_key(given)]
