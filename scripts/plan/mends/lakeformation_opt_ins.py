"""Lake Formation: who is opted in, which moto lacks."""

from __future__ import annotations

import json
import time
from typing import Any

from moto.lakeformation import urls
from moto.lakeformation.exceptions import EntityNotFound
from moto.lakeformation.responses import LakeFormationResponse

from scripts.plan.mends import kept

CALLS = ("CreateLakeFormationOptIn", "ListLakeFormationOptIns", "DeleteLakeFormationOptIn")


def mend() -> None:
    """AWS keeps one opt-in for a principal and a resource, lists them by either, and knows none that was deleted."""
    for call in CALLS:
        urls.url_paths[f"{{0}}/{call}$"] = LakeFormationResponse.dispatch
    LakeFormationResponse.create_lake_formation_opt_in = _create
    LakeFormationResponse.list_lake_formation_opt_ins = _list
    LakeFormationResponse.delete_lake_formation_opt_in = _delete


def _key(given: dict[str, Any]) -> str:
    return json.dumps([given["Principal"], given["Resource"]], sort_keys=True)


def _create(self: Any) -> str:
    given, backend = json.loads(self.body), self.lakeformation_backend
    found = {"Principal": given["Principal"], "Resource": given["Resource"], "LastModified": int(time.time())}
    kept(backend, "opt_ins")[_key(given)] = {**found, "LastUpdatedBy": f"arn:{backend.partition}:iam::{backend.account_id}:root"}
    return "{}"


def _list(self: Any) -> str:
    wanted = json.loads(self.body or "{}")
    found = kept(self.lakeformation_backend, "opt_ins").values()
    by = [part for part in ("Principal", "Resource") if part in wanted]
    return json.dumps({"LakeFormationOptInsInfoList": [one for one in found if all(one[part] == wanted[part] for part in by)]})


def _delete(self: Any) -> str:
    if kept(self.lakeformation_backend, "opt_ins").pop(_key(json.loads(self.body)), None) is None:
        raise EntityNotFound
    return "{}"
