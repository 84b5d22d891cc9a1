"""Records that no replay can deliver: updates of a mirror's key, which need two row operations where a record gives one, and updates that
do not show what a key was. Sent again they are refused again, as long as the lake file is the same."""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from functions.firehose_transform.outcome import Failed, Reason
from functions.firehose_transform.routes import parse_routes
from functions.firehose_transform.transform import Transformer
from scripts.local.delivery import operation_of
from scripts.local.function import LOCAL_HASH_KEY
from scripts.local.records import CapturedRecord
from scripts.local.routes import routes_text
from scripts.local.template import DeliveryTemplate

KEY_REASONS: Final = (Reason.KEY_CHANGED, Reason.KEY_NOT_SHOWN)
WAY_OUT: Final = "docs/guarantees.md#when-a-key-changes"


class KeyChanges:
    """Asks the function's own code, with the routes of its zip, what it would refuse for a key.

    Args:
        delivery: whose function.
    """

    def __init__(self, delivery: DeliveryTemplate) -> None:
        self._transformer = Transformer(parse_routes(routes_text(delivery)), LOCAL_HASH_KEY.encode())

    def reason(self, record: CapturedRecord) -> Reason | None:
        """Why a record can never be delivered as it is; None when it may be."""
        if operation_of(record) != "update":
            return None
        outcome = self._transformer.record({"data": b64encode(record.data).decode("ascii")})
        return outcome.reason if isinstance(outcome, Failed) and outcome.reason in KEY_REASONS else None
