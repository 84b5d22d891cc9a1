"""Trino's protocol: a statement is posted, then its answer is fetched page by page."""

from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

_LONGEST_SECONDS = 300.0
_DIRECT = build_opener(ProxyHandler({}))
"""A proxy of the environment cannot reach this machine's own address."""

_HEADERS = {
    "X-Trino-User": "moulin",
    "X-Trino-Time-Zone": "UTC",
    "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",  # without it a timestamp comes with three digits of a second
}

_VALUES: dict[str, Callable[[Any], Any]] = {
    "decimal": Decimal,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "varbinary": b64decode,
}
"""What JSON has no value for, by the type's name without its parameters."""


class TrinoError(Exception):
    """Trino refused a statement; the text is its own.

    Attributes:
        name: of the error, such as `INVALID_VIEW`.
    """

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class TrinoClient:
    """Talks to a Trino.

    Args:
        url: its address.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def is_ready(self) -> bool:
        """Whether it takes statements."""
        try:
            return not self._call(Request(f"{self.url}/v1/info"))["starting"]  # noqa: S310 - our own server
        except (URLError, OSError):
            return False

    def query(self, sql: str, *, catalog: str = "") -> list[tuple[Any, ...]]:
        """Runs one statement and returns its rows.

        Args:
            sql: without a semicolon at its end.
            catalog: where names without one are looked for.

        Raises:
            TrinoError: it was refused.
            TimeoutError: no answer within five minutes.
        """
        headers = {**_HEADERS, **({"X-Trino-Catalog": catalog} if catalog else {})}
        answer = self._call(Request(f"{self.url}/v1/statement", data=sql.encode(), headers=headers))  # noqa: S310 - our own server
        deadline = time.monotonic() + _LONGEST_SECONDS
        rows: list[tuple[Any, ...]] = []
        while True:
            if "error" in answer:
                raise TrinoError(answer["error"]["errorName"], answer["error"]["message"])
            kinds = [column["type"].split("(")[0] for column in answer.get("columns", ())]
            rows += [_row(kinds, row) for row in answer.get("data", ())]
            if "nextUri" not in answer:
                return rows
            if time.monotonic() > deadline:
                raise TimeoutError(f"Trino did not answer within {_LONGEST_SECONDS:g} seconds: {sql[:200]}")
            answer = self._call(Request(answer["nextUri"], headers=headers))  # noqa: S310 - our own server

    def _call(self, request: Request) -> dict[str, Any]:
        with _DIRECT.open(request, timeout=60) as answer:
            content: dict[str, Any] = json.loads(answer.read())
        return content


def _row(kinds: Sequence[str], row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(value if value is None or kind not in _VALUES else _VALUES[kind](value) for kind, value in zip(kinds, row, strict=True))
