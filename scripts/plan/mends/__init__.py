"""What moto's server lacks of AWS, one module per part of AWS, each with a `mend()` that puts it in."""

from __future__ import annotations

import importlib
import pkgutil


def mend_all() -> None:
    """Calls `mend()` of every module here."""
    for module in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}").mend()
