"""Rules about names and tags."""

from __future__ import annotations

import re
from collections.abc import Iterator

from constructs_lib.config.lake import ERROR_BUCKET_SUFFIX, Lake
from constructs_lib.config.problems import Problem
from constructs_lib.config.state import S3StateConfig
from constructs_lib.config.text import shown
from constructs_lib.defaults import limits

_RESERVED_TAG_PREFIX = "moulin:"
_TAG_CHARACTERS = re.compile(r"[\w\s.:/=+@-]*")


def check_buckets_differ(lake: Lake) -> Iterator[Problem]:
    """State and data never share a bucket: their lifecycles and readers differ."""
    if not isinstance(lake.state, S3StateConfig) or lake.storage.bucket is None:
        return
    if lake.state.bucket in (lake.storage.bucket, lake.storage.bucket + ERROR_BUCKET_SUFFIX):
        message = f"must differ from the lake's own buckets, got {lake.state.bucket} (give the state a bucket of its own)"
        yield Problem(("state", "bucket"), message, reads=(("storage", "bucket"),))


def check_tags(lake: Lake) -> Iterator[Problem]:
    """What AWS takes as tags, without the ones that Moulin sets."""
    if len(lake.tags) > limits.TAGS.maximum:
        yield Problem(("tags",), f"must be at most {limits.TAGS.maximum:g}: AWS allows 50 and four are Moulin's, got {len(lake.tags)}")
    seen: dict[str, str] = {}
    for key, value in lake.tags.items():
        here = ("tags", key)
        if key.lower().startswith("aws:"):
            yield Problem(here, "must not begin with aws:, which is AWS's own (name it otherwise)")
        if key.lower().startswith(_RESERVED_TAG_PREFIX) or key == "Name":
            yield Problem(here, f"is set by Moulin, as all of {_RESERVED_TAG_PREFIX}* and Name (name it otherwise)")
        if not limits.TAG_KEY_CHARACTERS.minimum <= len(key) <= limits.TAG_KEY_CHARACTERS.maximum:
            yield Problem(here, f"must have a key of 1 to {limits.TAG_KEY_CHARACTERS.maximum:g} characters, got {len(key)}")
        if len(value) > limits.TAG_VALUE_CHARACTERS.maximum:
            yield Problem(here, f"must be at most {limits.TAG_VALUE_CHARACTERS.maximum:g} characters, got {len(value)} (shorten it)")
        for text in (key, value):
            if not _TAG_CHARACTERS.fullmatch(text):
                yield Problem(here, f"must be letters, digits, blanks and _ . : / = + - @ only, got {shown(text)}")
        if key.lower() in seen:
            yield Problem(here, f"differs from {seen[key.lower()]} by case only, which IAM refuses (keep one of them)")
        seen.setdefault(key.lower(), key)
