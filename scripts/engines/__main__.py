"""Fetches an engine, or a Java for engines, into the folder of engines: `python -m scripts.engines trino`."""

from __future__ import annotations

import sys

from scripts.engines.errors import EngineError
from scripts.engines.java import fetch_java
from scripts.engines.trino import fetch_trino

_FETCH = {"trino": lambda: fetch_trino(print), "java": fetch_java}

if __name__ == "__main__":
    if sys.argv[1:] not in [[name] for name in _FETCH]:
        print(f"name what to fetch: python -m scripts.engines {'|'.join(_FETCH)}", file=sys.stderr)
        sys.exit(2)
    try:
        print(f"{sys.argv[1]} is in {_FETCH[sys.argv[1]]()}")
    except EngineError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
