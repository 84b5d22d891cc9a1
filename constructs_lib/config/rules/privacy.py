"""Rules about personal data."""

from __future__ import annotations

from collections.abc import Iterator

from constructs_lib.config.lake import Lake
from constructs_lib.config.problems import Problem


def check_hash_secret(lake: Lake) -> Iterator[Problem]:
    """A hash without a key could be undone by hashing every likely value."""
    if lake.privacy.hash_secret_arn is not None:
        return
    for position, table in enumerate(lake.tables):
        for name, column in table.columns.items():
            if column.pii == "hash":
                message = "needs the key of the hash (give privacy.hash_secret_arn, or use pii: drop)"
                yield Problem(("tables", position, "columns", name, "pii"), message, reads=(("privacy", "hash_secret_arn"),))
