"""Kinesis: tags that are given when a stream is made."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.kinesis.responses import KinesisResponse


def mend() -> None:
    """AWS has taken `Tags` in CreateStream since 2025; moto leaves them out, and the next plan adds them again."""
    create_stream = KinesisResponse.create_stream

    def create_with_tags(self: Any) -> Any:
        answer = create_stream(self)
        tags = self._get_param("Tags")
        if tags:
            self.kinesis_backend.add_tags_to_stream(stream_arn=None, stream_name=self._get_param("StreamName"), tags=dict(tags))
        return answer

    KinesisResponse.create_stream = create_with_tags
    KinesisResponse.list_tags_for_resource = _list_tags_for_resource


def _list_tags_for_resource(self: Any) -> ActionResult:
    """A call of 2025 that moto lacks; AWS answers what ListTagsForStream does."""
    found = self.kinesis_backend.list_tags_for_stream(stream_arn=self._get_param("ResourceARN"), stream_name=None)
    return ActionResult({"Tags": found["Tags"]})
