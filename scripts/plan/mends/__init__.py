"""What moto lacks or answers otherwise than AWS, mended one service per module, so that the real provider can apply to it.

Each module has one function, `mend()`, and says what AWS answers. A resource is never left out of a deployment instead.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

CUSTOM_ID = "_custom_id_"
"""The tag by which services of moto let a caller choose an id."""


def mend_all() -> list[str]:
    """Applies every module of this package; returns their names."""
    names = sorted(module.name for module in iter_modules(__path__))
    for name in names:
        import_module(f"{__name__}.{name}").mend()
    return names


def kept(backend: Any, what: str) -> dict[Any, Any]:
    """What a mend keeps of a kind that moto does not know, with the account and region that it belongs to."""
    found: dict[Any, Any] = vars(backend).setdefault(what, {})
    return found
