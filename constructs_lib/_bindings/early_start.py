"""Loads cdktf and the bindings in a thread: Node starts while the lake file is read, and reads packages while Python imports constructs."""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import os
import sys
import threading
from typing import NoReturn

PLAIN_BINDINGS = os.environ.get("MOULIN_PLAIN_BINDINGS", "") not in ("", "0")
"""Everything is loaded as published, and nothing in this folder does anything but give short addresses."""

_thread: threading.Thread | None = None


def start_loading() -> None:
    """Begins to import `constructs_lib.provider`; whoever imports it later waits for that to end, and meets what went wrong.

    Garbage is not collected from then on: it is one short run, and collecting costs more than it frees.

    jsii itself is imported first, alone: beside the lake file's models it would take twice as long, and Node starts only after it.
    """
    global _thread
    if PLAIN_BINDINGS:
        return
    gc.disable()
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


def leave(code: int) -> NoReturn:
    """Ends the process; taking thousands of generated classes apart again would cost as much as a stack."""
    finish_loading()
    if PLAIN_BINDINGS:
        sys.exit(code)
    sys.stderr.flush()
    atexit._run_exitfuncs()  # ends jsii's Node
    os._exit(code)


def _load() -> None:
    with contextlib.suppress(Exception):  # who imports it meets the same
        importlib.import_module("constructs_lib.provider").load_bindings()
