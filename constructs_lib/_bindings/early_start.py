"""Loads cdktf and the bindings in a thread: Node starts while the lake file is read, and reads packages while Python imports constructs."""

from __future__ import annotations

import contextlib
import importlib
import threading

_thread: threading.Thread | None = None


def start_loading() -> None:
    """Begins to import `constructs_lib.provider`; whoever imports it later waits for that to end, and meets what went wrong.

    jsii itself is imported first, alone: beside the lake file's models it would take twice as long, and Node starts only after it.
    """
    global _thread
    importlib.import_module("jsii")
    _thread = threading.Thread(target=_load)
    _thread.start()


def is_loading() -> bool:
    """Whether somebody else sees to it that Node loads the bindings."""
    return _thread is not None


def finish_loading() -> None:
    """Waits until Node has all it needs: before the first construct is made, and before the process ends."""
    if _thread is not None:
        _thread.join()


def _load() -> None:
    with contextlib.suppress(Exception):  # who imports it meets the same
        importlib.import_module("constructs_lib.provider").load_bindings()
