"""A shortcut for the messages that come by the thousand, with the same answers as the clear path.

DMS writes the columns of a table in a constant order and without white space. Once a shape has been seen often enough it becomes two
regular expressions, one for the row and one for the metadata, and most columns pass from the message into the output as the text they
already are: nothing is parsed, and nothing is written again.

What makes it safe:

- A message is taken only if both expressions match it from end to end. They accept a part of JSON (no white space, no `\\u` escape, no
  nested value), so whatever they accept is one JSON object, with each key once.
- A value passes as text only in a form for which the clear path would write exactly that text; every other type goes through the clear
  path's own encoder.
- Everything else, and every doubt, returns None and goes to the clear path, which alone can fail a record.
- Repeats are possessive, so nothing is matched twice and time grows with the length of the message only.

What is learnt is bounded: per table and per operation the first few shapes that keep coming.
"""

import contextlib
import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from .history import change_columns, ingested_at, load_columns
from .message import JsonValue
from .outcome import Delivered, RecordError
from .plan import Plan
from .position import Positions, is_log_position
from .routes import BeforeImage
from .shapes import METADATA_START, Envelope, Image, Layout
from .temporal import naive_micros

# Compiling a shape takes a few milliseconds, what it saves on some hundred records, so it has to earn it.
LEARN_AFTER = 100
_MAX_SHAPES = 4
_MAX_KEYS = 1_000
_MAX_TRACKED = 10_000

_OPERATION_START = '"operation":"'

_Shape = TypeVar("_Shape")


class FastPath:
    """Delivers messages of known shapes, and learns shapes from what the clear path delivered.

    Args:
        plans: by (schema, table).
        before_image: how an update shows what the row was before.
        positions: of the routes' epoch.
        learn_after: how many messages of a shape must have come before it is learnt.
    """

    def __init__(
        self, plans: Mapping[tuple[str, str], Plan], before_image: BeforeImage | None, positions: Positions, learn_after: int
    ) -> None:
        self._before_image = before_image
        self._positions = positions
        self._learn_after = learn_after
        self._envelopes: dict[str, list[Envelope]] = {}
        # Updates apart from the rest: theirs hold a before image.
        self._layouts: dict[tuple[str, str, bool], list[Layout]] = {(*key, update): [] for key in plans for update in (False, True)}
        self._seen: dict[int, int] = {}

    def deliver(self, text: str, record: Mapping[str, object]) -> Delivered | None:
        """Returns what the clear path would return for this message, or None to have it asked."""
        split = text.rfind(METADATA_START)
        if split < 0:
            return None
        start = text.find(_OPERATION_START, split) + len(_OPERATION_START)
        for envelope in self._envelopes.get(text[start : start + 3], ()):
            metadata = envelope.match(text, split)
            if metadata is None:
                continue
            schema, table = metadata.group(1, 2)
            for layout in self._layouts.get((schema, table, envelope.operation == "update"), ()):
                data = layout.match(text, 0, split)
                if data is None:
                    continue
                plan = layout.plan
                if layout.evolved and envelope.operation == "delete" and not plan.history:
                    return None  # A delete on keys leaves them out.
                try:
                    columns = layout.columns(data)
                    row = columns + self._history(envelope, metadata, record) + plan.unchanged_keys if plan.history else columns + "}"
                except (RecordError, ValueError):
                    return None
                return tuple.__new__(Delivered, (row.encode(), plan.deliveries[envelope.operation], layout.unknown, False, False))
        return None

    def _history(self, envelope: Envelope, metadata: re.Match[str], record: Mapping[str, object]) -> str:
        """Returns the extra columns of a history row.

        Raises:
            RecordError, ValueError: the transaction details are not there or not in a known form.
        """
        if envelope.operation == "load":
            return load_columns(self._positions.load, ingested_at(record))
        if envelope.details is None:
            raise ValueError("no transaction details")
        if envelope.from_log:
            commit, stream_position, transaction_id, record_id, file, offset = metadata.group(*envelope.details)
            position = self._positions.in_log(file, offset, record_id)
        else:
            commit, stream_position, transaction_id, record_id = metadata.group(*envelope.details)
            position, _ = self._positions.change(stream_position, None, None, record_id)  # Without a commit time it never falls back.
        return change_columns(
            envelope.operation, naive_micros(commit), position, f'"{stream_position}"', f'"{transaction_id}"', ingested_at(record)
        )

    def observe(self, message: Mapping[str, JsonValue], plan: Plan, operation: str) -> None:
        """Counts the shape of a message that the clear path delivered, and learns it when it keeps coming."""
        data, metadata = message["data"], message["metadata"]
        if not isinstance(data, dict) or not isinstance(metadata, dict) or max(len(data), len(metadata)) > _MAX_KEYS:
            return
        stream_position = metadata.get("stream-position")
        from_log = isinstance(stream_position, str) and is_log_position(stream_position)
        members = tuple(metadata)
        if self._keeps_coming((operation, members, from_log)):
            _learn(self._envelopes.setdefault(operation[:3], []), lambda: Envelope(operation, members, from_log))
        keys, update = tuple(data), operation == "update"
        image = self._image(message) if update else None
        if self._keeps_coming((plan, keys, update, image)):
            _learn(self._layouts[plan.route.schema, plan.route.table, update], lambda: Layout(plan, keys, image))

    def _image(self, message: Mapping[str, JsonValue]) -> Image | None:
        """Returns what an update's before image looks like; None where there is none or nobody looks at it."""
        content = None if self._before_image is None else message.get(self._before_image.field)
        return Image(self._before_image.field, tuple(content)) if self._before_image is not None and isinstance(content, dict) else None

    def _keeps_coming(self, shape: tuple[object, ...]) -> bool:
        """Returns True once, when a shape has been counted often enough. Only its hash is kept: names are as long as anyone likes."""
        key = hash(shape)
        count = self._seen.get(key, 0) + 1
        if count > 1 or len(self._seen) < _MAX_TRACKED:
            self._seen[key] = count
        return count == self._learn_after


def _learn(shapes: list[_Shape], compile_shape: Callable[[], _Shape]) -> None:
    if len(shapes) < _MAX_SHAPES:
        with contextlib.suppress(ValueError):
            shapes.append(compile_shape())
