"""Streams, delivery streams and functions that are not active yet, as AWS makes them: moto's are active as soon as they are made.

A tag `_emulated_` on the resource holds the status that is answered.
"""

from __future__ import annotations

from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.firehose.models import FirehoseBackend
from moto.kinesis.models import Stream

from scripts.plan.mends.dms_tasks import EMULATED


def mend() -> None:
    """Lets the tag say it."""
    summary, describe, configuration = Stream.to_json_summary, FirehoseBackend.describe_delivery_stream, LambdaFunction.get_configuration

    def stream(self: Any) -> dict[str, Any]:
        answer = summary(self)
        answer["StreamDescriptionSummary"]["StreamStatus"] = self.tags.get(EMULATED, self.status)
        return dict(answer)

    def delivery(self: Any, delivery_stream_name: str) -> dict[str, Any]:
        answer = describe(self, delivery_stream_name)
        tags = self.tagger.get_tag_dict_for_resource(answer["DeliveryStreamDescription"]["DeliveryStreamARN"])
        answer["DeliveryStreamDescription"]["DeliveryStreamStatus"] = tags.get(EMULATED, "ACTIVE")
        return dict(answer)

    def function(self: Any, on_create: bool = False) -> dict[str, Any]:
        answer = configuration(self, on_create)
        answer["State"] = self.tags.get(EMULATED, self.state)
        return dict(answer)

    Stream.to_json_summary, FirehoseBackend.describe_delivery_stream, LambdaFunction.get_configuration = stream, delivery, function
