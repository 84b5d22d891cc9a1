"""DMS: event subscriptions, which moto lacks."""

from __future__ import annotations

import json
from typing import Any

from moto.dms.exceptions import ResourceNotFoundFault
from moto.dms.responses import DatabaseMigrationServiceResponse

from scripts.plan.mends import kept

FIELDS = {
    "SnsTopicArn": "SnsTopicArn",
    "SourceType": "SourceType",
    "EventCategories": "EventCategoriesList",
    "SourceIds": "SourceIdsList",
    "Enabled": "Enabled",
}
"""What a call names, and what the answer calls it."""


def mend() -> None:
    """In AWS a subscription is `creating` or `modifying` for a while and then `active`."""
    DatabaseMigrationServiceResponse.create_event_subscription = _put
    DatabaseMigrationServiceResponse.modify_event_subscription = _put
    DatabaseMigrationServiceResponse.describe_event_subscriptions = _describe
    DatabaseMigrationServiceResponse.delete_event_subscription = _delete


def _subscriptions(backend: Any) -> dict[str, dict[str, Any]]:
    return kept(backend, "event_subscriptions")


def _put(self: Any) -> str:
    given, backend = json.loads(self.body), self.dms_backend
    name = given["SubscriptionName"]
    subscription = _subscriptions(backend).setdefault(
        name, {"CustSubscriptionId": name, "CustomerAwsId": backend.account_id, "Status": "active"}
    )
    subscription.update({field: given[key] for key, field in FIELDS.items() if key in given})
    arn = f"arn:{backend.partition}:dms:{backend.region_name}:{backend.account_id}:es:{name}"
    backend.tagger.tag_resource(arn, given.get("Tags") or [])
    return json.dumps({"EventSubscription": subscription})


def _describe(self: Any) -> str:
    wanted, known = json.loads(self.body).get("SubscriptionName"), _subscriptions(self.dms_backend)
    if wanted is not None and wanted not in known:
        raise ResourceNotFoundFault("Event subscription could not be found.")
    return json.dumps({"EventSubscriptionsList": [known[wanted]] if wanted else list(known.values())})


def _delete(self: Any) -> str:
    subscription = _subscriptions(self.dms_backend).pop(json.loads(self.body)["SubscriptionName"], None)
    if subscription is None:
        raise ResourceNotFoundFault("Event subscription could not be found.")
    return json.dumps({"EventSubscription": subscription})
