"""Loads cdktf and the bindings in a thread, so that Node starts while the lake file is read."""

from __future__ import annotations

import importlib
import threading


def start_loading() -> None:
    """Begins to import `constructs_lib.provider`; whoever imports it later waits for that to end.

    jsii itself is imported first, alone: beside the lake file's models it would take twice as long, and Node starts only after it.
    """
    importlib.import_module("jsii")
    threading.Thread(target=importlib.import_module, args=["constructs_lib.provider"]).start()
