"""Loads cdktf and the bindings in a thread, so that Node starts while the lake file is read."""

from __future__ import annotations

import contextlib
import importlib
import threading


def start_loading() -> threading.Thread:
    """Begins to import `constructs_lib.provider`; whoever imports it later waits for that to end, and meets what went wrong.

    jsii itself is imported first, alone: beside the lake file's models it would take twice as long, and Node starts only after it.

    Returns:
        The thread, to be joined before the process ends.
    """
    importlib.import_module("jsii")
    thread = threading.Thread(target=_load)
    thread.start()
    return thread


def _load() -> None:
    with contextlib.suppress(Exception):
        importlib.import_module("constructs_lib.provider")
