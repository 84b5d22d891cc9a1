"""The process that stands for Lambda: runs a function out of its zip, one invocation at a time. It imports nothing of ours.

On standard input and output: a line with a length in bytes, then as many bytes of JSON; an event in, `{"response": ...}` or
`{"errorType": ..., "errorMessage": ...}` out. What the function prints goes to the log file that is standard output for it.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import types
from typing import Any

HASH_KEY_VARIABLE = "MOULIN_LOCAL_HASH_KEY"


class _Secrets:
    """Answers for Secrets Manager: locally every secret holds the local key."""

    def __init__(self, *_: object, **__: object) -> None:
        """Takes what a client of boto3 takes."""

    def get_secret_value(self, **_: object) -> dict[str, str]:
        """The local key."""
        return {"SecretString": os.environ[HASH_KEY_VARIABLE]}


class _Log(io.FileIO):
    """The log. What a full disk does not take is lost: on Lambda too, a function does not fail for its log."""

    def write(self, data: Any) -> int:
        """Writes what it can."""
        try:
            return super().write(data)
        except OSError:
            return len(data)


def main(zip_path: str, handler: str) -> None:
    """Serves until standard input ends."""
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the function prints lands in the log, not among the answers
    sys.stdout = sys.stderr = io.TextIOWrapper(io.BufferedWriter(_Log(2, "w", closefd=False)), encoding="utf-8", line_buffering=True)
    sys.dont_write_bytecode = True
    sys.path.insert(0, zip_path)
    sys.modules["boto3"] = types.SimpleNamespace(client=_Secrets)  # type: ignore[assignment]  # nothing leaves this machine
    module, _, name = handler.rpartition(".")
    function: Any = None
    while size := requests.readline():
        event = json.loads(requests.read(int(size)))
        try:
            if function is None:
                function = getattr(importlib.import_module(module), name)
            answer = {"response": function(event, None)}
            body = json.dumps(answer).encode()
        except Exception as error:  # whatever it is, Lambda reports it and lives on
            body = json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()
        sys.stdout.flush()
        answers.write(b"%d\n" % len(body) + body)
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
